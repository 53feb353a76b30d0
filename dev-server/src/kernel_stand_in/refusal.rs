//! What the endpoints for clients answer: JSON that nobody stores (RFC 6749 5).

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE};
use serde_json::{Value, json};

/// An error of RFC 6749 5.2, with a word on why for whoever develops the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: &'static str,
    pub(super) why: &'static str,
}

/// The client is not ours, or cannot prove that it is.
pub(super) const fn invalid_client(why: &'static str) -> Refusal {
    let error = "invalid_client";
    Refusal { error, why }
}

/// The code is not good, or not for this request.
pub(super) const fn invalid_grant(why: &'static str) -> Refusal {
    let error = "invalid_grant";
    Refusal { error, why }
}

/// A parameter is missing, repeated or malformed.
pub(super) const fn invalid_request(why: &'static str) -> Refusal {
    let error = "invalid_request";
    Refusal { error, why }
}

/// The client asks for a grant that is not given here.
pub(super) const fn unsupported_grant_type(why: &'static str) -> Refusal {
    let error = "unsupported_grant_type";
    Refusal { error, why }
}

/// The stand-in cannot tell just now.
pub(super) const fn temporarily_unavailable(why: &'static str) -> Refusal {
    let error = "temporarily_unavailable";
    Refusal { error, why }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = json!({ "error": self.error, "error_description": self.why });
        let mut response = (status, answer(&body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            // Also where no such header was sent: a 401 names a scheme that would do (RFC 9110 11.6.1).
            let scheme = http::HeaderValue::from_static(r#"Basic realm="Kernel stand-in""#);
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// The body with the headers of RFC 6749 5.1.
pub(super) fn answer(body: &Value) -> Response {
    let headers = [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
    (headers, axum::Json(body.clone())).into_response()
}
