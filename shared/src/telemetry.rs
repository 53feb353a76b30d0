//! What every response carries and every request leaves behind: correlator, headers, one log line (contract 3).

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};
use lambda_http::request::RequestContext;
use tower_http::catch_panic::CatchPanicLayer;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use uuid::Uuid;

use crate::api::MatchedOperation;
use crate::clock::Clock;
use crate::error::{Error, Failure};
use crate::gate::Caller;

/// The header that ties a request to its log lines, here and at the caller.
pub const CORRELATOR: HeaderName = HeaderName::from_static("x-correlator");
const MAX_CORRELATOR_CHARS: usize = 128;
/// A log line of a success is at most this long, in bytes.
const MAX_LINE: usize = 256;
/// What a line takes without operation, correlator, request id and app: measured, with room for a slow request.
const LINE_FRAME: usize = 182;
const MAX_APP_CHARS: usize = 24;

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

/// Wraps a function's router: panics become 500s, errors problem documents, and every request one log line.
pub fn layer(router: Router, clock: Clock) -> Router {
    let panics = CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
        Error::Internal("panic".into()).into_response()
    });
    router
        .layer(panics)
        .layer(middleware::from_fn_with_state(clock, observe))
}

async fn observe(State(clock): State<Clock>, mut request: Request, next: Next) -> Response {
    let started = clock.now();
    let correlator = Correlator::from_headers(request.headers());
    let gateway_id = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    request.extensions_mut().insert(correlator.clone());
    let mut response = next.run(request).await;
    let failure = response
        .extensions_mut()
        .remove::<Failure>()
        .map(|failure| failure.0);
    if let Some(error) = &failure {
        let extensions = std::mem::take(response.extensions_mut());
        response = error.render(&correlator.0);
        *response.extensions_mut() = extensions;
    }
    dress(response.headers_mut(), &correlator);
    let took = clock.now().since(started).unwrap_or_default();
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    log(
        &response,
        &correlator,
        gateway_id.as_deref().unwrap_or("-"),
        millis,
        failure.as_deref(),
    );
    response
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

/// One line: never a path, a key, a number or an id of a user.
fn log(response: &Response, correlator: &Correlator, req: &str, ms: u64, failure: Option<&Error>) {
    let extensions = response.extensions();
    let op = extensions
        .get::<MatchedOperation>()
        .map_or("unmatched", |matched| matched.0.doc.name);
    let caller = extensions.get::<Caller>();
    let app = head(caller.map_or("-", |caller| &caller.app), MAX_APP_CHARS);
    let jti = caller
        .map(|caller| caller.jti.to_string())
        .unwrap_or_default();
    let room = MAX_LINE.saturating_sub(LINE_FRAME + op.len() + req.len() + app.len());
    let corr = if failure.is_some() {
        &correlator.0
    } else {
        head(&correlator.0, room)
    };
    let status = response.status().as_u16();
    match failure {
        None => tracing::info!(op, status, ms, corr, req, app, jti),
        Some(cause) if status >= 500 => {
            tracing::error!(op, status, ms, corr, req, app, jti, %cause);
        }
        Some(cause) => tracing::warn!(op, status, ms, corr, req, app, jti, %cause),
    }
}

/// The first characters of `text`, at most `most` bytes of them.
fn head(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}

/// Starts the log: JSON lines on standard output, as CloudWatch reads them. `level` is for the bundle's own lines; the
/// libraries' stop at warnings, for below that they show requests with their keys and data.
pub fn start_log(level: tracing::Level) {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_timer(Millis);
    let libraries = level.min(tracing::Level::WARN);
    let filter = Targets::new()
        .with_default(libraries)
        .with_target(env!("CARGO_CRATE_NAME"), level);
    let log = tracing_subscriber::registry().with(lines.with_filter(filter));
    // A second call keeps the first subscriber: one process, one log.
    let _ = tracing::subscriber::set_global_default(log);
}

/// RFC 3339 in milliseconds.
struct Millis;

impl tracing_subscriber::fmt::time::FormatTime for Millis {
    fn format_time(
        &self,
        writer: &mut tracing_subscriber::fmt::format::Writer<'_>,
    ) -> std::fmt::Result {
        writer.write_str(&Clock::system().now().rfc3339())
    }
}
