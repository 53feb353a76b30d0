//! A person as operators see it.

use serde::Serialize;

use super::items::{Person, PersonLogin};
use crate::clock::Timestamp;
use crate::user::{AuraId, AuraIdGlobal, AuthorizationId, ChannelId, PhoneNumber, UserId};

/// A person as operators see it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonView {
    /// The person's id at the operator.
    pub user_id: UserId,
    /// The person's id here.
    pub aura_id_global: AuraIdGlobal,
    /// The latest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<PhoneNumber>,
    /// RFC 3339: from then on the person is unknown.
    pub retained_until: String,
    /// The latest login of each channel.
    pub logins: Vec<LoginView>,
}

/// A login as operators see it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoginView {
    /// The channel.
    pub channel_id: ChannelId,
    /// The login's id.
    pub aura_id: AuraId,
    /// Kernel's handle of the grant.
    pub authorization_id: AuthorizationId,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub expires_at: String,
    /// Whether it is valid now.
    pub valid: bool,
}

impl Person {
    /// What operators see.
    pub(super) fn view(&self, now: Timestamp) -> PersonView {
        let login = |(channel, login): (&ChannelId, &PersonLogin)| LoginView {
            channel_id: channel.clone(),
            aura_id: login.aura_id.clone(),
            authorization_id: login.authorization_id.clone(),
            created_at: login.created_at.rfc3339(),
            expires_at: login.expires_at.rfc3339(),
            valid: login.is_live(now),
        };
        PersonView {
            user_id: self.user_id.clone(),
            aura_id_global: self.aura_id_global.clone(),
            phone_number: self.phone_number.clone(),
            retained_until: self.retained_until.rfc3339(),
            logins: self.logins.iter().map(login).collect(),
        }
    }
}
