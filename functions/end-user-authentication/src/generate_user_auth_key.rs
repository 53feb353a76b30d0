//! `POST /v2/api/management/copilot_your_own/generate_user_auth_key` (contract 5.3): how an end user gets a token.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use shared::access_token::{AccessToken, NO_DEVICE, Role};
use shared::api::{Body, Doc};
use shared::error::Error;
use shared::extract::Argument;
use shared::user::AuraId;

use crate::EndUserAuthentication;
use crate::short_body::ShortBody;

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "generate_user_auth_key",
    summary: "Get an access token for an end user",
    description: "The user is named by auraId. The key is base64 of a JSON object with `access_token`, `token_type` and `expires_in`; the user's app sends its token to the maker's server. It is good for 50 minutes unless configured otherwise, and never longer than the login.",
    parameters: &[],
    body: Some(Body {
        schema: "GenerateUserAuthKey",
        media_types: &["application/json"],
    }),
    success: (200, Some("AuthKey")),
    errors: &[404, 413],
};

/// Whom a token is asked for.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GenerateUserAuthKey {
    /// The user's auraId.
    #[cfg_attr(feature = "openapi", schema(example = "whatsapp:34600000001"))]
    user_id: String,
    /// The user's device, 1 to 128 characters.
    device_id: Option<String>,
}

/// A token as the product's SDKs take it.
// Without `Debug`, so that no log can have it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuthKey {
    /// Base64 of `{"access_token","token_type":"Bearer","expires_in"}`.
    auth_key: String,
}

pub(crate) async fn generate_user_auth_key(
    State(state): State<EndUserAuthentication>,
    body: ShortBody,
) -> Result<Json<AuthKey>, Error> {
    let (aura_id, device_id) = asked(&body)?;
    let login = state.users.get_user(&aura_id).await?;
    let now = state.clock.now();
    let left = login.and_then(|login| login.expires_at.since(now));
    let life = left.map(|left| whole_seconds(state.token_life.min(left)));
    // A login in its last second has no time left for a token.
    let life = life.filter(|life| !life.is_zero());
    let life = life.ok_or(Error::NotFound("user_id names no valid login"))?;
    let token = AccessToken {
        role: Role::AppUser,
        user_id: aura_id.into(),
        device_id,
        expires_at: now.plus(life),
    };
    let session = state.issue(&token, life).await?;
    let json = serde_json::to_vec(&session);
    let json = json.map_err(|error| Error::Internal(format!("auth key: {error}")))?;
    let auth_key = STANDARD.encode(json);
    Ok(Json(AuthKey { auth_key }))
}

/// Whom the body asks for, and on which device.
fn asked(body: &ShortBody) -> Result<(AuraId, String), Error> {
    let asked = body.json::<GenerateUserAuthKey>();
    let asked = asked.ok_or(Error::InvalidBody(
        "the body must be a JSON object with user_id, and device_id if there is one, as texts",
    ))?;
    let aura_id = AuraId::parse(&asked.user_id);
    let aura_id = aura_id.ok_or(Error::InvalidBody("user_id must be an auraId"))?;
    Ok((aura_id, device(asked.device_id)?))
}

/// What is told in whole seconds is true.
fn whole_seconds(life: Duration) -> Duration {
    Duration::from_secs(life.as_secs())
}

fn device(given: Option<String>) -> Result<String, Error> {
    let given = given.unwrap_or_else(|| NO_DEVICE.to_owned());
    let fits = (1..=128).contains(&given.chars().count()) && !given.contains(char::is_control);
    fits.then_some(given).ok_or(Error::InvalidBody(
        "device_id must be 1 to 128 characters, none of them a control character",
    ))
}
