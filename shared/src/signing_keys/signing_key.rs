//! One private key with its public part. It has no `Serialize`: only the whole secret is ever written.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair};
use serde::Serialize;

use super::SigningKeysError;
use crate::jwk::{PublicJwk, SigningAlgorithm};
use crate::jwt;

/// A key to sign with. What it keeps is wiped when it goes.
pub struct SigningKey {
    public: PublicJwk,
    key: EncodingKey,
}

impl SigningKey {
    /// The key in this DER (PKCS#8, RFC 5958); `None` when it is not one of this algorithm, of the required size, or its parts
    /// do not belong together.
    #[must_use]
    pub fn from_pkcs8(algorithm: SigningAlgorithm, der: &[u8]) -> Option<Self> {
        let (public, key) = match algorithm {
            SigningAlgorithm::Rs256 => (rsa_public(der)?, EncodingKey::from_rsa_der(der)),
            SigningAlgorithm::Es256 => (p256_public(der)?, EncodingKey::from_ec_der(der)),
        };
        Some(Self { public, key })
    }

    /// The key's id: the thumbprint of its public part.
    #[must_use]
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.public.algorithm()
    }

    /// The public part.
    #[must_use]
    pub fn public_jwk(&self) -> &PublicJwk {
        &self.public
    }

    /// The claims as a JWT with `typ`, `alg` and `kid` in its header.
    ///
    /// # Errors
    /// [`SigningKeysError::Failed`], which a key that was parsed does not come to.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, SigningKeysError> {
        let algorithm = match self.algorithm() {
            SigningAlgorithm::Rs256 => Algorithm::RS256,
            SigningAlgorithm::Es256 => Algorithm::ES256,
        };
        let header = Header {
            kid: Some(self.kid().to_owned()),
            ..Header::new(algorithm)
        };
        jwt::encode(&header, claims, &self.key).map_err(|_| SigningKeysError::Failed)
    }

    pub(super) fn pkcs8(&self) -> &[u8] {
        self.key.as_bytes()
    }
}

fn rsa_public(der: &[u8]) -> Option<PublicJwk> {
    let pair = RsaKeyPair::from_pkcs8(der).ok()?;
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public());
    PublicJwk::rsa(&n, &e).ok()
}

fn p256_public(der: &[u8]) -> Option<PublicJwk> {
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &random).ok()?;
    PublicJwk::p256(pair.public_key().as_ref()).ok()
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}
