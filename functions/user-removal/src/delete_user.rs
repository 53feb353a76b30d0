//! `DELETE /users/{auraId}` (contract 4.6): removes one login.

use axum::extract::State;
use axum::http::StatusCode;
use shared::api::{Doc, Parameter};
use shared::error::Error;
use shared::extract::Path;
use shared::user::AuraId;

use crate::UserRemoval;

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "delete_user",
    summary: "Remove a login",
    description: "The person's other logins stay. An unknown, expired or superseded auraId is 404.",
    parameters: &[Parameter::path::<AuraId>("auraId")],
    body: None,
    success: (204, None),
    errors: &[404],
};

pub(crate) async fn delete_user(
    State(state): State<UserRemoval>,
    Path(aura_id): Path<AuraId>,
) -> Result<StatusCode, Error> {
    let removed = state
        .users
        .remove_user(&aura_id, &state.rules, None)
        .await?;
    let unknown = Error::NotFound("There is no valid login with this auraId.");
    if removed {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown)
    }
}
