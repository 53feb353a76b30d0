//! How old a secret is that this function must not read: by what Secrets Manager tells of it.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use shared::aws::{self, Clients};
use shared::cached::{Cached, Stale};
use shared::clock::{Clock, Timestamp};
use shared::secrets::AGES;

/// The staging label of the version in force.
const CURRENT: &str = "AWSCURRENT";

/// A secret whose age alone is known here.
pub(crate) struct DatedSecret {
    client: Client,
    id: String,
    cached: Cached<Option<Timestamp>>,
}

impl DatedSecret {
    /// The secret with this name or ARN; `what` is its name in logs.
    pub(crate) fn new(what: &'static str, clients: &Clients, id: &str, clock: Clock) -> Self {
        Self {
            client: clients.secrets.clone(),
            id: id.to_owned(),
            cached: Cached::new(what, AGES, clock, clients.metrics.clone()),
        }
    }

    /// When the version in force was made; `None` while there is none.
    pub(crate) async fn made_at(&self) -> Result<Option<Timestamp>, Stale> {
        let made_at = self.cached.get(|_| self.read()).await?;
        Ok(*made_at)
    }

    /// One page: at most 20 versions have labels, and no others are listed.
    async fn read(&self) -> Result<Arc<Option<Timestamp>>, String> {
        let list = self.client.list_secret_version_ids().secret_id(&self.id);
        let answer = list.send().await.map_err(|error| aws::cause(&error))?;
        let mut versions = answer.versions().iter();
        let current =
            versions.find(|one| one.version_stages().iter().any(|stage| stage == CURRENT));
        let made_at = current.and_then(|one| one.created_date());
        Ok(Arc::new(made_at.map(|at| Timestamp::from_secs(at.secs()))))
    }
}
