//! Signs and verifies JWTs (RFC 7519) with `jsonwebtoken` on ring: the backends it brings are aws-lc, which gathers entropy for
//! 45 ms of processor time, and a second set of everything that ring has. Only the algorithms of this bundle are there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Serialize;

mod hs256;
mod published;

/// The signers and verifiers by algorithm; no other algorithm can be chosen by a document. What is published is verified by others.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| signer(*algorithm, key),
    verifier_factory: |algorithm, key| verifier(*algorithm, key),
    key_utils: KeyUtils::new_unimplemented(),
};

/// The claims as a signed document.
///
/// # Errors
/// When the key does not fit the header's algorithm.
pub(crate) fn encode(
    header: &Header,
    claims: &impl Serialize,
    key: &EncodingKey,
) -> Result<String> {
    install();
    jsonwebtoken::encode(header, claims, key)
}

/// A document in its three parts, of which nothing is vouched for yet.
pub(crate) struct Jws<'a> {
    /// The header as it came; its algorithm is a word of the sender's.
    pub(crate) header_json: Vec<u8>,
    header: Header,
    /// The header and the payload as they were signed.
    message: &'a str,
    payload: Vec<u8>,
    signature: &'a str,
}

impl<'a> Jws<'a> {
    /// The parts of a compact serialisation (RFC 7515 3.1): exactly three, in base64url without padding or spare bits.
    pub(crate) fn split(compact: &'a str) -> Option<Self> {
        let (message, signature) = compact.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        if payload.contains('.') {
            return None;
        }
        Some(Self {
            header_json: URL_SAFE_NO_PAD.decode(header).ok()?,
            header: jsonwebtoken::decode_header(compact).ok()?,
            message,
            payload: URL_SAFE_NO_PAD.decode(payload).ok()?,
            signature,
        })
    }

    /// The payload, if HMAC-SHA-256 under this key made the signature (RFC 7518 3.2), compared in constant time.
    pub(crate) fn verified(&self, key: &DecodingKey) -> Option<&[u8]> {
        install();
        let (signature, message) = (self.signature, self.message.as_bytes());
        let good = self.header.alg == Algorithm::HS256
            && jsonwebtoken::crypto::verify(signature, message, key, Algorithm::HS256)
                .unwrap_or(false);
        good.then_some(&self.payload)
    }
}

/// The library asks a provider of the whole process; whichever came first stays.
fn install() {
    let _ = PROVIDER.install_default();
}

fn signer(algorithm: Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    match algorithm {
        Algorithm::HS256 => Ok(hs256::signer(key)),
        Algorithm::RS256 => published::rs256(key),
        Algorithm::ES256 => published::es256(key),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    match algorithm {
        Algorithm::HS256 => hs256::verifier(key),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

#[cfg(test)]
#[path = "jwt_vectors.rs"]
mod vectors;
