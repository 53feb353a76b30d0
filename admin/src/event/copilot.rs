//! Placeholders of Copilot Connect: its client on this desk, a session of that, and a token of the sample events' user.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::access_token::{AccessToken, NO_DEVICE, Role, SESSION_LIFE};
use shared::client::ClientId;

use super::{Filler, SAMPLE_AURA_ID};
use crate::credentials::Copilot;
use crate::failure::{Failure, sign_failed};

impl Filler {
    /// What goes after `Basic `.
    pub(super) fn client_credentials(&self) -> Result<String, Failure> {
        let client = self.client()?;
        let pair = format!("{}:{}", client.client_id, *client.client_secret);
        Ok(STANDARD.encode(pair))
    }

    /// The token of a new session.
    pub(super) async fn session_token(&self) -> Result<String, Failure> {
        let id = ClientId::parse(&self.client()?.client_id);
        let id = id.ok_or_else(|| Failure::Refused("the desk's client has no id".into()))?;
        let now = self.deployment.clock.now();
        self.signed(&AccessToken::session(id, now)).await
    }

    /// A token of the user that the sample events are about, who may be there or not.
    pub(super) async fn end_user_token(&self) -> Result<String, Failure> {
        let token = AccessToken {
            role: Role::AppUser,
            user_id: SAMPLE_AURA_ID.to_owned(),
            device_id: NO_DEVICE.to_owned(),
            expires_at: self.deployment.clock.now().plus(SESSION_LIFE),
        };
        self.signed(&token).await
    }

    async fn signed(&self, token: &AccessToken) -> Result<String, Failure> {
        let secrets = self.deployment.copilot_secrets().await?;
        let now = self.deployment.clock.now();
        token.sign(&secrets, now).map_err(sign_failed)
    }

    fn client(&self) -> Result<&Copilot, Failure> {
        self.deployment.copilot.as_ref().ok_or_else(|| {
            Failure::Refused("of a deployment's clients nobody knows the secrets: placeholders of clients are for --local".into())
        })
    }
}
