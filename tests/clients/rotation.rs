//! A signature verifies for whoever keeps the keys for five minutes, before, during and after a rotation (contract 4.12).

use std::collections::BTreeSet;
use std::time::Duration;

use dev_server::bundle::bundle;
use dev_server::local_env::LocalEnv;
use serde_json::json;
use shared::secrets::{Secret, shown};
use shared::signing_keys::SigningKeys;
use tests::{Desk, Operator, desk};
use tokio::net::TcpListener;

use crate::client::{Client, script, setting};

/// Between two looks of a client.
const STEP: Duration = Duration::from_secs(45);

/// Who signs as a function does, and who verifies.
struct Parties {
    operator: Operator,
    issuer: String,
    secret: Secret<SigningKeys>,
    clients: [Client; 2],
    kids: BTreeSet<String>,
}

impl Parties {
    async fn start() -> Self {
        let operator = Operator::start().await;
        let issuer = format!("{}/openid/issuer", listen(&operator.desk).await);
        let clients = clients(&issuer).await;
        let secret = signing_keys(&operator.desk);
        Self {
            operator,
            issuer,
            secret,
            clients,
            kids: BTreeSet::new(),
        }
    }

    /// Signs and verifies for so long, a step at a time: as an instance that has just started, and as one that has not read
    /// the keys for as long as it may.
    async fn poll(&mut self, span: Duration) {
        let until = self.operator.desk.clock.now().plus(span);
        while self.operator.desk.clock.now() < until {
            self.operator.desk.clock.advance(STEP);
            for secret in [signing_keys(&self.operator.desk), self.secret.clone()] {
                self.sign_and_verify(&secret).await;
            }
        }
    }

    async fn sign_and_verify(&mut self, secret: &Secret<SigningKeys>) {
        let now = self.operator.desk.clock.now();
        let keys = secret.get().await.unwrap_or_else(|error| panic!("{error}"));
        let key = keys.current().unwrap_or_else(|| panic!("no current key"));
        let claims = json!({ "iss": self.issuer, "iat": now.secs(), "exp": now.secs() + 60 });
        let token = key.sign(&claims).unwrap_or_else(|error| panic!("{error}"));
        for client in &mut self.clients {
            client.tell(&format!("{} {token}", now.millis())).await;
            let verdict = client.line().await;
            assert_eq!(verdict, "ok", "{} after {:?}", client.name, self.kids);
        }
        self.kids.insert(key.kid().to_owned());
    }

    async fn rotate(&mut self, algorithm: &str) {
        self.operator
            .done(&["signing-key", "add", "--alg", algorithm])
            .await;
        let early = self
            .operator
            .run(&["--yes", "signing-key", "promote"], "")
            .await;
        assert_eq!(early.code, 2, "not before it is known: {early:?}");
        self.poll(Duration::from_mins(12)).await;
        self.operator.done(&["signing-key", "promote"]).await;
        let early = self
            .operator
            .run(&["--yes", "signing-key", "retire"], "")
            .await;
        assert_eq!(early.code, 2, "not before its last signature is: {early:?}");
        self.poll(Duration::from_mins(70)).await;
        self.operator.done(&["signing-key", "retire"]).await;
        self.poll(Duration::from_mins(10)).await;
    }
}

/// The clients that verify what this issuer signs.
async fn clients(issuer: &str) -> [Client; 2] {
    let python = [script("verify.py"), issuer.to_owned()];
    let modules = setting("CLIENTS_NODE_MODULES");
    let node = [script("verify.mjs"), issuer.to_owned(), modules];
    [
        Client::start("PyJWT", &setting("CLIENTS_PYTHON"), &python).await,
        Client::start("openid-client and jose", "node", &node).await,
    ]
}

/// The private keys as an instance that starts now holds them.
fn signing_keys(desk: &Desk) -> Secret<SigningKeys> {
    Secret::new(
        "signing keys",
        &desk::clients(&desk.aws_url),
        desk.names.signing_keys_secret.clone(),
        |text| shown(SigningKeys::parse(text)),
        desk.clock.clock(),
    )
}

/// Every function behind a port of its own, with that as its address.
async fn listen(desk: &Desk) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await;
    let listener = listener.unwrap_or_else(|error| panic!("no port: {error}"));
    let address = listener
        .local_addr()
        .unwrap_or_else(|error| panic!("no address: {error}"));
    let env = LocalEnv {
        base_url: format!("http://{address}"),
        ..desk.env.clone()
    };
    let functions = bundle(|name| env.variables(name), &desk.clock.clock()).await;
    let functions = functions.unwrap_or_else(|error| panic!("{error}"));
    tokio::spawn(async move { axum::serve(listener, functions.router).await });
    env.base_url
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs clients for Python and Node, as .ci/run installs them"]
async fn no_client_that_keeps_the_keys_for_five_minutes_refuses_a_signature() {
    let mut parties = Parties::start().await;
    parties.poll(Duration::from_mins(6)).await;
    parties.rotate("ES256").await;
    parties.rotate("RS256").await;
    assert_eq!(parties.kids.len(), 3, "each key signed: {:?}", parties.kids);
}
