//! New signing keys, for the operators' command line and the dev server: ring makes no RSA keys, and no Lambda makes any.

use getrandom::SysRng;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use rsa::rand_core::UnwrapErr;

use super::{SigningKey, SigningKeysError};
use crate::jwk::{MIN_RSA_BITS, SigningAlgorithm};

impl SigningKey {
    /// A new key. One for RS256 takes a third of a second, now and then a whole one.
    ///
    /// # Errors
    /// [`SigningKeysError::Failed`] when the system has no random bytes to give.
    pub fn generate(algorithm: SigningAlgorithm) -> Result<Self, SigningKeysError> {
        loop {
            let key = match algorithm {
                SigningAlgorithm::Rs256 => rsa(),
                SigningAlgorithm::Es256 => p256(),
            };
            let key = key.ok_or(SigningKeysError::Failed)?;
            // One in 64 ids would be taken for an option on a command line.
            if !key.kid().starts_with('-') {
                return Ok(key);
            }
        }
    }
}

fn rsa() -> Option<SigningKey> {
    // The library takes a source that cannot fail; one that has just worked is as good.
    getrandom::fill(&mut [0; 32]).ok()?;
    let key = RsaPrivateKey::new(&mut UnwrapErr(SysRng), MIN_RSA_BITS).ok()?;
    let der = key.to_pkcs8_der().ok()?;
    SigningKey::from_pkcs8(SigningAlgorithm::Rs256, der.as_bytes())
}

fn p256() -> Option<SigningKey> {
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).ok()?;
    SigningKey::from_pkcs8(SigningAlgorithm::Es256, der.as_ref())
}
