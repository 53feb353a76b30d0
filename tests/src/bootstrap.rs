//! A function's real binary, started as Lambda starts it: its own variables and no others, and the Runtime API to ask.

use std::ffi::OsString;
use std::process::{Command as Blocking, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dev_server::local_env::{ENVIRONMENT, LocalEnv, REGION};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::answer::Answer;
use crate::binaries::binary;
use crate::payload::answer;
use crate::runtime_api::{Outcome, RuntimeApi};

/// Lambda gives INIT this long.
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// Longer than any function takes.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How soon a process that has to end ends.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Environment variables by name.
pub type Variables = Vec<(String, OsString)>;

/// A running function. It is killed when this is dropped.
pub struct Bootstrap {
    api: RuntimeApi,
    child: Child,
    output: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

/// What is left of a process that has ended.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// Every line that it wrote, to standard output and standard error.
    pub lines: Vec<String>,
    /// How often it had asked for an event.
    pub polls: usize,
    /// The failures that it had reported of its INIT.
    pub init_errors: Vec<Value>,
}

impl Bootstrap {
    /// Starts a function with these variables, and those that tell it about itself.
    ///
    /// # Panics
    /// When it cannot be built or started.
    pub async fn start(function: &str, variables: Variables) -> Self {
        let api = RuntimeApi::start(function).await;
        let mut child = Command::new(binary(function))
            .env_clear()
            .envs(variables)
            .envs(lambda_variables(function))
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {function}: {error}"));
        let output = Arc::default();
        let readers = [
            child.stdout.take().map(|pipe| read(pipe, &output)),
            child.stderr.take().map(|pipe| read(pipe, &output)),
        ];
        Self {
            api,
            child,
            output,
            readers: readers.into_iter().flatten().collect(),
        }
    }

    /// Starts a function with the variables that the template gives it, and waits until it asks for an event.
    ///
    /// # Panics
    /// When it ends, or takes longer than Lambda gives it.
    pub async fn ready(function: &str, env: &LocalEnv) -> Self {
        let bootstrap = Self::start(function, variables(function, env)).await;
        bootstrap.initialised().await;
        bootstrap
    }

    /// Waits until it asks for an event.
    ///
    /// # Panics
    /// When it ends, or takes longer than Lambda gives it.
    pub async fn initialised(&self) {
        let mut polls = self.api.polls();
        let asked = polls.wait_for(|polls| *polls > 0);
        let in_time = timeout(INIT_LIMIT, asked).await.is_ok();
        assert!(in_time, "no end of INIT: {:#?}", self.lines());
    }

    /// What becomes of an event.
    ///
    /// # Panics
    /// When nothing does.
    pub async fn outcome(&self, event: &Value) -> Outcome {
        match timeout(ANSWER_LIMIT, self.api.send(event)).await {
            Ok(Ok(outcome)) => outcome,
            _ => panic!("no answer: {:#?}", self.lines()),
        }
    }

    /// The answer to an event, as API Gateway reads it.
    ///
    /// # Panics
    /// When there is none, or not one that API Gateway understands.
    pub async fn invoke(&self, event: &Value) -> Answer {
        match self.outcome(event).await {
            Outcome::Response(payload) => answer(&payload),
            Outcome::Error(error) => panic!("{error}: {:#?}", self.lines()),
        }
    }

    /// Every line that it wrote so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.output
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Tells it to end, as Lambda does.
    ///
    /// # Panics
    /// When it has ended already.
    pub fn terminate(&self) {
        let id = self.child.id().map(|id| id.to_string());
        let id = id.unwrap_or_else(|| panic!("it has ended: {:#?}", self.lines()));
        let sent = Blocking::new("kill").args(["-TERM", &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "cannot signal");
    }

    /// Ends it without notice.
    ///
    /// # Panics
    /// When it has ended already.
    pub async fn kill(mut self) {
        let killed = self.child.kill().await;
        killed.unwrap_or_else(|error| panic!("cannot kill: {error}"));
    }

    /// Waits for its end and for the last of its lines.
    ///
    /// # Panics
    /// When it goes on.
    pub async fn ended(mut self) -> Ended {
        let Ok(Ok(status)) = timeout(END_LIMIT, self.child.wait()).await else {
            panic!("it goes on: {:#?}", self.lines());
        };
        for reader in &mut self.readers {
            let _ = reader.await;
        }
        Ended {
            status,
            lines: self.lines(),
            polls: *self.api.polls().borrow(),
            init_errors: self.api.init_errors(),
        }
    }
}

/// The template's variables for a function, with the region and the credentials that Lambda adds.
#[must_use]
pub fn variables(function: &str, env: &LocalEnv) -> Variables {
    let template = env.template_variables(function).into_iter();
    let credentials = [
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", env.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", env.secret_access_key.clone()),
    ];
    let all = template.chain(credentials);
    all.map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

/// What Lambda tells a function about itself.
fn lambda_variables(function: &str) -> [(&'static str, String); 7] {
    let name = format!("aura-authentication-{ENVIRONMENT}-{function}");
    [
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "2026/11/16/[$LATEST]0123456789abcdef".to_owned(),
        ),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
    ]
}

fn read(
    pipe: impl AsyncRead + Unpin + Send + 'static,
    output: &Arc<Mutex<Vec<String>>>,
) -> JoinHandle<()> {
    let output = Arc::clone(output);
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            output
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(line);
        }
    })
}
