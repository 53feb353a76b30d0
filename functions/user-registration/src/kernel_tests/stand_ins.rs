//! A Kernel that answers what a test tells it to and keeps what it was asked, and a Secrets Manager for the client's secrets.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, Uri};
use futures_util::stream;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use shared::clock::{Clock, Timestamp};
use shared::function::Function;
use shared::jwk::SigningAlgorithm;
use shared::settings::Env;
use shared::signing_keys::{SigningKey, SigningKeys};
use tokio::net::TcpListener;

/// The client secret, under this id, in Secrets Manager.
pub(super) const SECRET: &str = "s3cret: +/=%&~";
pub(super) const CLIENT_ID: &str = "aura:client+1";

/// The time in all tests, in seconds.
pub(super) const NOW: i64 = 1_700_000_000;

/// What Kernel does with a request.
pub(super) enum Step {
    /// Answers with this status and body.
    Answer(u16, String),
    /// Answers with a part of this body and breaks the connection.
    Half(&'static str),
    /// Never answers.
    Hang,
}

/// The answer to a code that is good.
pub(super) fn tokens() -> Step {
    let body = json!({ "token_type": "Bearer", "access_token": "at/s3cret+1==", "expires_in": 60 });
    Step::Answer(200, body.to_string())
}

/// The answer to a token that is good, with these members changed.
pub(super) fn person(changes: &Value) -> Step {
    let mut body = json!({ "active": true, "sub": "u-1", "authorization_id": "a-1",
        "phone_number": "34600000001", "client_id": CLIENT_ID, "aud": [CLIENT_ID], "scope": "x" });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    Step::Answer(200, body.to_string())
}

/// What Kernel was asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) form: Vec<(String, String)>,
}

impl Asked {
    /// The value of a parameter of the form, which is there once.
    pub(super) fn parameter(&self, name: &str) -> &str {
        let mut values = self.form.iter().filter(|(known, _)| known == name);
        let value = &values.next().unwrap().1;
        assert!(values.next().is_none(), "{name} twice");
        value
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.form.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// The stand-in Kernel.
#[derive(Clone, Default)]
pub(super) struct Scripted(Arc<Mutex<(Vec<Step>, Vec<Asked>)>>);

impl Scripted {
    pub(super) fn new(mut steps: Vec<Step>) -> Self {
        steps.reverse();
        Self(Arc::new(Mutex::new((steps, Vec::new()))))
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.0.lock().unwrap().1.clone()
    }

    /// The paths that were asked for, in order.
    pub(super) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }

    pub(super) fn serve(&self, listener: TcpListener) {
        let script = self.clone();
        let answer = |uri: Uri, headers: HeaderMap, body: Bytes| async move {
            let asked = Asked {
                path: uri.to_string(),
                headers,
                form: form_urlencoded::parse(&body).into_owned().collect(),
            };
            script.answer(asked).await
        };
        let router = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await });
    }

    async fn answer(&self, asked: Asked) -> Response<Body> {
        let step = {
            let mut script = self.0.lock().unwrap();
            script.1.push(asked);
            script.0.pop()
        };
        match step.unwrap_or_else(|| Step::Answer(418, String::new())) {
            Step::Answer(status, body) => Response::builder()
                .status(status)
                .header("location", "/token")
                .body(body.into())
                .unwrap(),
            Step::Half(part) => {
                let parts = [Ok(part), Err(std::io::Error::other("broken"))];
                Response::new(Body::from_stream(stream::iter(parts)))
            }
            Step::Hang => std::future::pending().await,
        }
    }
}

/// Signing keys whose current one is returned too.
pub(super) fn signing_keys() -> (SigningKeys, String) {
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let key = SigningKey::from_pkcs8(SigningAlgorithm::Es256, der.as_ref()).unwrap();
    let (mut keys, kid) = (SigningKeys::default(), key.kid().to_owned());
    keys.add(key);
    keys.promote(&kid).unwrap();
    (keys, kid)
}

/// An endpoint of Secrets Manager that has the client secret and these signing keys.
async fn secrets_manager(keys: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = |body: Bytes| async move {
        let request: Value = serde_json::from_slice(&body).unwrap();
        let text = match request["SecretId"].as_str().unwrap() {
            "client" => SECRET,
            "keys" => &keys,
            "line" => "s3cret\nand more",
            _ => return (400, json!({ "__type": "ResourceNotFoundException" })),
        };
        (200, json!({ "Name": "x", "SecretString": text }))
    };
    let answer = |body: Bytes| async move {
        let (status, body) = answer(body).await;
        let response = Response::builder().status(status);
        response.body(Body::from(body.to_string())).unwrap()
    };
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// What the function's variables are, but for those that a test changes; an empty value is an absent one.
pub(super) async fn function(keys: &SigningKeys, changes: &[(&str, &str)]) -> Function {
    let aws = secrets_manager(keys.to_json().to_string()).await;
    let variables = [
        ("AWS_ENDPOINT_URL", aws.as_str()),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("ENVIRONMENT", "test"),
        ("TABLE_NAME", "users"),
        ("KERNEL_URL", "http://127.0.0.1:9"),
        ("KERNEL_CLIENT_ID", CLIENT_ID),
        ("KERNEL_CLIENT_AUTHENTICATION", "private_key_jwt"),
        ("SIGNING_KEYS_SECRET", "keys"),
        ("KERNEL_CLIENT_SECRET", "client"),
    ];
    let variables = variables.iter().chain(changes).copied();
    let clock = Clock::from_fn(|| Timestamp::from_secs(NOW));
    Function::from_env("user-registration", Env::from_pairs(variables), clock).unwrap()
}
