//! A proxy before the AWS endpoint or an upstream's stand-in: counts calls and connections, and makes them fail in the ways that
//! those never do.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::serve::ListenerExt;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::uri::PathAndQuery;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::net::TcpListener;

/// One call that came by.
#[derive(Clone, Debug)]
pub struct Call {
    /// The operation: `GetItem`, `GetSecretValue`; the path where it is not AWS's.
    pub operation: String,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The request's body.
    pub body: Bytes,
}

/// What becomes of a call.
#[derive(Clone, Debug, Default)]
pub enum Fault {
    /// It is passed on.
    #[default]
    None,
    /// This status with an error of this name; it never reaches the engine.
    Error(u16, &'static str),
    /// A cancelled transaction with this reason for every item; it never reaches the engine.
    Cancelled(&'static str),
    /// A cancelled transaction with these reasons for its first items and none for the others; it never reaches the engine.
    CancelledAs(&'static [&'static str]),
    /// No answer for this long; it never reaches the engine.
    Hang(Duration),
    /// It is passed on after this long, so that calls of several instances overtake each other.
    Delay(Duration),
    /// It is done, but the connection breaks before the answer.
    LostAnswer,
    /// It is done, but half of the answer is all that comes.
    HalfAnswer,
    /// It is done, but the answer comes a byte at a time, one each so often.
    SlowDrip(Duration),
    /// The connection breaks; it never reaches the engine.
    Refused,
    /// This status and body, said to be JSON; it never reaches the engine.
    Answer(u16, Bytes),
    /// This status with this `Retry-After`; it never reaches the engine.
    Wait(u16, String),
    /// Another address to ask; it never reaches the engine.
    Redirect(&'static str),
}

type Plan = Box<dyn FnMut(&Call) -> Fault + Send>;

struct Inner {
    target: String,
    client: Client<HttpConnector, Body>,
    calls: Mutex<Vec<Call>>,
    connections: AtomicUsize,
    plan: Mutex<Plan>,
}

/// The proxy. Cheap to clone.
#[derive(Clone)]
pub struct Proxy {
    inner: Arc<Inner>,
    url: String,
}

impl Proxy {
    /// A proxy before `target`, which passes everything on.
    ///
    /// # Panics
    /// When no port can be had.
    pub async fn start(target: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap_or_else(|error| panic!("no port: {error}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("no address: {error}"));
        let inner = Arc::new(Inner {
            target: target.to_owned(),
            client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
            calls: Mutex::default(),
            connections: AtomicUsize::new(0),
            plan: Mutex::new(Box::new(|_| Fault::None)),
        });
        let counted = Arc::clone(&inner);
        let listener = listener.tap_io(move |_| {
            counted.connections.fetch_add(1, SeqCst);
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            inner,
            url: format!("http://{address}"),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on `plan` says what becomes of each call.
    pub fn plan(&self, plan: impl FnMut(&Call) -> Fault + Send + 'static) {
        *self
            .inner
            .plan
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Box::new(plan);
    }

    /// From now on every call of this operation meets the fault, and all others are passed on.
    pub fn fail(&self, operation: &'static str, fault: Fault) {
        self.plan(move |call| {
            if call.operation == operation {
                fault.clone()
            } else {
                Fault::None
            }
        });
    }

    /// Passes a call of DynamoDB's on once more, as a repeat that was held up on its way.
    ///
    /// # Panics
    /// When it cannot be sent.
    pub async fn pass_again(&self, call: &Call) -> StatusCode {
        let request = Request::post("/")
            .header(
                "x-amz-target",
                format!("DynamoDB_20120810.{}", call.operation),
            )
            .header(CONTENT_TYPE, "application/x-amz-json-1.0")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=local")
            .body(());
        let request = request.unwrap_or_else(|error| panic!("{error}"));
        let (parts, ()) = request.into_parts();
        forward(&self.inner, parts, call.body.clone())
            .await
            .status()
    }

    /// From now on every call is passed on.
    pub fn heal(&self) {
        self.plan(|_| Fault::None);
    }

    /// The operations of the calls since the last time this was asked.
    #[must_use]
    pub fn take_operations(&self) -> Vec<String> {
        self.take_calls()
            .into_iter()
            .map(|call| call.operation)
            .collect()
    }

    /// The calls since the last time this was asked.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(
            &mut *self
                .inner
                .calls
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// How many connections were made so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.inner.connections.load(SeqCst)
    }
}

async fn pass(State(proxy): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let target = parts
        .headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let operation = target
        .rsplit_once('.')
        .map_or(parts.uri.path(), |(_, operation)| operation)
        .to_owned();
    let call = Call {
        operation,
        headers: parts.headers.clone(),
        body: body.to_bytes(),
    };
    let fault = (proxy.plan.lock().unwrap_or_else(PoisonError::into_inner))(&call);
    proxy
        .calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(call.clone());
    meet(fault, &proxy, parts, call).await
}

async fn meet(fault: Fault, proxy: &Inner, parts: http::request::Parts, call: Call) -> Response {
    match fault {
        Fault::Error(status, name) => {
            failure(status, &json!({ "__type": name, "message": "injected" }))
        }
        Fault::Cancelled(code) => cancelled(&call, |_| code),
        Fault::CancelledAs(codes) => {
            cancelled(&call, |at| codes.get(at).copied().unwrap_or("None"))
        }
        Fault::Hang(span) => {
            tokio::time::sleep(span).await;
            broken()
        }
        Fault::Refused => broken(),
        Fault::Answer(status, body) => {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            (status, [(CONTENT_TYPE, "application/json")], body).into_response()
        }
        Fault::Wait(status, after) => {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            (status, [(RETRY_AFTER, after)]).into_response()
        }
        Fault::Redirect(address) => Redirect::temporary(address).into_response(),
        Fault::None => forward(proxy, parts, call.body).await,
        Fault::Delay(span) => {
            tokio::time::sleep(span).await;
            forward(proxy, parts, call.body).await
        }
        Fault::LostAnswer => {
            forward(proxy, parts, call.body).await;
            broken()
        }
        Fault::HalfAnswer => half(forward(proxy, parts, call.body).await).await,
        Fault::SlowDrip(pause) => drip(forward(proxy, parts, call.body).await, pause).await,
    }
}

async fn forward(proxy: &Inner, parts: http::request::Parts, body: Bytes) -> Response {
    let mut request = Request::from_parts(parts, Body::from(body));
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    let uri = format!("{}{path}", proxy.target).parse();
    *request.uri_mut() = uri.unwrap_or_else(|error| panic!("bad target: {error}"));
    match proxy.client.request(request).await {
        Ok(answer) => {
            let (parts, body) = answer.into_parts();
            let body = body
                .collect()
                .await
                .map(http_body_util::Collected::to_bytes)
                .unwrap_or_default();
            Response::from_parts(parts, Body::from(body))
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

fn failure(status: u16, body: &serde_json::Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum::Json(body)).into_response()
}

/// What DynamoDB answers when others are at the same items: the engine here has no contention of its own.
fn cancelled(call: &Call, code: impl Fn(usize) -> &'static str) -> Response {
    let asked: serde_json::Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let items = asked["TransactItems"].as_array().map_or(1, Vec::len);
    let reasons: Vec<_> = (0..items)
        .map(|at| json!({ "Code": code(at), "Message": "injected" }))
        .collect();
    failure(
        400,
        &json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "injected", "CancellationReasons": reasons,
        }),
    )
}

/// An answer whose connection breaks before its first byte: the body errors, and the server drops the connection.
fn broken() -> Response {
    let nothing =
        stream::once(async { Err::<Bytes, _>(std::io::Error::other("broken on purpose")) });
    Response::new(Body::from_stream(nothing))
}

async fn half(answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let bytes = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let first = bytes.slice(..bytes.len() / 2);
    let broken = stream::iter([Ok(first), Err(std::io::Error::other("broken on purpose"))]);
    Response::from_parts(parts, Body::from_stream(broken))
}

async fn drip(answer: Response, pause: Duration) -> Response {
    let (parts, body) = answer.into_parts();
    let bytes = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let drops = stream::iter(0..bytes.len()).then(move |at| {
        let byte = bytes.slice(at..=at);
        async move {
            tokio::time::sleep(pause).await;
            Ok::<_, Infallible>(byte)
        }
    });
    Response::from_parts(parts, Body::from_stream(drops))
}
