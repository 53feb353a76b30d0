//! An error's way out: the problem document, or another rendering, with what the log and the counts need beside it.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};

use super::problem::INTERNAL;
use super::{Dialect, Error, KINDS, Problem, SOON};

/// An error on its way out: telemetry, which knows the correlator, logs its cause, and renders it where nobody has.
#[derive(Clone)]
pub(crate) struct Failure {
    pub(crate) error: Arc<Error>,
    rendered: bool,
}

impl Failure {
    /// The response to send for it: the one that carried it where that is rendered, else the function's own rendering.
    pub(crate) fn response(
        &self,
        carrier: Response,
        dialect: &Dialect,
        correlator: &str,
    ) -> Response {
        if self.rendered {
            return carrier;
        }
        let mut response = (dialect.render)(&self.error, correlator);
        let (carrier, _) = carrier.into_parts();
        response.headers_mut().extend(carrier.headers);
        *response.extensions_mut() = carrier.extensions;
        response
    }
}

impl Error {
    /// The kind of problem as a constant to switch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind().1
    }

    fn kind(&self) -> (u16, &'static str, &'static str) {
        let status = self.status().as_u16();
        let kind = KINDS.into_iter().find(|kind| kind.0 == status);
        kind.unwrap_or(INTERNAL)
    }

    /// How long to wait before the next try, as `Retry-After` has it; `None` where waiting changes nothing.
    #[must_use]
    pub fn retry_after(&self) -> Option<HeaderValue> {
        let wait = match self {
            Self::RateLimited { retry_after, .. } | Self::Unavailable { retry_after, .. } => {
                *retry_after
            }
            Self::Unhealthy(_) => SOON,
            _ => return None,
        };
        Some(HeaderValue::from(wait.as_secs().max(1)))
    }

    /// The problem document for the request with this correlator.
    #[must_use]
    pub fn problem(&self, correlator: &str) -> Problem {
        let (status, code, title) = self.kind();
        let kind = format!(
            "urn:aura-authentication:problem:{}",
            code.to_ascii_lowercase().replace('_', "-")
        );
        Problem {
            kind,
            title,
            status,
            detail: self.detail(),
            code,
            correlator: correlator.to_owned(),
            checks: match self {
                Self::Unhealthy(checks) => Some(*checks),
                _ => None,
            },
        }
    }

    /// The whole response for the request with this correlator.
    #[must_use]
    pub fn render(&self, correlator: &str) -> Response {
        let mut response = (self.status(), axum::Json(self.problem(correlator))).into_response();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Self::Unauthenticated(_) = self {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("APIKEY"));
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, seconds);
        }
        response
    }

    /// This response in place of the problem document. It is logged as the error that it is, and counted by its own status.
    #[must_use]
    pub fn rendered_as(self, response: Response) -> Response {
        self.carried_by(response, true)
    }

    fn carried_by(self, mut response: Response, rendered: bool) -> Response {
        let error = Arc::new(self);
        response
            .extensions_mut()
            .insert(Failure { error, rendered });
        response
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let bare = self.status().into_response();
        self.carried_by(bare, false)
    }
}
