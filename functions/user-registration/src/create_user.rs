//! `GET /users/aura-id/{auraId}` (contract 4.2): creates a user whose auraId comes from an outside identity.

use axum::extract::State;
use axum::{Extension, Json};
use shared::api::{Doc, Parameter};
use shared::error::Error;
use shared::extract::Path;
use shared::gate::Caller;
use shared::user::{AuraId, AuraUser};

use crate::UserRegistration;
use crate::registration_headers::{PARAMETERS, RegistrationHeaders};

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "create_user",
    summary: "Create a user under an auraId from an outside identity",
    description: "For identities such as WhatsApp's. Repeated with the same data it gives the same answer; with a new authorizationId, or after expiry, the login is renewed under that auraId. It supersedes any other login of that person in that channel. An auraId that another person or channel has is 409, and stays so for a while after it was removed or expired.",
    parameters: &[
        Parameter::path::<AuraId>("auraId"),
        PARAMETERS[0],
        PARAMETERS[1],
        PARAMETERS[2],
        PARAMETERS[3],
    ],
    body: None,
    success: (200, Some("AuraUser")),
    errors: &[409],
};

pub(crate) async fn create_user(
    State(state): State<UserRegistration>,
    Extension(caller): Extension<Caller>,
    Path(aura_id): Path<AuraId>,
    headers: RegistrationHeaders,
) -> Result<Json<AuraUser>, Error> {
    let registration = headers.registration(&state, Some(aura_id)).await?;
    let login = state.users.register(&registration, &state.rules).await?;
    Ok(Json(AuraUser::new(login, caller.scope)))
}
