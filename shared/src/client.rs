//! The clients of Copilot Connect (contract 5): makers' servers, each with an id and a secret of which only a digest is kept.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::user::AuraId;

/// The longest secret that is looked at, in bytes: ours have 43.
const MAX_SECRET_BYTES: usize = 1024;
const SECRET_BYTES: usize = 32;
/// As many characters as in the product's own example of an id.
const ID_CHARS: usize = 13;
/// Stands for the digest of a client that is not there: no secret is known that has it.
const NOBODYS: [u8; 32] = [0; 32];

/// The id of a client: 1 to 64 characters of `A-Z a-z 0-9 . _ -`, and so without the colon that separates it from its secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// What it must be, for people.
    pub const RULE: &'static str = "1 to 64 characters of A-Z a-z 0-9 . _ -";

    /// The id in this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let good = (1..=64).contains(&text.len()) && text.bytes().all(fits);
        good.then(|| Self(text.to_owned()))
    }

    /// A new random one, in capitals and digits.
    #[must_use]
    pub fn random() -> Self {
        let id = AuraId::random().as_str().replace('-', "");
        Self(id[..ID_CHARS].to_ascii_uppercase())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or(Self::RULE)
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

/// A client's secret. It has no `Debug`.
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// A new one: 32 random bytes in base64url.
    ///
    /// # Errors
    /// When the system has no random bytes to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes))))
    }

    /// The secret as text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Who a request says it comes from, by HTTP's Basic scheme (RFC 7617): split at the first colon.
pub struct BasicCredentials {
    /// The client.
    pub id: ClientId,
    /// What it says is its secret.
    pub secret: ClientSecret,
}

impl BasicCredentials {
    /// The credentials after `Basic `, in base64 with its padding.
    #[must_use]
    pub fn parse(encoded: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(encoded).ok()?);
        let (id, secret) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        if secret.is_empty() || secret.len() > MAX_SECRET_BYTES {
            return None;
        }
        Some(Self {
            id: ClientId::parse(id)?,
            secret: ClientSecret(Zeroizing::new(secret.to_owned())),
        })
    }

    /// What goes after `Basic `.
    #[must_use]
    pub fn encode(&self) -> String {
        STANDARD.encode(format!("{}:{}", self.id.as_str(), self.secret.expose()))
    }
}

/// What is kept of a client's secret: HMAC-SHA-256 under the pepper, in base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretDigest(String);

/// Makes and compares digests of secrets, under a key that is in no table. A secret is random, so that one HMAC is enough.
#[derive(Clone)]
pub struct Pepper(Hmac<Sha256>);

impl Pepper {
    /// The pepper with this key.
    #[must_use]
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(key).ok().map(Self)
    }

    /// What is kept of this secret.
    #[must_use]
    pub fn digest(&self, secret: &ClientSecret) -> SecretDigest {
        let digest = self.mac(secret).finalize().into_bytes();
        SecretDigest(URL_SAFE_NO_PAD.encode(digest))
    }

    /// Whether this is the secret of the client whose digest was `kept`, in the same time for one that there is not.
    #[must_use]
    pub fn is_secret_of(&self, secret: &ClientSecret, kept: Option<&SecretDigest>) -> bool {
        let nobodys = SecretDigest(URL_SAFE_NO_PAD.encode(NOBODYS));
        let known = kept.is_some();
        let kept = URL_SAFE_NO_PAD.decode(&kept.unwrap_or(&nobodys).0);
        let same = self.mac(secret).verify_slice(&kept.unwrap_or_default());
        same.is_ok() && known
    }

    fn mac(&self, secret: &ClientSecret) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(secret.expose().as_bytes());
        mac
    }
}

/// Nothing of it.
impl std::fmt::Debug for Pepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pepper")
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
