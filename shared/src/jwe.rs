//! Encrypted documents: JWE compact serialisation (RFC 7516), `alg` `dir`, `enc` `A256CBC-HS512` (RFC 7518 5.2), and nothing else.
//!
//! What a document is for stands in its protected header's `typ`, so that an APIKey is never taken for a callback state.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::key_ring::KeyRing;

mod cipher;

use cipher::{IV_BYTES, TAG_BYTES, decrypt, encrypt};
pub(crate) use cipher::{TagMac, tag_mac};

/// The longest document that is looked at, in bytes; a longer one is malformed.
pub const MAX_BYTES: usize = 8 * 1024;

/// What a document is for: the `typ` of its protected header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An APIKey (contract 2).
    ApiKey,
    /// The state of a login callback (contract 4.3).
    LoginState,
    /// The state of a logout callback (contract 4.5).
    LogoutState,
}

impl Purpose {
    /// The header's `typ`.
    #[must_use]
    pub const fn typ(self) -> &'static str {
        match self {
            Self::ApiKey => "apikey+jwe",
            Self::LoginState => "login-state+jwe",
            Self::LogoutState => "logout-state+jwe",
        }
    }
}

/// Why a document does not open. For logs and metrics; callers are told one thing for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not five parts of unpadded base64url with the sizes that the algorithm fixes.
    #[error("malformed")]
    Malformed,
    /// The header is not exactly `typ`, `alg`, `enc`, `kid` with the values expected here.
    #[error("header")]
    Header,
    /// Made under a key that is not on the ring (any more).
    #[error("unknown-kid")]
    UnknownKid,
    /// The tag does not fit. Nothing was decrypted.
    #[error("tag")]
    Tag,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    #[serde(borrow)]
    typ: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    alg: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    enc: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    kid: std::borrow::Cow<'a, str>,
}

/// Encrypts `plaintext` for `purpose` under the ring's active key.
///
/// # Errors
/// When the system has no random bytes to give.
pub fn seal(
    purpose: Purpose,
    ring: &KeyRing,
    plaintext: &[u8],
) -> Result<String, getrandom::Error> {
    let (kid, key) = ring.active();
    let mut iv = [0; IV_BYTES];
    getrandom::fill(&mut iv)?;
    // Key ids need no escaping in JSON (see `KeyRing`), so the header can be written as it stands.
    let header = format!(
        r#"{{"typ":"{}","alg":"dir","enc":"A256CBC-HS512","kid":"{kid}"}}"#,
        purpose.typ()
    );
    let header = URL_SAFE_NO_PAD.encode(header);
    let (ciphertext, tag) = encrypt(key, &iv, header.as_bytes(), plaintext);
    let [iv, ciphertext, tag] =
        [&iv[..], &ciphertext, &tag].map(|part| URL_SAFE_NO_PAD.encode(part));
    Ok(format!("{header}..{iv}.{ciphertext}.{tag}"))
}

/// Opens a document made for `purpose` under any key of the ring and returns its plaintext.
///
/// # Errors
/// [`OpenError`]: why not. The tag is compared in constant time, and before anything is decrypted.
pub fn open(purpose: Purpose, ring: &KeyRing, compact: &str) -> Result<Vec<u8>, OpenError> {
    let parts = Parts::split(compact).ok_or(OpenError::Malformed)?;
    let header_json = URL_SAFE_NO_PAD
        .decode(parts.header)
        .map_err(|_| OpenError::Malformed)?;
    let header: Header<'_> = json_object(&header_json).ok_or(OpenError::Header)?;
    if header.typ != purpose.typ() || header.alg != "dir" || header.enc != "A256CBC-HS512" {
        return Err(OpenError::Header);
    }
    let key = ring.key(&header.kid).ok_or(OpenError::UnknownKid)?;
    decrypt(
        key,
        &parts.iv,
        parts.header.as_bytes(),
        &parts.ciphertext,
        &parts.tag,
    )
    .ok_or(OpenError::Tag)
}

/// The key id in a document's header, without any check: for people who inspect a document that does not open.
#[must_use]
pub fn claimed_kid(compact: &str) -> Option<String> {
    let header = URL_SAFE_NO_PAD.decode(compact.split('.').next()?).ok()?;
    let header: Header<'_> = json_object(&header)?;
    Some(header.kid.into_owned())
}

/// A JSON object as `T`, each member once. (serde alone would take an array of the values, too.)
#[must_use]
pub fn json_object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    let object = json.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if object {
        serde_json::from_slice(json).ok()
    } else {
        None
    }
}

struct Parts<'a> {
    header: &'a str,
    iv: [u8; IV_BYTES],
    ciphertext: Vec<u8>,
    tag: [u8; TAG_BYTES],
}

impl<'a> Parts<'a> {
    fn split(compact: &'a str) -> Option<Self> {
        if compact.len() > MAX_BYTES {
            return None;
        }
        let mut parts = compact.split('.');
        let (header, encrypted_key) = (parts.next()?, parts.next()?);
        let [iv, ciphertext, tag] = [parts.next()?, parts.next()?, parts.next()?];
        if parts.next().is_some() || !encrypted_key.is_empty() {
            return None; // with `dir` the encrypted key is the empty string (RFC 7518 4.5)
        }
        let ciphertext = URL_SAFE_NO_PAD.decode(ciphertext).ok()?;
        if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(16) {
            return None;
        }
        let iv = URL_SAFE_NO_PAD.decode(iv).ok()?.try_into().ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?.try_into().ok()?;
        Some(Self {
            header,
            iv,
            ciphertext,
            tag,
        })
    }
}

#[cfg(test)]
#[path = "jwe_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "jwe_vectors.rs"]
mod vectors;
