//! Key rings: `{"active": kid, "keys": {kid: base64url(64 random bytes)}}` (contract 2), one secret each, rotated by adding and dropping keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::clock::Timestamp;

pub mod kid;
mod ring_key;

pub use ring_key::{KEY_BYTES, RingKey};

const MAX_KID_CHARS: usize = 64;

/// Why a text is not a key ring. Never quotes the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// Not JSON of the documented form.
    #[error(
        "not a key ring: {{\"active\": kid, \"keys\": {{kid: base64url of 64 bytes}}}} is expected"
    )]
    Malformed,
    /// A key id that is not 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
    #[error("a key id must be 1 to 64 characters of A-Z a-z 0-9 . _ -")]
    Kid,
    /// A key that is not 64 bytes in base64url.
    #[error("key {0} is not 64 bytes in base64url without padding")]
    Key(String),
    /// The active key is not on the ring.
    #[error("the active key {0} is not on the ring")]
    Active(String),
    /// The key is already on the ring.
    #[error("key {0} is already on the ring")]
    Duplicate(String),
    /// The key is not on the ring.
    #[error("key {0} is not on the ring")]
    Unknown(String),
    /// The active key cannot be dropped.
    #[error("key {0} is active: make another one active first")]
    StillActive(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RingDocument {
    active: String,
    keys: BTreeMap<String, Zeroizing<String>>,
}

/// A parsed ring: its active key is always on it.
#[derive(Clone)]
pub struct KeyRing {
    active: String,
    keys: BTreeMap<String, RingKey>,
}

impl KeyRing {
    /// Parses the secret's text.
    ///
    /// # Errors
    /// [`RingError`], which never quotes a key.
    pub fn parse(text: &str) -> Result<Self, RingError> {
        let document: RingDocument =
            serde_json::from_str(text).map_err(|_| RingError::Malformed)?;
        let mut keys = BTreeMap::new();
        for (kid, text) in document.keys {
            check_kid(&kid)?;
            let key = RingKey::parse(&text).ok_or_else(|| RingError::Key(kid.clone()))?;
            keys.insert(kid, key);
        }
        if !keys.contains_key(&document.active) {
            return Err(RingError::Active(document.active));
        }
        Ok(Self {
            active: document.active,
            keys,
        })
    }

    /// A new ring with one random key, which is active.
    ///
    /// # Errors
    /// When the system has no random bytes to give.
    pub fn generate(kid: &str) -> Result<Self, getrandom::Error> {
        let keys = BTreeMap::from([(kid.to_owned(), RingKey::random()?)]);
        Ok(Self {
            active: kid.to_owned(),
            keys,
        })
    }

    /// The secret's text.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let keys = self
            .keys
            .iter()
            .map(|(kid, key)| (kid.clone(), key.text.clone()))
            .collect();
        let document = RingDocument {
            active: self.active.clone(),
            keys,
        };
        Zeroizing::new(serde_json::to_string(&document).unwrap_or_default())
    }

    /// The key that new documents are made under, with its id.
    #[must_use]
    pub fn active(&self) -> (&str, &RingKey) {
        (&self.active, &self.keys[&self.active])
    }

    /// When the active key was made; `None` when its id does not tell.
    #[must_use]
    pub fn active_since(&self) -> Option<Timestamp> {
        kid::added_at(&self.active)
    }

    /// The key with this id.
    #[must_use]
    pub fn key(&self, kid: &str) -> Option<&RingKey> {
        self.keys.get(kid)
    }

    /// The ids of all keys, in order.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// Adds a random key, which is not active yet.
    ///
    /// # Errors
    /// A bad or known id, or no random bytes.
    pub fn add(&mut self, kid: &str) -> Result<(), RingError> {
        check_kid(kid)?;
        if self.keys.contains_key(kid) {
            return Err(RingError::Duplicate(kid.to_owned()));
        }
        let key = RingKey::random().map_err(|_| RingError::Key(kid.to_owned()))?;
        self.keys.insert(kid.to_owned(), key);
        Ok(())
    }

    /// Makes a key of the ring the active one.
    ///
    /// # Errors
    /// An id that is not on the ring.
    pub fn activate(&mut self, kid: &str) -> Result<(), RingError> {
        if !self.keys.contains_key(kid) {
            return Err(RingError::Unknown(kid.to_owned()));
        }
        kid.clone_into(&mut self.active);
        Ok(())
    }

    /// Drops a key that is not active: everything made under it dies within one refresh.
    ///
    /// # Errors
    /// An id that is not on the ring, or the active one.
    pub fn drop_key(&mut self, kid: &str) -> Result<(), RingError> {
        if self.active == kid {
            return Err(RingError::StillActive(kid.to_owned()));
        }
        self.keys
            .remove(kid)
            .map(|_| ())
            .ok_or_else(|| RingError::Unknown(kid.to_owned()))
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing")
            .field("active", &self.active)
            .finish_non_exhaustive()
    }
}

fn check_kid(kid: &str) -> Result<(), RingError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let good = (1..=MAX_KID_CHARS).contains(&kid.len()) && kid.chars().all(fits);
    if good { Ok(()) } else { Err(RingError::Kid) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_keeps_the_active_key() {
        let mut ring = KeyRing::generate("k1").unwrap();
        ring.add("k2").unwrap();
        let again = KeyRing::parse(&ring.to_json()).unwrap();
        assert_eq!(again.active().0, "k1");
        assert_eq!(again.kids().collect::<Vec<_>>(), ["k1", "k2"]);
    }

    #[test]
    fn the_active_key_cannot_be_dropped() {
        let mut ring = KeyRing::generate("k1").unwrap();
        ring.add("k2").unwrap();
        assert_eq!(
            ring.drop_key("k1"),
            Err(RingError::StillActive("k1".into()))
        );
        ring.activate("k2").unwrap();
        ring.drop_key("k1").unwrap();
        assert!(ring.key("k1").is_none());
    }

    #[test]
    fn malformed_rings_are_refused_without_quoting_a_key() {
        let short = r#"{"active":"a","keys":{"a":"c2VjcmV0"}}"#;
        let error = KeyRing::parse(short).unwrap_err();
        assert_eq!(error, RingError::Key("a".into()));
        assert!(!error.to_string().contains("c2VjcmV0"));
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"active":"a","keys":{}}"#,
            r#"{"active":"a","keys":{"a b":"x"}}"#,
        ] {
            assert!(KeyRing::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_age_of_the_active_key_is_known_by_its_id() {
        let now = Timestamp::from_secs(1_795_363_920);
        let mut ring = KeyRing::generate(&kid::make(now)).unwrap();
        assert_eq!(ring.active_since(), Some(now));
        ring.add("by-hand").unwrap();
        ring.activate("by-hand").unwrap();
        assert_eq!(ring.active_since(), None);
    }

    #[test]
    fn debug_shows_no_key() {
        let ring = KeyRing::generate("k1").unwrap();
        assert_eq!(format!("{ring:?}"), r#"KeyRing { active: "k1", .. }"#);
    }
}
