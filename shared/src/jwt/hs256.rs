//! HS256 (RFC 7518 3.2): HMAC-SHA-256 under a secret that signs and verifies.

use jsonwebtoken::crypto::{JwtSigner, JwtVerifier};
use jsonwebtoken::errors::Result;
use jsonwebtoken::signature::{Error as NotGood, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use ring::hmac::{HMAC_SHA256, Key, sign, verify};

struct Hs256(Key);

pub(super) fn signer(key: &EncodingKey) -> Box<dyn JwtSigner> {
    Box::new(Hs256(Key::new(HMAC_SHA256, key.as_bytes())))
}

pub(super) fn verifier(key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let secret = key.try_get_as_bytes()?;
    Ok(Box::new(Hs256(Key::new(HMAC_SHA256, secret))))
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, NotGood> {
        Ok(sign(&self.0, message).as_ref().to_vec())
    }
}

/// ring compares in constant time.
impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), NotGood> {
        verify(&self.0, message, signature).map_err(|_| NotGood::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}
