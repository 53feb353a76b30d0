//! A deployment as CloudFormation leaves it: tables, and secrets without a value.

use std::sync::Arc;

use dev_server::bundle::bundle;
use dev_server::listen::Server;
use dev_server::local_env::{ENVIRONMENT, LocalEnv, REGION};
use dev_server::secrets_stand_in::SecretsStandIn;
use dev_server::{aws_endpoint, seed};
use dynoxide::Database;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::names::Names;
use tests::{desk, events};
use tokio::net::TcpListener;

/// The deployment; it serves until this is dropped.
pub(crate) struct Empty {
    /// Where the API answers.
    pub(crate) api_url: String,
    aws_url: String,
    names: Names,
    _servers: [Server; 2],
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// The names of the secrets that the stack makes.
fn secrets_of_the_template() -> impl Iterator<Item = String> {
    let template = std::fs::read_to_string(events::root().join("template.yaml")).unwrap();
    let name = |line: &str| {
        let name = line.trim().strip_prefix("Name: !Sub ")?;
        name.contains('/')
            .then(|| name.replace("${Environment}", ENVIRONMENT))
    };
    template
        .lines()
        .filter_map(name)
        .collect::<Vec<_>>()
        .into_iter()
}

impl Empty {
    /// Starts every function before anything has a value.
    pub(crate) async fn start() -> Self {
        let (names, clock) = (Names::of(ENVIRONMENT), Clock::system());
        let (aws, aws_url) = listener().await;
        let (api, api_url) = listener().await;
        let secrets = Arc::new(SecretsStandIn::open(None).unwrap());
        secrets_of_the_template().for_each(|name| secrets.make(&name));
        let database = Database::memory().unwrap();
        let endpoint = aws_endpoint::endpoint(database, secrets, clock.clone());
        let aws = Server::start(aws, endpoint.await.unwrap());
        let client = desk::clients(&aws_url).dynamodb;
        seed::tables(&client, &names).await.unwrap();
        let env = LocalEnv {
            base_url: api_url.clone(),
            ..desk::local_env(&aws_url)
        };
        let functions = bundle(|name| env.variables(name), &clock).await.unwrap();
        let api = Server::start(api, functions.router);
        Self {
            api_url,
            aws_url,
            names,
            _servers: [aws, api],
        }
    }

    /// What leads `aura-admin` here.
    pub(crate) fn credentials(&self) -> Value {
        json!({
            "environment": ENVIRONMENT,
            "aws": {
                "endpointUrl": self.aws_url, "region": REGION, "accessKeyId": "local", "secretAccessKey": "local",
                "tableName": self.names.users_table, "erasureTableName": self.names.erasure_table,
            },
        })
    }
}
