//! How Copilot Connect tells errors (contract 5): exactly `reason` and `error_message`, from the one enum that there is.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::error::{Dialect, Error};

/// This function's dialect.
pub const DIALECT: Dialect = Dialect {
    schema: "Refusal",
    media_type: "application/json",
    render,
};

/// The body of every error.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refusal {
    /// The kind of error as a constant to switch on.
    reason: &'static str,
    /// What is wrong with this request; empty where that is not told.
    error_message: String,
}

fn render(error: &Error, _: &str) -> Response {
    let (reason, error_message) = match error {
        Error::ClientRefused(_) | Error::Unauthenticated(_) => ("AUTH.UNAUTHORIZED", String::new()),
        Error::InvalidBody(_) | Error::InvalidArgument { .. } => {
            ("COMMON.REQUEST_VALIDATION", error.to_string())
        }
        Error::PayloadTooLarge(_) => ("COMMON.PAYLOAD_TOO_LARGE", error.to_string()),
        Error::NotFound(told) => ("COMMON.ENTITY_NOT_FOUND", (*told).to_owned()),
        Error::Unavailable { .. } => (
            "COMMON.UNAVAILABLE",
            "Repeat the same request after the time in Retry-After.".to_owned(),
        ),
        _ => (
            "COMMON.INTERNAL_ERROR",
            "Please report this with the x-correlator of the answer.".to_owned(),
        ),
    };
    let body = Json(Refusal {
        reason,
        error_message,
    });
    let mut response = (error.status(), body).into_response();
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    if let Error::ClientRefused(refused) = error
        && let Ok(challenge) =
            HeaderValue::from_str(&format!(r#"{} realm="copilot""#, refused.scheme))
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}
