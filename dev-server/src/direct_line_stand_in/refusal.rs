//! How Direct Line says no: a code that stays what it is, and a message for people.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

/// An error as the service has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    code: &'static str,
    message: &'static str,
}

/// Nobody says who asks.
pub(super) const MISSING: Refusal = Refusal {
    status: StatusCode::UNAUTHORIZED,
    code: "BadArgument",
    message: "Missing token or secret",
};
/// It was never one, or is none for this.
pub(super) const INVALID: Refusal = Refusal {
    status: StatusCode::FORBIDDEN,
    code: "BadArgument",
    message: "Invalid token or secret",
};
/// It was one.
pub(super) const EXPIRED: Refusal = Refusal {
    status: StatusCode::FORBIDDEN,
    code: "TokenExpired",
    message: "Token has expired",
};
/// Nobody has started it.
pub(super) const UNKNOWN: Refusal = Refusal {
    status: StatusCode::NOT_FOUND,
    code: "ConversationNotFound",
    message: "Conversation not found",
};

impl Refusal {
    /// What was sent is not what it must be.
    pub(super) const fn bad(message: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "BadArgument",
            message,
        }
    }

    /// A failure that somebody asked for.
    pub(super) const fn asked_for(status: StatusCode) -> Self {
        Self {
            status,
            code: "ServiceError",
            message: "The stand-in was told to fail",
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(error)).into_response()
    }
}
