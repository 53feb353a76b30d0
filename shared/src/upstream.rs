//! What every call to an upstream that is not AWS has in common: HTTP/1.1 on kept connections, no redirect followed, no cookie
//! kept, no proxy, nothing unpacked, no long answer, and every try counted.
//!
//! One call is one try, without a time limit: what may be repeated, and how long it may all take, is the caller's to say.

use std::sync::Arc;

use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::{RequestBuilder, Response};
use serde::Serialize;

use crate::clock::Clock;
use crate::metrics::{Family, Metrics, Underway};
use crate::settings::BaseUrl;
use crate::telemetry::{CORRELATOR, Correlator};

mod connections;

use connections::Connections;

/// The longest answer that is read, in bytes (contract 4.10, 4.17).
pub const MAX_ANSWER: usize = 64 * 1024;

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
        let Inner {
            base, connections, ..
        } = &*self.0;
        let pool = connections.pool().ok_or(UpstreamFailure::NotSent)?;
        let mut request = pool
            .post(format!("{}{path}", base.url))
            .header(ACCEPT, "application/json")
            .header(CORRELATOR, &*correlator.0)
            .form(form);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        self.counted("POST", path, request).await
    }

    async fn counted(
        &self,
        method: &str,
        path: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, UpstreamFailure> {
        let Inner {
            base,
            metrics,
            clock,
            ..
        } = &*self.0;
        let labels = [method, &base.authority, path].map(str::to_owned);
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

/// Why there is no answer, with what is not told: its text has the address.
enum NoAnswer {
    Http(reqwest::Error),
    TooLong,
}

impl From<reqwest::Error> for NoAnswer {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error)
    }
}

impl From<NoAnswer> for UpstreamFailure {
    fn from(reason: NoAnswer) -> Self {
        match reason {
            NoAnswer::TooLong => Self::TooLong,
            NoAnswer::Http(error) if error.is_connect() || error.is_builder() => Self::NotSent,
            NoAnswer::Http(_) => Self::Broken,
        }
    }
}

async fn answer(request: RequestBuilder) -> Result<Answer, NoAnswer> {
    let mut response = request.send().await?;
    Ok(Answer {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        body: body(response).await?,
    })
}

/// The body, chunk by chunk: what is announced or comes in excess is not read.
async fn body(mut response: Response) -> Result<Vec<u8>, NoAnswer> {
    let fits = |length: usize| length <= MAX_ANSWER;
    let announced = response.content_length().unwrap_or_default();
    if !usize::try_from(announced).is_ok_and(fits) {
        return Err(NoAnswer::TooLong);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if !fits(body.len() + chunk.len()) {
            return Err(NoAnswer::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
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
