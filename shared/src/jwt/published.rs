//! RS256 and ES256 (RFC 7518 3.3, 3.4): made with the private keys whose public parts everybody can read.

use jsonwebtoken::crypto::JwtSigner;
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error as NotSigned, Signer};
use jsonwebtoken::{Algorithm, EncodingKey};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};

pub(super) fn rs256(key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    let pair = RsaKeyPair::from_pkcs8(key.as_bytes()).map_err(|_| unfit())?;
    Ok(Box::new(Rs256(pair)))
}

pub(super) fn es256(key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    let (pkcs8, random) = (key.as_bytes(), SystemRandom::new());
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &random);
    Ok(Box::new(Es256(pair.map_err(|_| unfit())?, random)))
}

/// ring says why; the library's error has no place for it, and a key was checked when it was read.
fn unfit() -> ErrorKind {
    ErrorKind::InvalidKeyFormat
}

struct Rs256(RsaKeyPair);

impl Signer<Vec<u8>> for Rs256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, NotSigned> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let random = SystemRandom::new();
        let signed = (self.0).sign(&RSA_PKCS1_SHA256, &random, message, &mut signature);
        signed.map(|()| signature).map_err(|_| NotSigned::new())
    }
}

impl JwtSigner for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

struct Es256(EcdsaKeyPair, SystemRandom);

impl Signer<Vec<u8>> for Es256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, NotSigned> {
        let signed = self.0.sign(&self.1, message);
        let signature = signed.map_err(|_| NotSigned::new())?;
        Ok(signature.as_ref().to_vec())
    }
}

impl JwtSigner for Es256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}
