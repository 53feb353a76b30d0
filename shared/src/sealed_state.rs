//! Callback states: what the bot seals into a login or logout link, and what makes one good (contract 4.3, 4.5).
//!
//! The callbacks have no APIKey: the state is all that vouches for whose login it is. Claims are parsed when it opens, so a state
//! that is there has sound ones. That it was never used before is the store's to tell, not this module's.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api_key::present;
use crate::clock::Timestamp;
use crate::jwe::{self, OpenError, Purpose};
use crate::key_ring::KeyRing;
use crate::user::{AuraId, ChannelId};

mod claims;

pub use claims::{CodeVerifier, Locale, Redirect};

/// How old a state may be (contract 4.3).
pub const MAX_AGE: Duration = Duration::from_mins(10);
/// How far ahead `iat` may lie, for clocks that differ (contract 4.3).
pub const MAX_SKEW: Duration = Duration::from_mins(1);

/// The payload of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SealedState {
    /// The state's id, version 4: what marks it as used.
    #[serde(deserialize_with = "version_4")]
    pub jti: Uuid,
    /// The environment it is good for.
    pub env: String,
    /// The login that is to be made or removed.
    pub aura_id: AuraId,
    /// The channel of that login.
    pub channel_id: ChannelId,
    /// When it was made, in seconds since the Unix epoch.
    pub iat: i64,
    /// The language of the page that ends the callback.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub locale: Option<Locale>,
    /// Where the browser goes in the end, if the channel allows it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub redirect: Option<Redirect>,
    /// What proves to Kernel that the code comes back to whom it was made for.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub code_verifier: Option<CodeVerifier>,
}

fn version_4<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    let id = Uuid::deserialize(deserializer)?;
    if id.get_version_num() == 4 {
        Ok(id)
    } else {
        Err(D::Error::custom("not a UUID of version 4"))
    }
}

/// Why a state is not good. For logs and the metric `states_refused{reason}` only: browsers get one message for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateRefusal {
    /// There is none, or more than one.
    #[error("missing")]
    Missing,
    /// The document does not open.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// The payload is not that of a state.
    #[error("claims")]
    Claims,
    /// Made for another environment.
    #[error("environment")]
    Environment,
    /// `iat` lies ahead.
    #[error("not-yet-valid")]
    NotYetValid,
    /// Older than [`MAX_AGE`].
    #[error("expired")]
    Expired,
    /// Made for a channel that is not known.
    #[error("channel")]
    Channel,
    /// Used before, or just now being used.
    #[error("used")]
    Used,
}

impl SealedState {
    /// A state of this second with a new id, without the optional members.
    #[must_use]
    pub fn new(environment: &str, aura_id: AuraId, channel_id: ChannelId, now: Timestamp) -> Self {
        Self {
            jti: Uuid::new_v4(),
            env: environment.to_owned(),
            aura_id,
            channel_id,
            iat: now.secs(),
            locale: None,
            redirect: None,
            code_verifier: None,
        }
    }

    /// Seals the state for `purpose`, [`Purpose::LoginState`] or [`Purpose::LogoutState`], under the state ring's active key.
    ///
    /// # Errors
    /// When the system has no random bytes to give.
    pub fn seal(&self, purpose: Purpose, ring: &KeyRing) -> Result<String, getrandom::Error> {
        let payload = serde_json::to_vec(self).unwrap_or_default();
        jwe::seal(purpose, ring, &payload)
    }

    /// Opens a state made for `purpose` under the state ring; says nothing of its age and environment yet.
    ///
    /// # Errors
    /// [`StateRefusal::Open`] or [`StateRefusal::Claims`].
    pub fn open(purpose: Purpose, ring: &KeyRing, compact: &str) -> Result<Self, StateRefusal> {
        let payload = jwe::open(purpose, ring, compact)?;
        jwe::json_object(&payload).ok_or(StateRefusal::Claims)
    }

    /// Checks everything that can be checked without the store.
    ///
    /// # Errors
    /// The first [`StateRefusal`] found.
    pub fn check(&self, environment: &str, now: Timestamp) -> Result<(), StateRefusal> {
        if self.env != environment {
            return Err(StateRefusal::Environment);
        }
        if Timestamp::from_secs(self.iat) > now.plus(MAX_SKEW) {
            return Err(StateRefusal::NotYetValid);
        }
        if self.expires() < now {
            return Err(StateRefusal::Expired);
        }
        Ok(())
    }

    /// The last instant at which it is good.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        Timestamp::from_secs(self.iat).plus(MAX_AGE)
    }
}

#[cfg(test)]
#[path = "sealed_state_tests.rs"]
mod tests;
