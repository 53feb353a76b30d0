//! `GET /users/aura-id` (contract 4.1): returns the user that has the data sent, or creates one with it.

use axum::extract::State;
use axum::{Extension, Json};
use shared::api::Doc;
use shared::error::Error;
use shared::gate::Caller;
use shared::user::AuraUser;

use crate::UserRegistration;
use crate::registration_headers::{PARAMETERS, RegistrationHeaders};

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "find_or_create_user",
    summary: "Find the user with this data, or create one",
    description: "For channels that authenticate users themselves. The same data gives the same auraId, also when many such calls arrive at once. A new authorizationId makes a new login that supersedes the former one in that channel. A new phone number replaces the person's, an absent one keeps it.",
    parameters: &PARAMETERS,
    body: None,
    success: (200, Some("AuraUser")),
    errors: &[],
};

pub(crate) async fn find_or_create_user(
    State(state): State<UserRegistration>,
    Extension(caller): Extension<Caller>,
    headers: RegistrationHeaders,
) -> Result<Json<AuraUser>, Error> {
    let registration = headers.registration(&state, None).await?;
    let login = state.users.register(&registration, &state.rules).await?;
    Ok(Json(AuraUser::new(login, caller.scope)))
}
