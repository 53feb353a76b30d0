//! A JWK Set (RFC 7517 5) of public keys, which is never empty: a client that caches an empty one refuses everything.

use serde::Serialize;

use super::PublicJwk;

/// A set of one key or more, in the order given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    keys: Vec<PublicJwk>,
}

impl JwkSet {
    /// The set of these keys; `None` without any.
    #[must_use]
    pub fn of(keys: Vec<PublicJwk>) -> Option<Self> {
        (!keys.is_empty()).then_some(Self { keys })
    }

    /// The document.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
