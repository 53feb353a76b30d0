//! How long the key has been published that this API signs with.

use std::sync::Arc;

use shared::cached::{Cached, Stale};
use shared::clock::{Clock, Timestamp};
use shared::control::{ControlEditor, KeyState};
use shared::metrics::Metrics;
use shared::secrets::AGES;

/// The current key, as it is published; read no more often than the secrets are.
pub(crate) struct SigningKey {
    control: ControlEditor,
    cached: Cached<Option<Timestamp>>,
}

impl SigningKey {
    /// The current key in this control data.
    pub(crate) fn new(control: ControlEditor, clock: Clock, metrics: Metrics) -> Self {
        Self {
            control,
            cached: Cached::new("age of the signing key", AGES, clock, metrics),
        }
    }

    /// When it was published; `None` while there is none.
    pub(crate) async fn published_at(&self) -> Result<Option<Timestamp>, Stale> {
        let published_at = self.cached.get(|_| self.read()).await?;
        Ok(*published_at)
    }

    async fn read(&self) -> Result<Arc<Option<Timestamp>>, String> {
        let publication = self.control.publication().await;
        let keys = publication.map_err(|error| error.to_string())?.keys;
        let current = keys.iter().find(|key| key.state == KeyState::Current);
        Ok(Arc::new(current.map(|key| key.published_at)))
    }
}
