//! The API's public keys (RFC 7517), read as a stranger reads them, and signatures checked with them.
//!
//! ring checks them directly: the key tells which algorithm that is, so that no document can choose another, and the library that
//! signs in the functions would need verifiers of our own making on ring for the same twenty lines.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use ring::rsa::PublicKeyComponents;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde::Deserialize;
use tower::ServiceExt;

/// The largest set that is read, in bytes.
const MAX_SET: usize = 64 * 1024;

/// One public key.
#[derive(Deserialize)]
pub(super) struct Jwk {
    pub(super) kid: String,
    #[serde(flatten)]
    material: Material,
}

#[derive(Deserialize)]
#[serde(tag = "alg")]
enum Material {
    #[serde(rename = "RS256")]
    Rs256 { n: String, e: String },
    #[serde(rename = "ES256")]
    Es256 { x: String, y: String },
    /// A key for something else: no reason to refuse the set.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Jwk>,
}

impl Jwk {
    /// What the key signs with, as `alg` names it; none of its business here is `None`.
    pub(super) fn algorithm(&self) -> Option<&'static str> {
        match self.material {
            Material::Rs256 { .. } => Some("RS256"),
            Material::Es256 { .. } => Some("ES256"),
            Material::Other => None,
        }
    }

    /// Whether the holder of the key signed this message.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let bytes = |text: &String| URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        let verified = match &self.material {
            Material::Rs256 { n, e } => PublicKeyComponents {
                n: bytes(n),
                e: bytes(e),
            }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            Material::Es256 { x, y } => {
                let point = [&[4], &bytes(x)[..], &bytes(y)].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Material::Other => return false,
        };
        verified.is_ok()
    }
}

/// The keys that the API publishes just now; `None` when it does not.
pub(super) async fn published(api: &Router) -> Option<Vec<Jwk>> {
    let request = Request::get("/openid/jwk").body(Body::empty()).ok()?;
    let response = match api.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.status() != StatusCode::OK {
        return None;
    }
    let body = to_bytes(response.into_body(), MAX_SET).await.ok()?;
    serde_json::from_slice::<Set>(&body)
        .ok()
        .map(|set| set.keys)
}
