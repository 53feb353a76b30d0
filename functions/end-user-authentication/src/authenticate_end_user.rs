//! `POST /v2/api/management/copilot_connect/authenticate` (contract 5.2): is this end user's token good?

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::access_token::{AccessToken, Role, TokenRefusal};
use shared::api::{Body, Doc};
use shared::client::ClientId;
use shared::error::Error;
use shared::extract::Argument;
use shared::metrics::Family;
use shared::user::AuraId;

use crate::EndUserAuthentication;
use crate::short_body::ShortBody;

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "authenticate_end_user",
    summary: "Tell whether an end user's access token is good",
    description: "A token that is not good, for whatever reason, is an answer and no error: hand `to_client_response` on to the end user's app. `user_id` is the auraId. The role `SERVICE_ACCOUNT` means that a management session's token was sent in place of an end user's.",
    parameters: &[],
    body: Some(Body {
        schema: "Authenticate",
        media_types: &["application/json"],
    }),
    success: (200, Some("Verdict")),
    errors: &[413],
};

/// The token that is asked about.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Authenticate {
    /// `Bearer `, and the token.
    #[cfg_attr(feature = "openapi", schema(example = "Bearer <token>"))]
    access_token: String,
}

/// What is found, in the order in which it is told.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verdict {
    /// Whether the token is good.
    is_token_valid: bool,
    /// What the end user's app is to be answered, where it is not.
    to_client_response: Option<ToClientResponse>,
    /// The auraId, where it is good.
    user_id: Option<String>,
    /// `APPUSER`, or `SERVICE_ACCOUNT`, where it is good.
    user_role: Option<&'static str>,
}

/// An answer for the end user's app.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToClientResponse {
    /// Its status.
    http_code: u16,
    /// Its body.
    http_body: ToClientBody,
}

/// The body of that answer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToClientBody {
    /// The status once more.
    error_code: u16,
    /// The kind of error.
    reason: &'static str,
    /// Empty.
    error_message: &'static str,
}

pub(crate) async fn authenticate_end_user(
    State(state): State<EndUserAuthentication>,
    body: ShortBody,
) -> Result<Json<Verdict>, Error> {
    let asked = body.json::<Authenticate>();
    let asked = asked.filter(|asked| !asked.access_token.trim().is_empty());
    let asked = asked.ok_or(Error::InvalidBody(
        "access token to authenticate must be provided on the body",
    ))?;
    Ok(Json(match state.judge(&asked.access_token).await? {
        Ok(token) => Verdict::good(token),
        Err(refusal) => {
            let labels = [&*refusal.to_string()];
            state.metrics.count(Family::TokensRefused, &labels);
            Verdict::bad()
        }
    }))
}

impl EndUserAuthentication {
    /// The token, if it is good and who it is for is still there; fails only where that cannot be told.
    async fn judge(&self, presented: &str) -> Result<Result<AccessToken, TokenRefusal>, Error> {
        let Some(compact) = presented.strip_prefix("Bearer ") else {
            return Ok(Err(TokenRefusal::Malformed));
        };
        let secrets = self.secrets.get().await?;
        let token = match AccessToken::open(compact, &secrets, self.clock.now()) {
            Ok(token) => token,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let there = match token.role {
            Role::AppUser => self.has_user(&token.user_id).await?,
            Role::ServiceAccount => self.has_client(&token.user_id).await?,
        };
        Ok(if there {
            Ok(token)
        } else {
            Err(TokenRefusal::Gone)
        })
    }

    /// One read of the store: a removed, superseded or expired login is gone at once.
    async fn has_user(&self, id: &str) -> Result<bool, Error> {
        match AuraId::parse(id) {
            Some(aura_id) => Ok(self.users.get_user(&aura_id).await?.is_some()),
            None => Ok(false),
        }
    }

    async fn has_client(&self, id: &str) -> Result<bool, Error> {
        let control = self.control.current().await?;
        Ok(ClientId::parse(id).is_some_and(|id| control.client(&id).is_some()))
    }
}

impl Verdict {
    fn good(token: AccessToken) -> Self {
        Self {
            is_token_valid: true,
            to_client_response: None,
            user_id: Some(token.user_id),
            user_role: Some(token.role.as_str()),
        }
    }

    fn bad() -> Self {
        let http_body = ToClientBody {
            error_code: 401,
            reason: "auth.unauthorized",
            error_message: "",
        };
        Self {
            is_token_valid: false,
            to_client_response: Some(ToClientResponse {
                http_code: 401,
                http_body,
            }),
            user_id: None,
            user_role: None,
        }
    }
}
