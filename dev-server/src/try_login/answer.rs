//! What starting answers: a redirect that carries a state, or one line for a person.

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, REFERRER_POLICY};

use crate::parameters::Repeated;

/// Why nothing was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotStarted {
    /// For another name than this machine's, or from another site's page.
    #[error("only pages of this dev server can start a login or logout")]
    Elsewhere,
    /// A parameter is not what it must be.
    #[error("{0} must be {1}")]
    Asked(&'static str, &'static str),
    /// A parameter is given twice.
    #[error("{0}")]
    Repeated(#[from] Repeated),
    /// Channels or state ring cannot be used.
    #[error("the channels or the state ring cannot be read")]
    Failed,
}

impl IntoResponse for NotStarted {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Elsewhere => StatusCode::FORBIDDEN,
            Self::Asked(..) | Self::Repeated(_) => StatusCode::BAD_REQUEST,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, format!("{self}\n")).into_response()
    }
}

/// Sends the browser there, and nobody who keeps or hears of addresses.
pub(super) fn sent_to(address: &str) -> Response {
    let private = [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (private, Redirect::to(address)).into_response()
}
