//! The words of the users' world (contract 1): ids that can only be made by parsing, logins, and what callers see of them.

use serde::Serialize;

use crate::api_key::Scope;
use crate::clock::Timestamp;

mod ids;

pub use ids::{AuraId, AuraIdGlobal, AuthorizationId, ChannelId, PhoneNumber, UserId};

/// One person's session in one channel: what the API calls a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The login's id.
    pub aura_id: AuraId,
    /// The person's id.
    pub aura_id_global: AuraIdGlobal,
    /// The channel.
    pub channel_id: ChannelId,
    /// When it was made, or renewed.
    pub created_at: Timestamp,
    /// From when on it is not valid.
    pub expires_at: Timestamp,
    /// What only internal callers see; `None` where it was not read.
    pub internal: Option<Internal>,
}

/// What only internal callers see of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Internal {
    /// The person's id at the operator.
    pub user_id: UserId,
    /// Kernel's handle of the grant.
    pub authorization_id: AuthorizationId,
    /// The person's latest number.
    pub phone_number: Option<PhoneNumber>,
}

/// A user as callers see it (contract 4, AuraUser).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuraUser {
    /// Id of this login.
    aura_id: String,
    /// Id of the person.
    aura_id_global: String,
    /// The channel of this login.
    channel_id: String,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339; from then on the login is not valid.
    expires_at: String,
    /// For internal callers: the person's id at the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// For internal callers: Kernel's handle of the grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_id: Option<String>,
    /// For internal callers: E.164; absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
}

impl AuraUser {
    /// The view for callers of this scope.
    #[must_use]
    pub fn new(login: Login, scope: Scope) -> Self {
        let internal = login.internal.filter(|_| scope == Scope::Internal);
        let (user_id, authorization_id, phone_number) =
            internal.map_or((None, None, None), |internal| {
                (
                    Some(internal.user_id.into()),
                    Some(internal.authorization_id.into()),
                    internal.phone_number.map(Into::into),
                )
            });
        Self {
            aura_id: login.aura_id.into(),
            aura_id_global: login.aura_id_global.into(),
            channel_id: login.channel_id.into(),
            created_at: login.created_at.rfc3339(),
            expires_at: login.expires_at.rfc3339(),
            user_id,
            authorization_id,
            phone_number,
        }
    }
}
