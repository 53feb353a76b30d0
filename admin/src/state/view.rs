//! What is shown of a state: its claims with times that people read, and of the code verifier only that there is one.

use serde::Serialize;
use shared::clock::Timestamp;
use shared::sealed_state::SealedState;
use shared::user::{AuraId, ChannelId};
use uuid::Uuid;

/// A state's claims.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateView {
    jti: Uuid,
    env: String,
    aura_id: AuraId,
    channel_id: ChannelId,
    /// `null` when the state has none; so has the next.
    locale: Option<String>,
    redirect: Option<String>,
    has_code_verifier: bool,
    issued_at: String,
    expires_at: String,
}

impl StateView {
    pub(super) fn of(state: &SealedState) -> Self {
        Self {
            jti: state.jti,
            env: state.env.clone(),
            aura_id: state.aura_id.clone(),
            channel_id: state.channel_id.clone(),
            locale: state.locale.clone().map(Into::into),
            redirect: state.redirect.clone().map(Into::into),
            has_code_verifier: state.code_verifier.is_some(),
            issued_at: Timestamp::from_secs(state.iat).rfc3339(),
            expires_at: state.expires().rfc3339(),
        }
    }

    /// For [`crate::table::facts`].
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let or_none = |claim: &Option<String>| claim.clone().unwrap_or_else(|| "none".to_owned());
        let verifier = if self.has_code_verifier {
            "there is one"
        } else {
            "none"
        };
        vec![
            ("jti", self.jti.to_string()),
            ("env", self.env.clone()),
            ("auraId", self.aura_id.as_str().to_owned()),
            ("channel", self.channel_id.as_str().to_owned()),
            ("locale", or_none(&self.locale)),
            ("redirect", or_none(&self.redirect)),
            ("code verifier", verifier.to_owned()),
            ("issued", self.issued_at.clone()),
            ("expires", self.expires_at.clone()),
        ]
    }
}
