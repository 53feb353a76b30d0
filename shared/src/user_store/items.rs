//! The items of the users' table. See `docs/data-model.md`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::user::{
    AuraId, AuraIdGlobal, AuthorizationId, ChannelId, Internal, Login, PhoneNumber, UserId,
};

/// How many of a person's own removed ids are remembered, so that the person can have them back at once.
const MAX_REMOVED: usize = 32;

/// `PERSON`: one customer with the latest login of each channel. Every change of a person is a change of this item.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    pub(super) user_id: UserId,
    pub(super) aura_id_global: AuraIdGlobal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) phone_number: Option<PhoneNumber>,
    /// Counts the changes; a change is stored only if nobody else made one meanwhile.
    pub(super) version: u64,
    pub(super) logins: BTreeMap<ChannelId, PersonLogin>,
    /// Digests of the person's removed ids, and until when nobody else can have them.
    #[serde(default)]
    pub(super) removed: BTreeMap<String, Timestamp>,
    /// From then on the person is unknown, unless there is another login.
    pub(super) retained_until: Timestamp,
}

/// A login as the person's item has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PersonLogin {
    pub(super) aura_id: AuraId,
    pub(super) authorization_id: AuthorizationId,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl PersonLogin {
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }

    /// When somebody else can have this id, if the login ends now or has ended by itself.
    pub(super) fn reusable_at(&self, now: Timestamp, quarantine: Duration) -> Timestamp {
        self.expires_at.min(now).plus(quarantine)
    }
}

impl Person {
    pub(super) fn login(&self, channel: &ChannelId) -> Option<Login> {
        let login = self.logins.get(channel)?;
        Some(Login {
            aura_id: login.aura_id.clone(),
            aura_id_global: self.aura_id_global.clone(),
            channel_id: channel.clone(),
            created_at: login.created_at,
            expires_at: login.expires_at,
            internal: Some(Internal {
                user_id: self.user_id.clone(),
                authorization_id: login.authorization_id.clone(),
                phone_number: self.phone_number.clone(),
            }),
        })
    }

    /// Remembers an id that was removed, and forgets those whose time has come, the oldest first.
    pub(super) fn remember_removed(&mut self, digest: String, until: Timestamp, now: Timestamp) {
        self.removed.retain(|_, until| *until > now);
        self.removed.insert(digest, until);
        while self.removed.len() > MAX_REMOVED {
            let oldest = self
                .removed
                .iter()
                .min_by_key(|(_, until)| **until)
                .map(|(digest, _)| digest.clone());
            self.removed.remove(&oldest.unwrap_or_default());
        }
    }
}

/// `LOGIN`: one login, or where `user_id` is absent the mark that its id was used until a moment ago.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoginItem {
    #[serde(flatten)]
    pub(super) login: Option<LiveLogin>,
    pub(super) reusable_at: Timestamp,
    pub(super) ttl: i64,
}

/// What a `LOGIN` item has of a login: all that a read answers with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LiveLogin {
    pub(super) user_id: UserId,
    pub(super) authorization_id: AuthorizationId,
    pub(super) aura_id: AuraId,
    pub(super) aura_id_global: AuraIdGlobal,
    pub(super) channel_id: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) phone_number: Option<PhoneNumber>,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl LoginItem {
    pub(super) fn into_login(self) -> Option<Login> {
        let live = self.login?;
        Some(Login {
            aura_id: live.aura_id,
            aura_id_global: live.aura_id_global,
            channel_id: live.channel_id,
            created_at: live.created_at,
            expires_at: live.expires_at,
            internal: Some(Internal {
                user_id: live.user_id,
                authorization_id: live.authorization_id,
                phone_number: live.phone_number,
            }),
        })
    }
}

/// `GLOBAL`: the latest login of each channel, found by the person's random id.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GlobalItem {
    pub(super) aura_id_global: AuraIdGlobal,
    pub(super) logins: BTreeMap<ChannelId, GlobalLogin>,
    pub(super) ttl: i64,
}

/// A login as the `GLOBAL` item has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GlobalLogin {
    aura_id: AuraId,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl GlobalItem {
    pub(super) fn of(person: &Person) -> Self {
        let login = |login: &PersonLogin| GlobalLogin {
            aura_id: login.aura_id.clone(),
            created_at: login.created_at,
            expires_at: login.expires_at,
        };
        Self {
            aura_id_global: person.aura_id_global.clone(),
            logins: person
                .logins
                .iter()
                .map(|(channel, found)| (channel.clone(), login(found)))
                .collect(),
            ttl: super::ttl(person.retained_until),
        }
    }

    pub(super) fn into_login(mut self, channel: &ChannelId) -> Option<Login> {
        let login = self.logins.remove(channel)?;
        Some(Login {
            aura_id: login.aura_id,
            aura_id_global: self.aura_id_global,
            channel_id: channel.clone(),
            created_at: login.created_at,
            expires_at: login.expires_at,
            internal: None,
        })
    }
}

/// A `PERSON` item as it is stored: the person, and when TTL may take it.
#[derive(Debug, Serialize)]
pub(super) struct Kept<'a> {
    #[serde(flatten)]
    pub(super) person: &'a Person,
    pub(super) ttl: i64,
}
