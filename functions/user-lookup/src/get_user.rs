//! `GET /users/{auraId}` (contract 4.7): gets and validates a logged-in user.

use axum::extract::State;
use axum::{Extension, Json};
use shared::api::{Doc, Parameter};
use shared::error::Error;
use shared::extract::Path;
use shared::gate::Caller;
use shared::user::{AuraId, AuraUser};

use crate::UserLookup;

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "get_user",
    summary: "Get and validate a logged-in user",
    description: "Unknown, expired and superseded logins are 404: treat the person as anonymous. A user registered a moment ago is found, one removed is not.",
    parameters: &[Parameter::path::<AuraId>("auraId")],
    body: None,
    success: (200, Some("AuraUser")),
    errors: &[404],
};

pub(crate) async fn get_user(
    State(state): State<UserLookup>,
    Extension(caller): Extension<Caller>,
    Path(aura_id): Path<AuraId>,
) -> Result<Json<AuraUser>, Error> {
    let login = state.users.get_user(&aura_id).await?;
    let login = login.ok_or(Error::NotFound("There is no valid login with this auraId."))?;
    Ok(Json(AuraUser::new(login, caller.scope)))
}
