//! The private signing keys: `{"current": kid or null, "keys": {kid: {"alg", "pkcs8": base64url of DER}}}`, one secret.
//!
//! Which of them are public, and since when, is control data: the function that publishes them cannot read this secret.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::jwk::{PublicJwk, SigningAlgorithm};

#[cfg(feature = "make-keys")]
mod generate;
mod signing_key;

pub use signing_key::SigningKey;

/// The longest life of what is signed: a client assertion (contract 4.17). A key must stay public for so long after its last
/// signature.
pub const LONGEST_SIGNED_LIFE: Duration = Duration::from_mins(1);

/// The length of a key's id: 32 bytes in base64url.
const KID_CHARS: usize = 43;

/// What is wrong with signing keys. Never quotes a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeysError {
    /// Not JSON of the documented form.
    #[error(
        "not signing keys: {{\"current\": kid or null, \"keys\": {{kid: {{\"alg\": RS256 or ES256, \"pkcs8\": base64url}}}}}} is expected"
    )]
    Malformed,
    /// Not a private key of its algorithm.
    #[error(
        "key {0} is not a private key in PKCS#8: RSA of 3072 bits or more for RS256, P-256 for ES256"
    )]
    Key(String),
    /// The id is not the thumbprint of the key's own public part.
    #[error("the id of key {0} is not its thumbprint")]
    Kid(String),
    /// The current key is not among the keys.
    #[error("the current key {0} is not among the signing keys")]
    Current(String),
    /// There is no such key.
    #[error("there is no signing key {0}")]
    Unknown(String),
    /// The current key cannot be dropped.
    #[error("key {0} is the current one: promote another one first")]
    StillCurrent(String),
    /// A key could not be made, or nothing could be signed with it.
    #[error("the cryptography failed")]
    Failed,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    current: Option<String>,
    keys: BTreeMap<String, KeyDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyDocument {
    alg: SigningAlgorithm,
    pkcs8: Zeroizing<String>,
}

/// The parsed keys: the current one, where there is one, is always among them.
#[derive(Default)]
pub struct SigningKeys {
    current: Option<String>,
    keys: BTreeMap<String, SigningKey>,
}

impl SigningKeys {
    /// Parses the secret's text, and checks every key.
    ///
    /// # Errors
    /// [`SigningKeysError`], which never quotes a key.
    pub fn parse(text: &str) -> Result<Self, SigningKeysError> {
        let document: Document =
            serde_json::from_str(text).map_err(|_| SigningKeysError::Malformed)?;
        let mut keys = BTreeMap::new();
        for (kid, key) in document.keys {
            if !is_kid(&kid) {
                return Err(SigningKeysError::Malformed);
            }
            let key = key
                .parse()
                .ok_or_else(|| SigningKeysError::Key(kid.clone()))?;
            if key.kid() != kid {
                return Err(SigningKeysError::Kid(kid));
            }
            keys.insert(kid, key);
        }
        match document.current {
            Some(kid) if !is_kid(&kid) => Err(SigningKeysError::Malformed),
            Some(kid) if !keys.contains_key(&kid) => Err(SigningKeysError::Current(kid)),
            current => Ok(Self { current, keys }),
        }
    }

    /// The secret's text.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let keys = self.keys.iter().map(|(kid, key)| {
            let document = KeyDocument {
                alg: key.algorithm(),
                pkcs8: Zeroizing::new(URL_SAFE_NO_PAD.encode(key.pkcs8())),
            };
            (kid.clone(), document)
        });
        let document = Document {
            current: self.current.clone(),
            keys: keys.collect(),
        };
        Zeroizing::new(serde_json::to_string(&document).unwrap_or_default())
    }

    /// The key to sign with; none until the first one is promoted.
    #[must_use]
    pub fn current(&self) -> Option<&SigningKey> {
        self.keys.get(self.current.as_ref()?)
    }

    /// The key with this id.
    #[must_use]
    pub fn key(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.get(kid)
    }

    /// The public part of the key with this id.
    #[must_use]
    pub fn public_jwk(&self, kid: &str) -> Option<&PublicJwk> {
        self.keys.get(kid).map(SigningKey::public_jwk)
    }

    /// All keys, by id.
    pub fn keys(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.values()
    }

    /// Adds a key, which is not current yet.
    pub fn add(&mut self, key: SigningKey) {
        self.keys.insert(key.kid().to_owned(), key);
    }

    /// Makes a key the one to sign with.
    ///
    /// # Errors
    /// An id that is not among the keys.
    pub fn promote(&mut self, kid: &str) -> Result<(), SigningKeysError> {
        if !self.keys.contains_key(kid) {
            return Err(SigningKeysError::Unknown(kid.to_owned()));
        }
        self.current = Some(kid.to_owned());
        Ok(())
    }

    /// Drops a key that is not current.
    ///
    /// # Errors
    /// An id that is not among the keys, or the current one.
    pub fn drop_key(&mut self, kid: &str) -> Result<(), SigningKeysError> {
        if self.current.as_deref() == Some(kid) {
            return Err(SigningKeysError::StillCurrent(kid.to_owned()));
        }
        let dropped = self.keys.remove(kid).map(drop);
        dropped.ok_or_else(|| SigningKeysError::Unknown(kid.to_owned()))
    }
}

impl KeyDocument {
    fn parse(&self) -> Option<SigningKey> {
        let der = Zeroizing::new(URL_SAFE_NO_PAD.decode(self.pkcs8.as_bytes()).ok()?);
        SigningKey::from_pkcs8(self.alg, &der)
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeys").finish_non_exhaustive()
    }
}

/// Whether this is an id by its form: then it can be named in an error.
fn is_kid(kid: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    kid.len() == KID_CHARS && kid.bytes().all(fits)
}

#[cfg(test)]
#[path = "signing_keys_tests.rs"]
mod tests;
