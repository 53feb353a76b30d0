//! How requests fail: one enum of outcomes, and the one place that turns it into a status and an RFC 9457 body (contract 3).

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::api_key::Refusal;
use crate::cached::Stale;

mod checks;
mod problem;

pub use checks::{Check, Checks};
pub use problem::{KINDS, Problem};

/// How soon a caller may try again when a dependency is away.
const SOON: Duration = Duration::from_secs(2);

/// What can go wrong with a request. What is said to the caller never depends on the cause kept for the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// 400: a header or parameter is missing or not what it must be.
    #[error("{place} {name} must be {rule}")]
    InvalidArgument {
        /// `header` or `path parameter`.
        place: &'static str,
        /// The header's or parameter's name.
        name: Cow<'static, str>,
        /// What it must be.
        rule: Cow<'static, str>,
    },
    /// 401: no valid key; the reason is for the log.
    #[error("{0}")]
    Unauthenticated(Refusal),
    /// 403: a valid key that may not do this.
    #[error("{0}")]
    PermissionDenied(Denial),
    /// 404: there is no such thing.
    #[error("{0}")]
    NotFound(&'static str),
    /// 409: it belongs to somebody else.
    #[error("{0}")]
    Conflict(&'static str),
    /// 500: a defect of ours.
    #[error("{0}")]
    Internal(String),
    /// 503: something this needs is away, or busy; repeat after a while.
    #[error("{cause}")]
    Unavailable {
        /// For the log: names of errors only, never data.
        cause: String,
        /// How long to wait.
        retry_after: Duration,
    },
    /// 503: the service was asked how it is, and is not well.
    #[error("{0}")]
    Unhealthy(Checks),
}

/// Which property of a valid key forbids an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// Its class.
    #[error("The scope of this APIKey does not admit this operation.")]
    Scope,
    /// Whether it may write.
    #[error("The mode of this APIKey admits reading only.")]
    Mode,
    /// The endpoint groups that it is limited to.
    #[error("The groups of this APIKey do not include this endpoint's.")]
    Groups,
}

impl Error {
    /// Why a key was refused, for the metric; `None` when it was not the key.
    #[must_use]
    pub fn key_refused(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Unauthenticated(refusal) => Some(refusal.to_string().into()),
            Self::PermissionDenied(Denial::Scope) => Some("denied-scope".into()),
            Self::PermissionDenied(Denial::Mode) => Some("denied-mode".into()),
            Self::PermissionDenied(Denial::Groups) => Some("denied-groups".into()),
            _ => None,
        }
    }
}

impl Error {
    /// A dependency is away: try again soon.
    pub fn unavailable(cause: impl Into<String>) -> Self {
        Self::Unavailable {
            cause: cause.into(),
            retry_after: SOON,
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::InvalidArgument { .. } => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::PermissionDenied(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable { .. } | Self::Unhealthy(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the caller is told: nothing internal.
    fn detail(&self) -> String {
        match self {
            Self::Unauthenticated(_) => {
                "Send `Authorization: APIKEY <key>` with a valid key of this environment.".into()
            }
            Self::Internal(_) => "Please report this with the correlator.".into(),
            Self::Unavailable { .. } => {
                "Repeat the same request after the time in `Retry-After`.".into()
            }
            told => told.to_string(),
        }
    }

    /// The problem document for the request with this correlator.
    #[must_use]
    pub fn problem(&self, correlator: &str) -> Problem {
        let status = self.status().as_u16();
        let (_, code, title) = KINDS
            .into_iter()
            .find(|kind| kind.0 == status)
            .unwrap_or(KINDS[5]);
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
        match self {
            Self::Unauthenticated(_) => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("APIKEY"));
            }
            Self::Unavailable { retry_after, .. } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
            }
            Self::Unhealthy(_) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(SOON.as_secs()));
            }
            _ => {}
        }
        response
    }
}

/// An error on its way out: telemetry, which knows the correlator, renders it and logs its cause.
#[derive(Clone)]
pub(crate) struct Failure(pub(crate) Arc<Error>);

impl From<Stale> for Error {
    fn from(stale: Stale) -> Self {
        Self::unavailable(stale.to_string())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Failure(Arc::new(self)));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_never_told() {
        for error in [
            Error::Internal("secret".into()),
            Error::unavailable("secret"),
            Error::Unauthenticated(Refusal::Revoked),
        ] {
            let told = serde_json::to_string(&error.problem("c")).unwrap();
            assert!(
                !told.contains("secret") && !told.contains("revoked"),
                "{told}"
            );
        }
    }

    #[test]
    fn every_error_has_its_kind() {
        let problem = Error::NotFound("No such user.").problem("corr-1");
        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            r#"{"type":"urn:aura-authentication:problem:not-found","title":"There is no such resource","status":404,"detail":"No such user.","code":"NOT_FOUND","correlator":"corr-1"}"#
        );
    }

    #[test]
    fn failed_checks_are_named_and_told() {
        let checks = Checks {
            table: Check::Failed,
            secrets: Check::Ok,
        };
        let problem = serde_json::to_value(Error::Unhealthy(checks).problem("c")).unwrap();
        assert_eq!(problem["code"], "UNAVAILABLE");
        assert_eq!(problem["detail"], "The table cannot be reached.");
        let told = serde_json::json!({"table": "failed", "secrets": "ok"});
        assert_eq!(problem["checks"], told);
    }
}
