//! An operator at a deployment of this process.

use admin::Console;
use serde_json::{Value, json};
use shared::settings::Env;

use crate::copilot::{CLIENT, CLIENT_SECRET};
use crate::desk::Desk;

/// What a command came to.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code.
    pub code: u8,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub notes: String,
}

impl Outcome {
    /// What it says to machines.
    ///
    /// # Panics
    /// When that is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A deployment, and the folder that leads an operator to it.
pub struct Operator {
    /// The deployment.
    pub desk: Desk,
    folder: tempfile::TempDir,
}

impl Operator {
    /// A new deployment and its operator.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start() -> Self {
        let desk = Desk::start().await;
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let credentials = json!({
            "environment": dev_server::local_env::ENVIRONMENT,
            "aws": {
                "endpointUrl": desk.proxy.url(), "region": dev_server::local_env::REGION,
                "accessKeyId": "local", "secretAccessKey": "local",
                "tableName": desk.names.users_table, "erasureTableName": desk.names.erasure_table,
            },
            "copilot": { "clientId": CLIENT, "clientSecret": CLIENT_SECRET },
        });
        std::fs::write(
            folder.path().join("credentials.json"),
            credentials.to_string(),
        )
        .unwrap_or_else(|error| panic!("{error}"));
        Self { desk, folder }
    }

    /// Runs a command without anybody to answer questions.
    ///
    /// # Panics
    /// When its output is not text.
    pub async fn run(&self, arguments: &[&str], input: &str) -> Outcome {
        let local = format!("--local={}", self.folder.path().display());
        let arguments = ["aura-admin", &local]
            .into_iter()
            .chain(arguments.iter().copied());
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        let mut console = Console::new(input.as_bytes(), &mut out, &mut notes, false);
        let (env, clock) = (Env::default(), self.desk.clock.clock());
        let running = admin::run(arguments, &env, &clock, &mut console);
        let code = Box::pin(running).await;
        drop(console);
        let text = |bytes| String::from_utf8(bytes).unwrap_or_else(|error| panic!("{error}"));
        Outcome {
            code,
            out: text(out),
            notes: text(notes),
        }
    }

    /// Runs a command that must do what it is told, and returns what it says to machines.
    ///
    /// # Panics
    /// When it does not.
    pub async fn done(&self, arguments: &[&str]) -> Value {
        let arguments: Vec<&str> = ["--json", "--yes"]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        let outcome = self.run(&arguments, "").await;
        assert_eq!(outcome.code, 0, "{arguments:?}: {outcome:?}");
        outcome.json()
    }

    /// The status that a bot's read of nobody gets with this key: 404 when the key is good.
    pub async fn status_with(&self, key: &str) -> u16 {
        let authorization = format!("APIKEY {key}");
        self.desk
            .call("GET", "/users/nobody", &[("authorization", &authorization)])
            .await
            .status
            .as_u16()
    }
}
