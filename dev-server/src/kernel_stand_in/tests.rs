//! The stand-in as a client and a browser meet it, without a port.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use shared::clock::{Clock, Timestamp};
use shared::jwk::{JwkSet, SigningAlgorithm};
use shared::names::Names;
use shared::sealed_state::CodeVerifier;
use shared::signing_keys::SigningKey;
use tower::ServiceExt;
use uuid::Uuid;

use super::*;
use crate::local_env::{ENVIRONMENT, KERNEL_CLIENT_ID};
use crate::parameters::{Parameters, with_query};

mod authorize;
mod client;
mod logout;
mod token;

const KERNEL: &str = "http://127.0.0.1:3001";
const API: &str = "http://127.0.0.1:3000";
const CALLBACK: &str = "http://127.0.0.1:3000/users/auraid/integrated";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const SECRET: &str = "the-clients-secret";

/// A stand-in with a client of it.
struct Stand {
    router: Router,
    key: SigningKey,
    /// Milliseconds since the epoch.
    now: Arc<AtomicI64>,
}

/// What was answered.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

/// A set of parameters that a test changes.
type Pairs = Vec<(&'static str, String)>;

impl Stand {
    fn new() -> Self {
        Self::with_key(SigningAlgorithm::Es256)
    }

    /// A stand-in for an API that publishes one key of this kind.
    fn with_key(algorithm: SigningAlgorithm) -> Self {
        let key = SigningKey::generate(algorithm).unwrap();
        let set = JwkSet::of(vec![key.public_jwk().clone()]);
        let set = serde_json::to_value(set).unwrap();
        let api = Router::new().route("/openid/jwk", get(async || Json(set)));
        let now = Arc::new(AtomicI64::new(1_700_000_000_000));
        let router = Router::new();
        let mut stand = Self { router, key, now };
        stand.router = super::router(stand.desk(api));
        stand
    }

    /// What the stand-in needs, beside this API.
    fn desk(&self, api: Router) -> KernelStandIn {
        let name = Names::of(ENVIRONMENT).kernel_client_secret;
        let secrets = SecretsStandIn::open(None).unwrap();
        secrets.put(&name, SECRET.to_owned(), None, 0).unwrap();
        let told = Arc::clone(&self.now);
        KernelStandIn {
            urls: vec![KERNEL.to_owned()],
            api_bases: vec![API.to_owned(), "http://127.0.0.1:3030".to_owned()],
            secrets: Arc::new(secrets),
            client_secret: name,
            functions: api,
            channels: None,
            clock: Clock::from_fn(move || Timestamp::from_millis(told.load(SeqCst))),
        }
    }

    async fn send(&self, request: Request) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str, parameters: &Pairs) -> Answer {
        let request = Request::get(query(path, parameters)).body(Body::empty());
        self.send(request.unwrap()).await
    }

    async fn post(&self, path: &str, parameters: &Pairs, authorization: Option<&str>) -> Answer {
        let body = query("", parameters).split_off(1);
        let mut request =
            Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// The code of a new consent.
    async fn code(&self) -> String {
        let mut form = asked();
        form.extend(chosen("user-ana", "consent"));
        let answer = self.post("/authorize", &form, None).await;
        answer.sent_back().get("code").unwrap().to_owned()
    }

    /// The claims of a good assertion.
    fn claims(&self) -> Value {
        let now = self.now.load(SeqCst) / 1000;
        json!({
            "iss": KERNEL_CLIENT_ID, "sub": KERNEL_CLIENT_ID, "aud": format!("{KERNEL}/token"),
            "iat": now, "exp": now + 60, "jti": Uuid::new_v4(),
        })
    }

    /// The parameters by which the client proves itself with these claims.
    fn proof(&self, claims: &Value) -> Pairs {
        proof(&self.key.sign(claims).unwrap())
    }

    /// Exchanges a code as the client does, with these changes.
    async fn exchange(&self, code: &str, changes: &[(&'static str, Option<&str>)]) -> Answer {
        let mut form: Pairs = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", CALLBACK.to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
        ];
        form.extend(self.proof(&self.claims()));
        self.post("/token", &changed(form, changes), None).await
    }

    async fn introspect(&self, token: &str) -> Answer {
        let mut form = self.proof(&self.claims());
        form.push(("token", token.to_owned()));
        self.post("/introspect", &form, None).await
    }

    fn pass(&self, millis: i64) {
        self.now.fetch_add(millis, SeqCst);
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Status and error of a refused client.
    fn refused(&self) -> (u16, String) {
        assert_eq!(self.headers["cache-control"], "no-store");
        let error = self.json()["error"].as_str().map(str::to_owned);
        (self.status, error.unwrap_or_default())
    }

    /// What the callback is told.
    fn sent_back(&self) -> Parameters {
        assert_eq!(self.status, 303, "{}", self.body);
        let location = self.headers["location"].to_str().unwrap();
        let query = location
            .strip_prefix(CALLBACK)
            .and_then(|rest| rest.strip_prefix('?'));
        let query = query.unwrap_or_else(|| panic!("sent to {location}"));
        Parameters::parse(query).unwrap()
    }

    /// A page that goes nowhere.
    fn stays(&self) {
        assert_eq!(self.status, StatusCode::BAD_REQUEST, "{}", self.body);
        assert!(!self.headers.contains_key("location"));
    }
}

fn query(path: &str, parameters: &Pairs) -> String {
    let pairs = parameters.iter();
    let pairs: Vec<_> = pairs
        .map(|(name, value)| (*name, Some(value.as_str())))
        .collect();
    with_query(path, &pairs)
}

/// A good authorization request.
fn asked() -> Pairs {
    let verifier = CodeVerifier::parse(VERIFIER).unwrap();
    vec![
        ("response_type", "code".to_owned()),
        ("client_id", KERNEL_CLIENT_ID.to_owned()),
        ("redirect_uri", CALLBACK.to_owned()),
        ("state", "state-1".to_owned()),
        (
            "code_challenge",
            CodeChallenge::of(&verifier).as_str().to_owned(),
        ),
        ("code_challenge_method", "S256".to_owned()),
    ]
}

/// What the login page adds.
fn chosen(person: &str, decision: &str) -> Pairs {
    vec![
        ("person", person.to_owned()),
        ("decision", decision.to_owned()),
    ]
}

fn proof(assertion: &str) -> Pairs {
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    vec![
        ("client_assertion_type", kind.to_owned()),
        ("client_assertion", assertion.to_owned()),
    ]
}

/// The parameters with these put in place of theirs, or taken away.
fn changed(mut pairs: Pairs, changes: &[(&'static str, Option<&str>)]) -> Pairs {
    for (name, value) in changes {
        pairs.retain(|(other, _)| other != name);
        pairs.extend(value.map(|value| (*name, value.to_owned())));
    }
    pairs
}
