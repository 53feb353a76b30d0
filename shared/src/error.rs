//! How requests fail: one enum of outcomes, and the one place that turns it into a status and an RFC 9457 body (contract 3).

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;

use crate::api_key::Refusal;
use crate::cached::Stale;
use crate::gate::ClientRefused;
use crate::sealed_state::StateRefusal;

mod checks;
mod denial;
mod dialect;
mod problem;
mod response;

pub use checks::{Check, Checks};
pub use denial::Denial;
pub use dialect::Dialect;
pub use problem::{KINDS, Problem};
pub(crate) use response::Failure;

/// How soon a caller may try again when a dependency is away.
const SOON: Duration = Duration::from_secs(2);

/// What can go wrong with a request. What is said to the caller never depends on the cause kept for the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// 400: a header or parameter is missing or not what it must be.
    #[error("{place} {name} must be {rule}")]
    InvalidArgument {
        /// `header`, `path parameter` or `query parameter`.
        place: &'static str,
        /// The header's or parameter's name.
        name: Cow<'static, str>,
        /// What it must be.
        rule: Cow<'static, str>,
    },
    /// 400: the state of a callback is not good; the reason is for the log (contract 4.3).
    #[error("state: {0}")]
    BadState(StateRefusal),
    /// 400: the body is not what it must be; the text says what that is.
    #[error("{0}")]
    InvalidBody(&'static str),
    /// 401: no client of Copilot Connect; the reason is for the log.
    #[error("client: {0}")]
    ClientRefused(ClientRefused),
    /// 401: no valid key; the reason is for the log.
    #[error("{0}")]
    Unauthenticated(Refusal),
    /// 403: a valid key that may not do this, or a login that was refused.
    #[error("{0}")]
    PermissionDenied(Denial),
    /// 404: there is no such thing.
    #[error("{0}")]
    NotFound(&'static str),
    /// 409: it belongs to somebody else.
    #[error("{0}")]
    Conflict(&'static str),
    /// 413: the body is longer than it may be, in bytes.
    #[error("The body must have at most {0} bytes.")]
    PayloadTooLarge(usize),
    /// 429: an upstream takes no more for now; repeat after a while.
    #[error("{cause}")]
    RateLimited {
        /// For the log: nothing of the answer.
        cause: String,
        /// How long to wait.
        retry_after: Duration,
    },
    /// 500: a defect of ours.
    #[error("{0}")]
    Internal(String),
    /// 502: an upstream failed, or its answer is not what it must be. For the log: nothing of the answer.
    #[error("{0}")]
    Upstream(String),
    /// 504: an upstream did not answer in time.
    #[error("{0}")]
    UpstreamTimeout(String),
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

    /// Why a client of Copilot Connect was refused, for the metric; `None` when it was not the client.
    #[must_use]
    pub fn client_refused(&self) -> Option<String> {
        match self {
            Self::ClientRefused(refused) => Some(refused.to_string()),
            _ => None,
        }
    }

    /// Why a state was refused, for the metric; `None` when it was not the state.
    #[must_use]
    pub fn state_refused(&self) -> Option<String> {
        match self {
            Self::BadState(refusal) => Some(refusal.to_string()),
            _ => None,
        }
    }

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
            Self::InvalidArgument { .. } | Self::BadState(_) | Self::InvalidBody(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::Unauthenticated(_) | Self::ClientRefused(_) => StatusCode::UNAUTHORIZED,
            Self::PermissionDenied(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::PayloadTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Upstream(_) => StatusCode::BAD_GATEWAY,
            Self::UpstreamTimeout(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Unavailable { .. } | Self::Unhealthy(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the caller is told: nothing internal.
    fn detail(&self) -> String {
        match self {
            Self::Unauthenticated(_) => {
                "Send `Authorization: APIKEY <key>` with a valid key of this environment.".into()
            }
            Self::ClientRefused(_) => "Send the credentials of a client, or the token of its session.".into(),
            Self::BadState(_) => {
                "query parameter state must be a fresh one that was not used before: ask the assistant for a new link".into()
            }
            Self::Upstream(_) => "Try again; if it stays so, report this with the correlator.".into(),
            Self::UpstreamTimeout(_) => "Try again in a moment.".into(),
            Self::Internal(_) => "Please report this with the correlator.".into(),
            Self::RateLimited { .. } | Self::Unavailable { .. } => {
                "Repeat the same request after the time in `Retry-After`.".into()
            }
            told => told.to_string(),
        }
    }
}

impl From<Stale> for Error {
    fn from(stale: Stale) -> Self {
        Self::unavailable(stale.to_string())
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
            Error::Upstream("secret".into()),
            Error::RateLimited {
                cause: "secret".into(),
                retry_after: SOON,
            },
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
    fn who_may_come_again_is_told_when() {
        let limited = Error::RateLimited {
            cause: "tokens".into(),
            retry_after: Duration::from_secs(30),
        };
        let response = limited.render("c");
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()["retry-after"], "30");
        assert_eq!(limited.code(), "RATE_LIMITED");
        assert!(limited.problem("c").detail.contains("`Retry-After`"));
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
