//! Public keys as JWK (RFC 7517), in a type that has no place for a private member: what cannot be held cannot be published.

use serde::{Deserialize, Serialize};

mod members;
mod set;

use members::Members;
pub use set::JwkSet;

/// The smallest RSA modulus, in bits (contract 4.12).
pub const MIN_RSA_BITS: usize = 3072;

/// What a key signs with (RFC 7518 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
}

impl SigningAlgorithm {
    /// Its name in `alg`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// Why something is not a public key of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not an RSA key of the documented form.
    #[error(
        "an RSA key must have an odd modulus of {MIN_RSA_BITS} bits or more, without leading zeros, and the exponent 65537"
    )]
    Rsa,
    /// Not a P-256 key of the documented form.
    #[error("an EC key must be an uncompressed point of P-256")]
    Ec,
    /// The key's id is not its thumbprint.
    #[error("a key's id must be its thumbprint (RFC 7638)")]
    Kid,
}

/// A public key that signatures are checked with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Members")]
pub struct PublicJwk(Members);

impl PublicJwk {
    /// The RSA key with this modulus and exponent, big-endian.
    ///
    /// # Errors
    /// [`JwkError::Rsa`].
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, JwkError> {
        Self::try_from(Members::rsa(modulus, exponent))
    }

    /// The P-256 key with this point: 4 and two coordinates of 32 bytes (SEC 1, 2.3.3).
    ///
    /// # Errors
    /// [`JwkError::Ec`].
    pub fn p256(point: &[u8]) -> Result<Self, JwkError> {
        let coordinates = point.strip_prefix(&[4]).ok_or(JwkError::Ec)?;
        let (x, y) = coordinates
            .split_at_checked(members::COORDINATE_BYTES)
            .ok_or(JwkError::Ec)?;
        Self::try_from(Members::p256(x, y))
    }

    /// The key's id: its thumbprint.
    #[must_use]
    pub fn kid(&self) -> &str {
        let (Members::Rsa { kid, .. } | Members::Ec { kid, .. }) = &self.0;
        kid
    }

    /// What it checks the signatures of.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        match self.0 {
            Members::Rsa { .. } => SigningAlgorithm::Rs256,
            Members::Ec { .. } => SigningAlgorithm::Es256,
        }
    }
}

impl TryFrom<Members> for PublicJwk {
    type Error = JwkError;

    fn try_from(members: Members) -> Result<Self, JwkError> {
        members.check().map(|()| Self(members))
    }
}

#[cfg(test)]
#[path = "jwk_tests.rs"]
mod tests;
