//! A dev server of the test's own, on free ports.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// Longer than any start takes, also on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);
/// A stop is clean within this time (contract 6).
pub(crate) const STOP_LIMIT: Duration = Duration::from_secs(5);

/// Ports that nothing else has.
const FREE_PORTS: [&str; 6] = ["--port", "0", "--aws-port", "0", "--upstream-port", "0"];

/// A running dev server. It is killed when this is dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    /// What it printed until the last line of its walk.
    pub(crate) printed: String,
    /// `credentials.json`.
    pub(crate) credentials: Value,
    pub(crate) client: Client,
    log: Arc<Mutex<String>>,
}

/// What is left of one that did not start.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: ExitStatus,
    pub(crate) stderr: String,
}

pub(crate) fn command(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev-server"));
    command
        .args(FREE_PORTS)
        .arg("--data-dir")
        .arg(data_dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl Server {
    pub(crate) async fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &[]).await
    }

    /// Starts one with these options too, and waits until it has printed its walk.
    pub(crate) async fn start_with(data_dir: &Path, options: &[&str]) -> Self {
        let mut child = command(data_dir)
            .args(options)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start: {error}"));
        let stdout = child.stdout.take().unwrap_or_else(|| panic!("no pipe"));
        let mut lines = BufReader::new(stdout).lines();
        let printed = match timeout(START_LIMIT, until_the_walk(&mut lines)).await {
            Ok(Ok(printed)) => printed,
            failed => {
                let _ = child.start_kill();
                panic!("{failed:?}: {:?}", child.wait_with_output().await);
            }
        };
        let log: Arc<Mutex<String>> = Arc::default();
        let more = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut log = more.lock().unwrap_or_else(PoisonError::into_inner);
                log.extend([line.as_str(), "\n"]);
            }
        });
        Self {
            child,
            printed,
            credentials: read_json(&data_dir.join("credentials.json")),
            client: client(Policy::default()),
            log,
        }
    }

    /// What it logged since it was ready.
    pub(crate) fn log(&self) -> String {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sends this signal to it.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().map(|id| id.to_string());
        let id = id.unwrap_or_else(|| panic!("it has ended"));
        let sent = std::process::Command::new("kill")
            .args([name, &id])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "cannot signal");
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        match timeout(STOP_LIMIT, self.child.wait()).await {
            Ok(Ok(status)) => status,
            _ => panic!("it goes on: {}", self.log()),
        }
    }

    pub(crate) async fn stop(mut self) {
        self.signal("-TERM");
        let status = self.ended().await;
        assert!(status.success(), "{status}: {}", self.log());
    }

    pub(crate) fn url(&self, path: &str) -> String {
        let base = self.credentials["baseUrl"].as_str().unwrap_or_default();
        format!("{base}{path}")
    }

    /// Where the upstreams' stand-ins are, as it printed.
    pub(crate) fn upstream_url(&self) -> String {
        let mut lines = self.printed.lines();
        let url = lines.find_map(|line| line.strip_prefix("The upstreams' stand-ins are at "));
        url.unwrap_or_else(|| panic!("{}", self.printed)).to_owned()
    }

    /// An `Authorization` value of `credentials.json`.
    pub(crate) fn key(&self, app: &str) -> String {
        let key = self.credentials["apiKeys"][app].as_str();
        format!("APIKEY {}", key.unwrap_or_default())
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    /// Registers a person by contract 4.1.
    pub(crate) fn register(&self, user_id: &str) -> RequestBuilder {
        self.get("/users/aura-id")
            .header("authorization", self.key("kernel"))
            .header("x-user-id", user_id)
            .header("x-authorization-id", "authorization-1")
            .header("x-channel-id", "app")
    }

    /// Reads a login by contract 4.7.
    pub(crate) fn get_user(&self, aura_id: &str) -> RequestBuilder {
        self.get(&format!("/users/{aura_id}"))
            .header("authorization", self.key("aura-bot"))
    }
}

/// What it prints until the last line of its walk; what it had printed when it ended before.
async fn until_the_walk(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<String, String> {
    let mut printed = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        printed.extend([line.as_str(), "\n"]);
        if line.starts_with("curl -s -X DELETE") {
            return Ok(printed);
        }
    }
    Err(printed)
}

/// Runs one that has to refuse to start.
pub(crate) async fn refused(data_dir: &Path, options: &[&str]) -> Refusal {
    refusal(command(data_dir).args(options)).await
}

/// Runs a command that has to refuse to start, and to say why in one line.
pub(crate) async fn refusal(command: &mut Command) -> Refusal {
    let output = timeout(START_LIMIT, command.output()).await;
    let Ok(Ok(output)) = output else {
        panic!("it starts");
    };
    let refusal = Refusal {
        status: output.status,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert_eq!(refusal.status.code(), Some(1), "{refusal:?}");
    assert_eq!(refusal.stderr.lines().count(), 1, "{refusal:?}");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(stdout, "", "{refusal:?}");
    refusal
}

/// A client that follows redirects by this policy.
pub(crate) fn client(redirects: Policy) -> Client {
    // The workspace's `reqwest` brings no cryptography; whichever came first stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().redirect(redirects).build();
    client.unwrap_or_else(|error| panic!("no client: {error}"))
}

/// The status and the body of an answer.
pub(crate) async fn answered(request: RequestBuilder) -> (u16, Value) {
    let response = sent(request).await;
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}

pub(crate) async fn sent(request: RequestBuilder) -> Response {
    let response = request.send().await;
    response.unwrap_or_else(|error| panic!("no answer: {error}"))
}

pub(crate) fn read_json(path: &Path) -> Value {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
