//! A client of another maker, in a process of its own: lines in, lines out.

use std::process::Stdio;
use std::time::Duration;

use shared::settings::Env;
use tests::events;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Nobody waits longer for a line.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client that runs. It is killed when this is dropped.
pub(crate) struct Client {
    /// Whose it is.
    pub(crate) name: &'static str,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Client {
    /// Starts it, and waits until it is ready.
    pub(crate) async fn start(name: &'static str, program: &str, arguments: &[String]) -> Self {
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            panic!("{name} has no pipes");
        };
        let mut client = Self {
            name,
            input,
            output: BufReader::new(output).lines(),
            _process: process,
        };
        assert_eq!(client.line().await, "ready", "{name}");
        client
    }

    /// The next line that it writes.
    pub(crate) async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.output.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("{} says nothing", self.name));
        line.ok()
            .flatten()
            .unwrap_or_else(|| panic!("{} ended", self.name))
    }

    /// Tells it a line.
    pub(crate) async fn tell(&mut self, line: &str) {
        let written = self.input.write_all(format!("{line}\n").as_bytes()).await;
        written.unwrap_or_else(|error| panic!("{}: {error}", self.name));
    }
}

/// A variable that says where the clients are.
pub(crate) fn setting(name: &str) -> String {
    let env = Env::process();
    let set = env.optional(name).map(str::to_owned);
    set.unwrap_or_else(|| panic!("{name} is not set"))
}

/// The path of a script beside this file.
pub(crate) fn script(name: &str) -> String {
    let path = events::root().join("tests/clients").join(name);
    path.display().to_string()
}
