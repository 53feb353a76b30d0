//! `GET /healthz` (contract 4.13): whether the table and the secrets can be reached.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::api::Doc;
use shared::error::{Checks, Error};

use crate::Monitoring;

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "check_health",
    summary: "See whether the service can do its work",
    description: "Looks at the table and the secrets, at most once a second. 503 names what cannot be reached, in `detail` and in `checks`.",
    parameters: &[],
    body: None,
    success: (200, Some("Healthy")),
    errors: &[],
};

/// All is well.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Healthy {
    /// Always `ok`.
    status: &'static str,
    /// What was looked at.
    checks: Checks,
}

pub(crate) async fn check_health(State(state): State<Monitoring>) -> Result<Json<Healthy>, Error> {
    let checks = state.health.checks().await;
    if !checks.passed() {
        return Err(Error::Unhealthy(checks));
    }
    let status = "ok";
    Ok(Json(Healthy { status, checks }))
}
