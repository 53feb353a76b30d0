//! What every response carries and every request leaves behind: correlator, headers, one log line, counts (contract 3, 4.16).

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures_util::future::join;
use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lambda_http::request::RequestContext;
use tower_http::catch_panic::CatchPanicLayer;
use uuid::Uuid;

use crate::api::MatchedOperation;
use crate::clock::Clock;
use crate::error::{Dialect, Error, Failure};
use crate::metrics::{Family, Flusher};

mod line;
mod log;

pub use log::start_log;

/// The header that ties a request to its log lines, here and at the caller.
pub const CORRELATOR: HeaderName = HeaderName::from_static("x-correlator");
const MAX_CORRELATOR_CHARS: usize = 128;

/// The request's correlator, for what is sent to upstreams.
#[derive(Clone, Debug)]
pub struct Correlator(pub Arc<str>);

impl Correlator {
    /// The caller's own when it is 1 to 128 visible ASCII characters, else a new one.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut sent = headers.get_all(CORRELATOR).iter();
        let only = sent.next().filter(|_| sent.next().is_none());
        let good = only.and_then(|value| value.to_str().ok()).filter(|text| {
            (1..=MAX_CORRELATOR_CHARS).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        });
        Self(good.map_or_else(|| Uuid::new_v4().to_string().into(), Into::into))
    }
}

/// Observes one function's requests. Cheap to clone.
#[derive(Clone)]
pub struct Telemetry {
    clock: Clock,
    flusher: Flusher,
    host: Arc<str>,
    dialect: Dialect,
}

impl Telemetry {
    /// Telemetry that counts requests to `host` in the flusher's metrics, flushes them beside requests, and tells errors in
    /// this dialect.
    #[must_use]
    pub fn new(clock: Clock, flusher: Flusher, host: &str, dialect: Dialect) -> Self {
        let host = host.into();
        Self {
            clock,
            flusher,
            host,
            dialect,
        }
    }

    /// Wraps a function's router: panics become 500s, errors bodies of the dialect, and every request one log line.
    pub fn around(self, router: Router) -> Router {
        let panics = CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Error::Internal("panic".into()).into_response()
        });
        router
            .layer(panics)
            .layer(middleware::from_fn_with_state(self, observe))
    }

    /// The request's own work, and a flush beside it when it is time for one.
    /// How long that work took alone is told too.
    async fn run(&self, request: Request, next: Next) -> (Response, Duration) {
        let stopwatch = self.clock.stopwatch();
        let work = async {
            let response = next.run(request).await;
            (response, stopwatch.elapsed())
        };
        if !self.flusher.is_due() {
            return work.await;
        }
        // Boxed, so that the future of a request without a flush is small.
        let flush = Box::pin(self.flusher.flush_if_due());
        join(work, flush).await.0
    }

    fn count(&self, method: &str, response: &Response, failure: Option<&Error>, took: Duration) {
        let metrics = self.flusher.metrics();
        let matched = response.extensions().get::<MatchedOperation>();
        let path = matched.map_or("unmatched", |matched| matched.0.path);
        let status = response.status();
        let labels = [method, &*self.host, path, status.as_str()];
        metrics.observe(Family::Requests, &labels, took);
        if let Some(reason) = failure.and_then(Error::key_refused) {
            metrics.count(Family::KeysRefused, &[&reason]);
        }
        if let Some(reason) = failure.and_then(Error::client_refused) {
            metrics.count(Family::ClientsRefused, &[&reason]);
        }
        if let Some(reason) = failure.and_then(Error::state_refused) {
            metrics.count(Family::StatesRefused, &[&reason]);
        }
    }
}

async fn observe(State(telemetry): State<Telemetry>, mut request: Request, next: Next) -> Response {
    let method = method_label(request.method());
    let correlator = Correlator::from_headers(request.headers());
    let gateway_id = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    request.extensions_mut().insert(correlator.clone());
    let (mut response, took) = telemetry.run(request, next).await;
    let failure = response.extensions_mut().remove::<Failure>();
    if let Some(failure) = &failure {
        response = failure.response(response, &telemetry.dialect, &correlator.0);
    }
    let failure = failure.map(|failure| failure.error);
    dress(response.headers_mut(), &correlator);
    telemetry.count(method, &response, failure.as_deref(), took);
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    line::log(
        &response,
        &correlator,
        gateway_id.as_deref().unwrap_or("-"),
        millis,
        failure.as_deref(),
    );
    response
}

/// The methods that HTTP defines; a label takes no word that a caller makes up.
fn method_label(method: &Method) -> &'static str {
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let found = known.into_iter().find(|known| *known == method.as_str());
    found.unwrap_or("other")
}

fn dress(headers: &mut HeaderMap, correlator: &Correlator) {
    if let Ok(value) = HeaderValue::from_str(&correlator.0) {
        headers.insert(CORRELATOR, value);
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
