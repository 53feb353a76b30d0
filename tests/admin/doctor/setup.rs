//! A deployment with its API on a port, and an operator who reaches its AWS endpoint on a way of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use admin::Console;
use axum::middleware::map_response;
use axum::response::Response;
use dev_server::bundle::bundle;
use dev_server::local_env::{ENVIRONMENT, LocalEnv, REGION};
use http::HeaderValue;
use http::header::DATE;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::settings::Env;
use tests::operator::Outcome;
use tests::{Desk, Proxy};
use tokio::net::TcpListener;

/// What is changed before the API starts.
#[derive(Default)]
pub(crate) struct Changes {
    /// Variables that the functions have instead of their own.
    pub(crate) variables: BTreeMap<&'static str, String>,
    /// The users' table that the operator looks for.
    pub(crate) table: Option<&'static str>,
    /// The date that the API's answers have.
    pub(crate) date: Option<&'static str>,
    /// The operator is not told where the API is.
    pub(crate) is_hidden: bool,
    /// The functions' clock stands still.
    pub(crate) is_frozen: bool,
}

pub(crate) struct Clinic {
    pub(crate) desk: Desk,
    /// Between the operator and the AWS endpoint.
    pub(crate) aws: Proxy,
    folder: tempfile::TempDir,
}

impl Clinic {
    /// A deployment where all is well.
    pub(crate) async fn healthy() -> Self {
        Self::new(Desk::start().await, Changes::default()).await
    }

    pub(crate) async fn with(changes: Changes) -> Self {
        Self::new(Desk::start().await, changes).await
    }

    /// This deployment, whose API starts now.
    pub(crate) async fn new(desk: Desk, changes: Changes) -> Self {
        catch_up(&desk);
        let url = serve(&desk, &changes).await;
        let aws = Proxy::start(&desk.aws_url).await;
        let folder = must(tempfile::tempdir());
        let credentials = json!({
            "environment": ENVIRONMENT,
            "baseUrl": (!changes.is_hidden).then_some(url),
            "directLine": { "url": desk.direct_line.url() },
            "aws": {
                "endpointUrl": aws.url(), "region": REGION, "accessKeyId": "local", "secretAccessKey": "local",
                "tableName": changes.table.unwrap_or(&desk.names.users_table),
                "erasureTableName": desk.names.erasure_table,
            },
        });
        let file = folder.path().join("credentials.json");
        must(std::fs::write(file, credentials.to_string()));
        if !changes.is_frozen {
            tick(&desk);
        }
        Self { desk, aws, folder }
    }

    /// What `doctor` says.
    pub(crate) async fn doctor(&self, options: &[&str]) -> Outcome {
        let local = format!("--local={}", self.folder.path().display());
        let arguments = ["aura-admin", &local, "doctor"].into_iter();
        let arguments = arguments.chain(options.iter().copied());
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        let mut console = Console::new(std::io::empty(), &mut out, &mut notes, false);
        let clock = self.desk.clock.clock();
        let code = Box::pin(admin::run(arguments, &Env::default(), &clock, &mut console)).await;
        drop(console);
        let text = |bytes| must(String::from_utf8(bytes));
        Outcome {
            code,
            out: text(out),
            notes: text(notes),
        }
    }

    /// The exit code, and what is not well, with its remedy, by the check's name and state.
    pub(crate) async fn findings(&self, options: &[&str]) -> (u8, BTreeMap<String, String>) {
        let outcome = self.doctor(&[&["--json"], options].concat()).await;
        let checks = checks(&outcome);
        let bad = checks.iter().filter(|check| check["state"] != "ok");
        let told = |check: &Value| {
            let text = |name: &str| {
                check[name]
                    .as_str()
                    .unwrap_or_else(|| panic!("{check}"))
                    .to_owned()
            };
            (
                format!("{} {}", text("check"), text("state")),
                format!("{}: {}", text("found"), text("remedy")),
            )
        };
        (outcome.code, bad.map(told).collect())
    }
}

/// What went well.
fn must<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error:?}"))
}

/// Every check of an answer to machines.
pub(crate) fn checks(outcome: &Outcome) -> Vec<Value> {
    let said = outcome.json();
    let checks = said["checks"].as_array().cloned();
    checks.unwrap_or_else(|| panic!("{said}"))
}

/// Serves every function of the deployment at the address returned, which is their base.
async fn serve(desk: &Desk, changes: &Changes) -> String {
    let listener = must(TcpListener::bind("127.0.0.1:0").await);
    let url = format!("http://{}", must(listener.local_addr()));
    let env = LocalEnv {
        base_url: url.clone(),
        ..desk.env.clone()
    };
    let variables = |function: &str| variables(&env, function, changes);
    let mut router = must(bundle(variables, &desk.clock.clock()).await).router;
    if let Some(date) = changes.date {
        let date = HeaderValue::from_static(date);
        router = router.layer(map_response(move |mut answer: Response| {
            answer.headers_mut().insert(DATE, date.clone());
            std::future::ready(answer)
        }));
    }
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn variables(env: &LocalEnv, function: &str, changes: &Changes) -> Env {
    let mut all: BTreeMap<&str, String> = env.template_variables(function).into_iter().collect();
    for (name, value) in &changes.variables {
        all.insert(name, value.clone());
    }
    all.insert("AWS_REGION", REGION.to_owned());
    all.insert("AWS_ACCESS_KEY_ID", "local".to_owned());
    all.insert("AWS_SECRET_ACCESS_KEY", "local".to_owned());
    Env::from_pairs(all)
}

/// The test's clock stood still while things were set up: servers' dates are the machine's.
fn catch_up(desk: &Desk) {
    let behind = Clock::system().now().since(desk.clock.now());
    desk.clock.advance(behind.unwrap_or_default());
}

/// From now on the test's clock goes on with the machine's.
fn tick(desk: &Desk) {
    const TICK: Duration = Duration::from_millis(100);
    let clock = Arc::new(desk.clock.clone());
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TICK).await;
            clock.advance(TICK);
        }
    });
}
