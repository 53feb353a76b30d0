//! The secrets of one role, ready to sign and to verify.

use jsonwebtoken::{DecodingKey, EncodingKey};

use super::document::{Pair, SecretsError, Text, decoded};
use crate::clock::Timestamp;

/// One secret.
pub(super) struct Key {
    pub(super) signing: EncodingKey,
    pub(super) verifying: DecodingKey,
}

/// The current one, since when it has been that, and the previous one.
pub(super) struct Keys {
    pub(super) current: Key,
    pub(super) since: Timestamp,
    pub(super) previous: Option<Key>,
}

impl Keys {
    /// Those of this part of the document.
    pub(super) fn of(pair: &Pair) -> Result<Self, SecretsError> {
        let previous = pair.previous.as_ref();
        Ok(Self {
            current: Key::of(&pair.current)?,
            since: pair.since,
            previous: previous.map(Key::of).transpose()?,
        })
    }
}

impl Key {
    fn of(text: &Text) -> Result<Self, SecretsError> {
        let bytes = decoded(text)?;
        Ok(Self {
            signing: EncodingKey::from_secret(&bytes),
            verifying: DecodingKey::from_secret(&bytes),
        })
    }
}
