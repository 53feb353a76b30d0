//! `GET /ping` (contract 4.14): whether a key of Kernel's gets through; nothing else is touched.

use axum::Json;
use serde::Serialize;
use shared::api::Doc;

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "ping",
    summary: "See whether the API answers and the APIKey is good",
    description: "Touches nothing but the check of the key.",
    parameters: &[],
    body: None,
    success: (200, Some("Pong")),
    errors: &[],
};

/// The answer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pong {
    /// Always `ok`.
    status: &'static str,
}

pub(crate) async fn ping() -> Json<Pong> {
    Json(Pong { status: "ok" })
}
