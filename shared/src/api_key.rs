//! APIKeys: what is inside one, how one is made, and what makes one valid (contract 2). Revocation is the gate's business.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::jwe::{self, OpenError, Purpose};
use crate::key_ring::KeyRing;

/// How far ahead `iat` may lie, for clocks that differ.
const MAX_SKEW: Duration = Duration::from_mins(1);
/// The longest life of a key.
pub const MAX_LIFE: Duration = Duration::from_hours(400 * 24);
const MAX_APP_CHARS: usize = 128;

/// Whom a key was made for: the class of endpoints it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// aura-bot and aura-groot.
    Internal,
    /// The operator's identity platform.
    Kernel,
    /// A channel or another consumer.
    Public,
}

/// Whether a key may call the operations that write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Reading operations only.
    #[serde(rename = "r")]
    Read,
    /// All operations.
    #[serde(rename = "rw")]
    ReadWrite,
}

/// The payload of an APIKey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The key's id, version 4: what logs, metrics and revocation name.
    pub jti: Uuid,
    /// The environment it is good for.
    pub env: String,
    /// `aura-bot`, `aura-groot`, `kernel`, or a channel's or consumer's name.
    pub app: String,
    /// The class of endpoints it opens.
    pub scope: Scope,
    /// Whether it may write.
    pub mode: Mode,
    /// When present, the only functions it may call.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub groups: Option<Vec<String>>,
    /// When it was made, in seconds since the Unix epoch.
    pub iat: i64,
    /// From when on it is dead, in seconds since the Unix epoch.
    pub exp: i64,
}

/// A member that is there has a value: `null` must not read as "no limit".
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Why a key is not valid. For logs and metrics only: callers get one body for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No `Authorization` header.
    #[error("missing")]
    Missing,
    /// Not `APIKEY <key>`, or given twice.
    #[error("scheme")]
    Scheme,
    /// The document does not open.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// The payload is not that of an APIKey.
    #[error("claims")]
    Claims,
    /// Made for another environment.
    #[error("environment")]
    Environment,
    /// A scope that this app cannot have.
    #[error("scope")]
    Scope,
    /// `iat` lies ahead.
    #[error("not-yet-valid")]
    NotYetValid,
    /// `exp` has passed.
    #[error("expired")]
    Expired,
    /// Made for longer than a key may live.
    #[error("lifetime")]
    Lifetime,
    /// Revoked by its id.
    #[error("revoked")]
    Revoked,
}

impl ApiKey {
    /// Seals the key under the ring's active key.
    ///
    /// # Errors
    /// When the system has no random bytes to give.
    pub fn seal(&self, ring: &KeyRing) -> Result<String, getrandom::Error> {
        let payload = serde_json::to_vec(self).unwrap_or_default();
        jwe::seal(Purpose::ApiKey, ring, &payload)
    }

    /// Opens a key; says nothing of its validity yet.
    ///
    /// # Errors
    /// [`Refusal::Open`] or [`Refusal::Claims`].
    pub fn open(ring: &KeyRing, compact: &str) -> Result<Self, Refusal> {
        let payload = jwe::open(Purpose::ApiKey, ring, compact)?;
        jwe::json_object(&payload).ok_or(Refusal::Claims)
    }

    /// Checks everything that can be checked without the revocation list.
    ///
    /// # Errors
    /// The first [`Refusal`] found.
    pub fn check(&self, environment: &str, now: Timestamp) -> Result<(), Refusal> {
        let app_is_sound =
            (1..=MAX_APP_CHARS).contains(&self.app.len()) && !self.app.contains(char::is_control);
        if self.jti.get_version_num() != 4 || !app_is_sound {
            return Err(Refusal::Claims);
        }
        if self.env != environment {
            return Err(Refusal::Environment);
        }
        if !self.scope.is_open_to(&self.app) {
            return Err(Refusal::Scope);
        }
        if Timestamp::from_secs(self.iat) > now.plus(MAX_SKEW) {
            return Err(Refusal::NotYetValid);
        }
        if Timestamp::from_secs(self.exp) <= now {
            return Err(Refusal::Expired);
        }
        let life = i128::from(self.exp) - i128::from(self.iat);
        if life <= 0 || life > i128::from(MAX_LIFE.as_secs()) {
            return Err(Refusal::Lifetime);
        }
        Ok(())
    }
}

