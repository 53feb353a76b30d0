//! Lambda's Runtime API on loopback: what a bootstrap asks for its next event and tells its answers.
//!
//! Paths, headers and statuses are those of the service, so that a real binary cannot tell the difference.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use shared::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot, watch};
use uuid::Uuid;

/// The largest answer that the service takes, in bytes.
const MAX_ANSWER: usize = 6 * 1024 * 1024;
/// How long an invocation may take, in milliseconds: API Gateway's own limit.
const TIME_LIMIT_MS: i64 = 30_000;

/// What a function made of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It answered.
    Response(Value),
    /// It reported that it failed.
    Error(Value),
}

/// The API for one function. Cheap to clone.
#[derive(Clone)]
pub struct RuntimeApi {
    inner: Arc<Inner>,
    address: String,
}

struct Inner {
    arn: String,
    events: Mutex<VecDeque<(String, Bytes)>>,
    more: Notify,
    waiting: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    polls: watch::Sender<usize>,
    init_errors: Mutex<Vec<Value>>,
}

impl RuntimeApi {
    /// An API with no event yet for the function of this name.
    ///
    /// # Panics
    /// When no port can be had.
    pub async fn start(function: &str) -> Self {
        let inner = Arc::new(Inner {
            arn: format!("arn:aws:lambda:eu-west-1:123456789012:function:{function}"),
            events: Mutex::default(),
            more: Notify::new(),
            waiting: Mutex::default(),
            polls: watch::Sender::new(0),
            init_errors: Mutex::default(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap_or_else(|error| panic!("no port: {error}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("no address: {error}"));
        let router = router(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            inner,
            address: address.to_string(),
        }
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Hands out an event; what becomes of it comes through the receiver, which fails when the function never tells.
    #[must_use]
    pub fn send(&self, event: &Value) -> oneshot::Receiver<Outcome> {
        let id = Uuid::new_v4().to_string();
        let (tell, told) = oneshot::channel();
        lock(&self.inner.waiting).insert(id.clone(), tell);
        lock(&self.inner.events).push_back((id, event.to_string().into()));
        self.inner.more.notify_one();
        told
    }

    /// How often the function has asked for an event; the first time ends its INIT.
    #[must_use]
    pub fn polls(&self) -> watch::Receiver<usize> {
        self.inner.polls.subscribe()
    }

    /// The failures that the function reported of its INIT.
    #[must_use]
    pub fn init_errors(&self) -> Vec<Value> {
        lock(&self.inner.init_errors).clone()
    }
}

fn router(inner: Arc<Inner>) -> Router {
    let runtime = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{id}/response", post(response))
        .route("/invocation/{id}/error", post(error))
        .route("/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(MAX_ANSWER))
        .with_state(inner);
    let extensions = Router::new()
        .route("/register", post(register))
        .route("/event/next", get(std::future::pending::<StatusCode>));
    Router::new()
        .nest("/2018-06-01/runtime", runtime)
        .nest("/2020-01-01/extension", extensions)
}

/// An extension for no event: Lambda then sends SIGTERM before it ends the function.
async fn register(Json(asked): Json<Value>) -> Response {
    if asked != json!({ "events": [] }) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let id = [("Lambda-Extension-Identifier", Uuid::new_v4().to_string())];
    let body = json!({ "functionName": "f", "functionVersion": "1", "handler": "bootstrap" });
    (id, Json(body)).into_response()
}

/// Waits, as long as it takes, for an event.
async fn next(State(inner): State<Arc<Inner>>) -> Response {
    inner.polls.send_modify(|polls| *polls += 1);
    let (id, event) = loop {
        let first = lock(&inner.events).pop_front();
        match first {
            Some(event) => break event,
            None => inner.more.notified().await,
        }
    };
    let deadline = Clock::system().now().millis() + TIME_LIMIT_MS;
    let trace = "Root=1-6afacd1d-5e1b4d0c9a7f3e2d6b8c0a10;Parent=53995c3f42cd8ad8;Sampled=0";
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", inner.arn.clone()),
        ("lambda-runtime-trace-id", trace.to_owned()),
    ];
    (headers, event).into_response()
}

async fn response(
    State(inner): State<Arc<Inner>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    tell(&inner, &id, Outcome::Response(parsed(&body)))
}

async fn error(State(inner): State<Arc<Inner>>, Path(id): Path<String>, body: Bytes) -> Response {
    tell(&inner, &id, Outcome::Error(parsed(&body)))
}

async fn init_error(State(inner): State<Arc<Inner>>, body: Bytes) -> Response {
    lock(&inner.init_errors).push(parsed(&body));
    accepted()
}

fn tell(inner: &Inner, id: &str, outcome: Outcome) -> Response {
    let Some(waiting) = lock(&inner.waiting).remove(id) else {
        let body = json!({ "errorMessage": "Invalid request ID", "errorType": "InvalidRequestID" });
        return (StatusCode::BAD_REQUEST, axum::Json(body)).into_response();
    };
    // Whoever asked may have given up: that is no matter of the function's.
    let _ = waiting.send(outcome);
    accepted()
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, axum::Json(json!({ "status": "OK" }))).into_response()
}

/// The body as JSON, or as the text that should have been JSON.
fn parsed(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
