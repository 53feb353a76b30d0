//! The public signing keys as the openid function serves them (contract 4.12): rendered once for each change.
//!
//! They are not secret and do not go bad, and whoever cannot get them refuses every signature: so the last good set serves for as
//! long as the store is away, and an empty one is never taken for the truth.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;

use super::reader::Reader;
use super::{AGES, PublishedKey};
use crate::aws::Clients;
use crate::cached::{Ages, Cached, Stale};
use crate::clock::Clock;
use crate::etag;
use crate::jwk::JwkSet;

/// The document as of one version of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwksDocument {
    version: u64,
    /// The JWK Set: next, current, previous keys.
    pub body: Bytes,
    /// The value of a strong `ETag` (RFC 9110 8.8.3), with its quotes.
    pub etag: String,
}

/// One function's copy of the published keys. Cheap to clone.
#[derive(Clone)]
pub struct PublishedKeys(Arc<Inner>);

struct Inner {
    reader: Reader,
    cached: Cached<JwksDocument>,
}

impl PublishedKeys {
    /// The keys in this table, read when first asked for.
    #[must_use]
    pub fn new(clients: &Clients, table: String, clock: Clock) -> Self {
        let client = clients.dynamodb.clone();
        let ages = Ages {
            usable_for: Duration::MAX,
            ..AGES
        };
        Self(Arc::new(Inner {
            reader: Reader { client, table },
            cached: Cached::new("published keys", ages, clock, clients.metrics.clone()),
        }))
    }

    /// Reads the keys ahead of the first request; a failure shows there.
    pub async fn warm(&self) {
        if let Err(stale) = self.current().await {
            tracing::warn!(cause = %stale, "not warm yet");
        }
    }

    /// The document, at most 5 s old while the store works.
    ///
    /// # Errors
    /// [`Stale`] while it was never read, or no key was ever published.
    pub async fn current(&self) -> Result<Arc<JwksDocument>, Stale> {
        self.0.cached.get(|last| self.0.refresh(last)).await
    }
}

impl Inner {
    /// The version is read before the list: a change in between is seen next time.
    async fn refresh(&self, last: Option<Arc<JwksDocument>>) -> Result<Arc<JwksDocument>, String> {
        let version = self.reader.versions().await?.jwks;
        if let Some(last) = last.as_ref().filter(|last| last.version == version) {
            return Ok(Arc::clone(last));
        }
        let keys = self.reader.published_keys().await?;
        match (JwksDocument::render(version, keys), last) {
            (Some(fresh), _) => Ok(Arc::new(fresh)),
            (None, Some(last)) => {
                tracing::warn!(version, "no key is published any more: the last ones serve");
                Ok(Arc::new(JwksDocument {
                    version,
                    ..(*last).clone()
                }))
            }
            (None, None) => Err("no key is published".to_owned()),
        }
    }
}

impl JwksDocument {
    fn render(version: u64, keys: Vec<PublishedKey>) -> Option<Self> {
        let keys = keys.into_iter().map(|key| key.jwk).collect();
        let body = JwkSet::of(keys)?.to_json();
        let etag = etag::strong(&body);
        Some(Self {
            version,
            body: Bytes::from(body),
            etag,
        })
    }
}
