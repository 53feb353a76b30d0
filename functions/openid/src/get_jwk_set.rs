//! `GET /openid/jwk` (contract 4.12): the public keys (RFC 7517).

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use shared::api::Doc;
use shared::error::Error;

use crate::Openid;
use crate::document::{self, IF_NONE_MATCH};

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "get_jwk_set",
    summary: "Get the public keys",
    description: "The JWK Set that our signatures verify with: next, current and previous keys, so that a rotation breaks no client that keeps it for five minutes.",
    parameters: &[IF_NONE_MATCH],
    body: None,
    success: (200, Some("JwkSet")),
    errors: &[],
};

/// The set, as the documents describe it.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(as = JwkSet)]
pub struct JwkSetView {
    /// Public keys (RFC 7517): `kty`, `use` (`sig`), `alg`, `kid` (RFC 7638), and `n` and `e`, or `crv`, `x` and `y`.
    pub keys: Vec<std::collections::BTreeMap<String, String>>,
}

pub(crate) async fn get_jwk_set(
    State(state): State<Openid>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let set = state.keys.current().await?;
    Ok(document::respond(set.body.clone(), &set.etag, &headers))
}
