//! `POST /v2/api/management/copilot_connect/auth/token` (contract 5.1): a management session for a client.

use std::time::Duration;

use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::access_token::{AccessToken, SESSION_LIFE};
use shared::api::{Body, Doc};
use shared::client::ClientId;
use shared::error::Error;

use crate::EndUserAuthentication;
use crate::short_body::ShortBody;

/// The one grant that there is (RFC 6749 4.4.2).
const GRANT: &str = "client_credentials";

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "create_session",
    summary: "Create a management session",
    description: "A client exchanges its id and secret for an access token of ten minutes, with which it asks about end users. A session ends with its client.",
    parameters: &[],
    body: Some(Body {
        schema: "CreateSession",
        media_types: &["application/json", "application/x-www-form-urlencoded"],
    }),
    success: (200, Some("Session")),
    errors: &[413],
};

/// What is asked for.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateSession {
    /// `client_credentials`.
    #[cfg_attr(feature = "openapi", schema(example = "client_credentials"))]
    grant_type: String,
}

/// A session.
// Without `Debug`, so that no log can have it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// What goes after `Authorization: Bearer`.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// How long it is good, in seconds.
    expires_in: u64,
}

impl Session {
    pub(crate) fn new(access_token: String, life: Duration) -> Self {
        Self {
            access_token,
            token_type: "Bearer",
            expires_in: life.as_secs(),
        }
    }
}

pub(crate) async fn create_session(
    State(state): State<EndUserAuthentication>,
    Extension(client): Extension<ClientId>,
    body: ShortBody,
) -> Result<Json<Session>, Error> {
    let grant = body.form_value("grant_type");
    let grant = grant.or_else(|| Some(body.json::<CreateSession>()?.grant_type));
    if grant.as_deref() != Some(GRANT) {
        return Err(Error::InvalidBody(
            "grant_type must be client_credentials, in a JSON object or a form",
        ));
    }
    let token = AccessToken::session(client, state.clock.now());
    Ok(Json(state.issue(&token, SESSION_LIFE).await?))
}

impl EndUserAuthentication {
    /// Signs a token that lives so long from now.
    pub(crate) async fn issue(
        &self,
        token: &AccessToken,
        life: Duration,
    ) -> Result<Session, Error> {
        let secrets = self.secrets.get().await?;
        let signed = token.sign(&secrets, self.clock.now());
        let signed = signed.map_err(|error| Error::Internal(format!("access token: {error}")))?;
        Ok(Session::new(signed, life))
    }
}
