//! The members of a public key, as they stand in the document, and what must hold of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{JwkError, MIN_RSA_BITS};

/// The one RSA exponent in use, 65537, in base64url.
const EXPONENT: &str = "AQAB";
/// The length of a P-256 coordinate in bytes.
pub(super) const COORDINATE_BYTES: usize = 32;

/// The members, all of them: `deny_unknown_fields` refuses a key that came with private ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty", deny_unknown_fields)]
pub(super) enum Members {
    #[serde(rename = "RSA")]
    Rsa {
        #[serde(rename = "use")]
        usage: Usage,
        alg: RsaAlgorithm,
        kid: String,
        n: String,
        e: String,
    },
    #[serde(rename = "EC")]
    Ec {
        #[serde(rename = "use")]
        usage: Usage,
        alg: EcAlgorithm,
        kid: String,
        crv: Curve,
        x: String,
        y: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Usage {
    #[serde(rename = "sig")]
    Signature,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RsaAlgorithm {
    #[serde(rename = "RS256")]
    Rs256,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EcAlgorithm {
    #[serde(rename = "ES256")]
    Es256,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Curve {
    #[serde(rename = "P-256")]
    P256,
}

impl Members {
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        let key = |kid| Self::Rsa {
            usage: Usage::Signature,
            alg: RsaAlgorithm::Rs256,
            kid,
            n: URL_SAFE_NO_PAD.encode(modulus),
            e: URL_SAFE_NO_PAD.encode(exponent),
        };
        key(key(String::new()).thumbprint())
    }

    pub(super) fn p256(x: &[u8], y: &[u8]) -> Self {
        let key = |kid| Self::Ec {
            usage: Usage::Signature,
            alg: EcAlgorithm::Es256,
            kid,
            crv: Curve::P256,
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        };
        key(key(String::new()).thumbprint())
    }

    /// Whether this is a key that may be published, under its own id.
    pub(super) fn check(&self) -> Result<(), JwkError> {
        let kid = match self {
            Self::Rsa { kid, n, e, .. } if is_modulus(n) && e == EXPONENT => kid,
            Self::Rsa { .. } => return Err(JwkError::Rsa),
            Self::Ec { kid, x, y, .. } if is_coordinate(x) && is_coordinate(y) => kid,
            Self::Ec { .. } => return Err(JwkError::Ec),
        };
        if *kid == self.thumbprint() {
            Ok(())
        } else {
            Err(JwkError::Kid)
        }
    }

    /// RFC 7638: SHA-256 of the required members in the order of their names, without white space.
    fn thumbprint(&self) -> String {
        let required = match self {
            Self::Rsa { n, e, .. } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            Self::Ec { x, y, .. } => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
        };
        URL_SAFE_NO_PAD.encode(Sha256::digest(required))
    }
}

fn is_modulus(n: &str) -> bool {
    let bytes = URL_SAFE_NO_PAD.decode(n).unwrap_or_default();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    let bits = bytes.len() * 8 - first.leading_zeros() as usize;
    *first != 0 && last % 2 == 1 && bits >= MIN_RSA_BITS
}

fn is_coordinate(text: &str) -> bool {
    let bytes = URL_SAFE_NO_PAD.decode(text);
    bytes.is_ok_and(|bytes| bytes.len() == COORDINATE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 7638 3.1, of 2048 bits.
    const EXAMPLE: &str = r#"{"kty":"RSA","use":"sig","alg":"RS256","kid":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        "n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e":"AQAB"}"#;

    #[test]
    fn the_thumbprint_is_that_of_the_standards_example() {
        let example: Members = serde_json::from_str(EXAMPLE).unwrap();
        assert_eq!(
            example.thumbprint(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
        assert_eq!(example.check(), Err(JwkError::Rsa), "2048 bits");
    }
}
