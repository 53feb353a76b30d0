//! What every call to an upstream that is not AWS has in common: HTTP/1.1 on kept connections, no redirect followed, no cookie
//! kept, no proxy, nothing unpacked, no long answer, and every try counted.
//!
//! One call is one try, without a time limit: what may be repeated, and how long it may all take, is the caller's to say.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::RequestBuilder;
use serde::Serialize;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::metrics::{Family, Metrics, Underway};
use crate::settings::BaseUrl;
use crate::telemetry::{CORRELATOR, Correlator};

mod connections;
mod failure_kind;
mod reading;

use connections::Connections;
pub use failure_kind::FailureKind;
use reading::{NoAnswer, answer};

/// The longest answer that is read, in bytes (contract 4.10, 4.17).
pub const MAX_ANSWER: usize = 64 * 1024;

/// INIT waits no longer for a connection.
const WARM_LIMIT: Duration = Duration::from_secs(2);

/// One upstream. Cheap to clone.
#[derive(Clone)]
pub struct Upstream(Arc<Inner>);

struct Inner {
    base: BaseUrl,
    metrics: Metrics,
    clock: Clock,
    connections: Connections,
}

/// A whole answer, whatever its status.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as it came: at most [`MAX_ANSWER`] bytes.
    pub body: Vec<u8>,
}

/// Why there is no answer; nothing of what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamFailure {
    /// There was no connection to send on: it is certain that nothing was sent.
    #[error("no connection")]
    NotSent,
    /// The connection broke, or what came is not HTTP: nobody knows whether the request was taken.
    #[error("broken answer")]
    Broken,
    /// The answer is longer than [`MAX_ANSWER`].
    #[error("answer too long")]
    TooLong,
}

impl Upstream {
    /// The upstream whose endpoints are under `base`; connects to nobody yet.
    #[must_use]
    pub fn new(base: BaseUrl, metrics: Metrics, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            base,
            metrics,
            connections: Connections::new(clock.clone()),
            clock,
        }))
    }

    /// Gets what is at `path`, which is empty for the address itself, or starts with a slash; it is what the call is counted under.
    ///
    /// # Errors
    /// [`UpstreamFailure`]; an answer of any status is none.
    pub async fn get(
        &self,
        path: &'static str,
        authorization: Option<HeaderValue>,
        correlator: &Correlator,
    ) -> Result<Answer, UpstreamFailure> {
        let mut request = self.request(Method::GET, path, correlator)?;
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        self.send(Method::GET, path, request).await
    }

    /// Posts a form to an endpoint; `path` starts with a slash, and is what the call is counted under.
    ///
    /// # Errors
    /// [`UpstreamFailure`]; an answer of any status is none.
    pub async fn post_form(
        &self,
        path: &'static str,
        authorization: Option<HeaderValue>,
        form: &impl Serialize,
        correlator: &Correlator,
    ) -> Result<Answer, UpstreamFailure> {
        let mut request = self.request(Method::POST, path, correlator)?.form(form);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        self.send(Method::POST, path, request).await
    }

    /// Posts to an endpoint that takes no body; `path` as above.
    ///
    /// # Errors
    /// [`UpstreamFailure`]; an answer of any status is none.
    pub async fn post_nothing(
        &self,
        path: &'static str,
        authorization: HeaderValue,
        correlator: &Correlator,
    ) -> Result<Answer, UpstreamFailure> {
        let request = self.request(Method::POST, path, correlator)?;
        let request = request.header(AUTHORIZATION, authorization);
        // Said, not left out: servers answer 411 to a POST that does not tell its length (RFC 9110 8.6).
        let request = request.header(CONTENT_LENGTH, 0);
        self.send(Method::POST, path, request).await
    }

    /// Makes a connection ahead of the first call, by a request that asks for nothing and says nothing of us. Its answer is
    /// nobody's concern, nor is it counted; a failure is for the first call to see.
    pub async fn warm(&self) {
        let Inner {
            base, connections, ..
        } = &*self.0;
        if let Some(pool) = connections.pool() {
            let asked = pool.head(format!("{}/", base.url)).send();
            let _ = timeout(WARM_LIMIT, asked).await;
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        correlator: &Correlator,
    ) -> Result<RequestBuilder, UpstreamFailure> {
        let Inner {
            base, connections, ..
        } = &*self.0;
        let pool = connections.pool().ok_or(UpstreamFailure::NotSent)?;
        let request = pool.request(method, format!("{}{path}", base.url));
        Ok(request
            .header(ACCEPT, "application/json")
            .header(CORRELATOR, &*correlator.0))
    }

    /// Sends what [`Self::request`] has begun, and counts it.
    async fn send(
        &self,
        method: Method,
        path: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, UpstreamFailure> {
        let Inner {
            base,
            metrics,
            clock,
            ..
        } = &*self.0;
        let labels = [method.as_str(), &base.authority, path].map(str::to_owned);
        let underway = Underway::start(metrics, clock, Family::Outgoing, labels.to_vec());
        let answer = answer(request).await;
        underway.end(match &answer {
            Ok(answer) => answer.status.as_str(),
            Err(NoAnswer::Http(error)) if error.is_timeout() => "timeout",
            Err(_) => "error",
        });
        answer.map_err(Into::into)
    }
}

/// The status only: headers and bodies have tokens.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "upstream_tests.rs"]
mod tests;
