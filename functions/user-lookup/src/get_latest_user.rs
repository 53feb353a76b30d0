//! `GET /users/aura-id-global/{aura_id_global}` (contract 4.8): the last valid login of a person in a channel.

use axum::extract::State;
use axum::{Extension, Json};
use shared::api::{Doc, Parameter};
use shared::error::Error;
use shared::extract::{Header, Path};
use shared::gate::Caller;
use shared::user::{AuraIdGlobal, AuraUser, ChannelId};

use crate::UserLookup;

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "get_latest_user",
    summary: "Get the last valid auraId of a person in a channel",
    description: "The person is named by auraIdGlobal. No valid login in that channel is 404.",
    parameters: &[
        Parameter::path::<AuraIdGlobal>("aura_id_global"),
        Parameter::header::<ChannelId>(),
    ],
    body: None,
    success: (200, Some("AuraUser")),
    errors: &[404],
};

pub(crate) async fn get_latest_user(
    State(state): State<UserLookup>,
    Extension(caller): Extension<Caller>,
    Path(global): Path<AuraIdGlobal>,
    Header(channel): Header<ChannelId>,
) -> Result<Json<AuraUser>, Error> {
    let channel = state.control.channel(&channel).await?;
    let login = state.users.get_latest_user(&global, &channel.id).await?;
    let login = login.ok_or(Error::NotFound(
        "This person has no valid login in this channel.",
    ))?;
    Ok(Json(AuraUser::new(login, caller.scope)))
}