impl Scope {
    /// Whether a key of this scope can be made for `app`.
    #[must_use]
    pub fn is_open_to(self, app: &str) -> bool {
        match self {
            Self::Internal => matches!(app, "aura-bot" | "aura-groot"),
            Self::Kernel => app == "kernel",
            Self::Public => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn key() -> ApiKey {
        ApiKey {
            jti: Uuid::new_v4(),
            env: "dev".into(),
            app: "aura-bot".into(),
            scope: Scope::Internal,
            mode: Mode::ReadWrite,
            groups: None,
            iat: NOW.secs(),
            exp: NOW.secs() + 60,
        }
    }

    #[test]
    fn limits_of_time_are_exact() {
        let cases = [
            (60, 120, Ok(())),
            (61, 120, Err(Refusal::NotYetValid)),
            (-10, 1, Ok(())),
            (-10, 0, Err(Refusal::Expired)),
            (0, 400 * 86_400, Ok(())),
            (0, 400 * 86_400 + 1, Err(Refusal::Lifetime)),
            (50, 50, Err(Refusal::Lifetime)),
            (i64::MIN, i64::MAX - NOW.secs(), Err(Refusal::Lifetime)),
        ];
        for (iat, exp, expected) in cases {
            let key = ApiKey {
                iat: NOW.secs().saturating_add(iat),
                exp: NOW.secs() + exp,
                ..key()
            };
            assert_eq!(key.check("dev", NOW), expected, "iat {iat}, exp {exp}");
        }
    }

    #[test]
    fn scope_and_app_must_match() {
        for (scope, app, good) in [
            (Scope::Internal, "aura-bot", true),
            (Scope::Internal, "aura-groot", true),
            (Scope::Internal, "kernel", false),
            (Scope::Internal, "Aura-Bot", false),
            (Scope::Kernel, "kernel", true),
            (Scope::Kernel, "aura-bot", false),
            (Scope::Public, "whatsapp", true),
        ] {
            let key = ApiKey {
                scope,
                app: app.into(),
                ..key()
            };
            assert_eq!(key.check("dev", NOW).is_ok(), good, "{scope:?} {app}");
        }
    }

    #[test]
    fn every_key_of_ours_starts_the_same() {
        let ring = KeyRing::generate("k1").unwrap();
        let sealed = key().seal(&ring).unwrap();
        assert!(
            sealed.starts_with(
                "eyJ0eXAiOiJhcGlrZXkrandlIiwiYWxnIjoiZGlyIiwiZW5jIjoiQTI1NkNCQy1IUzUxMiIs"
            ),
            "{sealed}"
        );
        assert_eq!(
            ApiKey::open(&ring, &sealed).map(|opened| opened.env),
            Ok("dev".to_owned())
        );
    }

    #[test]
    fn duplicate_or_missing_claims_are_refused() {
        let ring = KeyRing::generate("k1").unwrap();
        let good = serde_json::to_string(&key()).unwrap();
        let twice = good.replacen('{', r#"{"env":"dev","#, 1);
        for payload in [
            twice,
            good.replace(r#""mode":"rw","#, ""),
            good.replace("\"rw\"", "\"w\""),
            "[]".into(),
        ] {
            let sealed = jwe::seal(Purpose::ApiKey, &ring, payload.as_bytes()).unwrap();
            assert_eq!(
                ApiKey::open(&ring, &sealed),
                Err(Refusal::Claims),
                "{payload}"
            );
        }
    }
}
