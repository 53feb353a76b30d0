//! Signs JWTs (RFC 7519) with `jsonwebtoken` on ring: the backends it brings are aws-lc, which gathers entropy for 45 ms of
//! processor time, and a second set of everything that ring has. Only the algorithms of this bundle are there.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error as NotSigned, Signer};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde::Serialize;

/// The signers by algorithm. Nothing is verified here yet, and no other algorithm can be chosen by a document.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| signer(*algorithm, key),
    verifier_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
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
    // The library asks a provider of the whole process; whichever came first stays.
    let _ = PROVIDER.install_default();
    jsonwebtoken::encode(header, claims, key)
}

fn signer(algorithm: Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    let pkcs8 = key.as_bytes();
    match algorithm {
        Algorithm::RS256 => {
            let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| unfit())?;
            Ok(Box::new(Rs256(pair)))
        }
        Algorithm::ES256 => {
            let random = SystemRandom::new();
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &random);
            Ok(Box::new(Es256(pair.map_err(|_| unfit())?, random)))
        }
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
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
