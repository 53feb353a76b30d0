//! Keyed digests: how the store knows an id or a number without holding it in a key (HMAC-SHA-256, RFC 2104).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The shortest key, in bytes: as long as the digest (RFC 2104, section 3).
const KEY_BYTES: usize = 32;

/// Makes digests under one secret key, with its schedule done once.
#[derive(Clone)]
pub struct Digester(Hmac<Sha256>);

/// The secret is not 32 bytes in base64url.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the digest key must be 32 bytes in base64url without padding")]
pub struct BadDigestKey;

impl Digester {
    /// Parses the secret's text.
    ///
    /// # Errors
    /// [`BadDigestKey`], which does not quote it.
    pub fn parse(text: &str) -> Result<Self, BadDigestKey> {
        let key = Zeroizing::new(
            URL_SAFE_NO_PAD
                .decode(text.trim())
                .map_err(|_| BadDigestKey)?,
        );
        if key.len() != KEY_BYTES {
            return Err(BadDigestKey);
        }
        Hmac::new_from_slice(&key)
            .map(Self)
            .map_err(|_| BadDigestKey)
    }

    /// A new random key as the secret's text.
    ///
    /// # Errors
    /// When the system has no random bytes to give.
    pub fn generate() -> Result<Zeroizing<String>, getrandom::Error> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *key)?;
        Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*key)))
    }

    /// The digest of `value` as a `kind`, 43 characters of base64url: equal values of different kinds have nothing in common.
    #[must_use]
    pub fn digest(&self, kind: &str, value: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for Digester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digester")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_depend_on_key_kind_and_value() {
        let [one, two] = [(); 2].map(|()| Digester::parse(&Digester::generate().unwrap()).unwrap());
        let digest = one.digest("login", "a");
        assert_eq!(digest.len(), 43);
        assert_eq!(digest, one.digest("login", "a"));
        for other in [
            one.digest("login", "b"),
            one.digest("number", "a"),
            two.digest("login", "a"),
        ] {
            assert_ne!(digest, other);
        }
    }

    #[test]
    fn short_and_garbled_keys_are_refused() {
        for bad in ["", "AAAA", "not base64!", &"A".repeat(44)] {
            assert!(Digester::parse(bad).is_err(), "{bad}");
        }
    }
}
