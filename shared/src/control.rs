//! Control data: revoked keys, channels, Copilot clients and public signing keys, kept in the table behind one small version item.
//!
//! An instance reads that item when its copy is over 5 s old, and a list only when its version has changed: a revoked key is
//! dead everywhere within 5 s, and no request reads the store just to check a key (contract 2). See `docs/data-model.md`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aws::Clients;
use crate::cached::{Ages, Cached, Stale};
use crate::client::ClientId;
use crate::clock::{Clock, Timestamp};
use crate::error::Error;
use crate::extract::Argument;
use crate::user::ChannelId;

mod channel;
mod client;
mod edit;
mod published_key;
mod published_keys;
mod reader;
mod unseen;

pub use channel::Channel;
pub use client::RegisteredClient;
pub use edit::{ControlEditor, EditError, MAX_CHANNELS};
pub use published_key::{KeyState, Publication, PublishedKey};
pub use published_keys::{JwksDocument, PublishedKeys};
use reader::Reader;

const AGES: Ages = Ages {
    fresh_for: Duration::from_secs(5),
    usable_for: Duration::from_mins(1),
};

/// A revoked key, kept until it would have expired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokedKey {
    /// The key's id.
    pub jti: Uuid,
    /// The key's own end, in seconds since the Unix epoch.
    pub exp: i64,
    /// When it was revoked.
    pub revoked_at: Timestamp,
}

/// Which lists a function needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// The revoked keys.
    Keys,
    /// The revoked keys and the channels.
    KeysAndChannels,
    /// The clients: where they call, no key does.
    Clients,
}

impl Lists {
    fn has_keys(self) -> bool {
        self != Self::Clients
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Versions {
    revoked: u64,
    channels: u64,
    clients: u64,
    jwks: u64,
}

/// The control data as of one moment.
#[derive(Debug, Default)]
pub struct ControlData {
    versions: Versions,
    revoked: Arc<HashSet<Uuid>>,
    channels: Arc<BTreeMap<ChannelId, Channel>>,
    clients: Arc<BTreeMap<ClientId, RegisteredClient>>,
}

impl ControlData {
    /// Whether the key with this id was revoked.
    #[must_use]
    pub fn is_revoked(&self, jti: Uuid) -> bool {
        self.revoked.contains(&jti)
    }

    /// The channel with this id.
    #[must_use]
    pub fn channel(&self, id: &ChannelId) -> Option<&Channel> {
        self.channels.get(id)
    }

    /// The client with this id, if it was not revoked.
    #[must_use]
    pub fn client(&self, id: &ClientId) -> Option<&RegisteredClient> {
        self.clients.get(id)
    }
}

/// One function's copy of the control data. Cheap to clone.
#[derive(Clone)]
pub struct Control(Arc<Inner>);

struct Inner {
    reader: Reader,
    lists: Lists,
    cached: Cached<ControlData>,
}

impl Control {
    /// A copy that holds the lists this function needs, read when first asked for.
    #[must_use]
    pub fn new(clients: &Clients, table: String, lists: Lists, clock: Clock) -> Self {
        let client = clients.dynamodb.clone();
        let cached = Cached::new("control data", AGES, clock, clients.metrics.clone());
        Self(Arc::new(Inner {
            reader: Reader { client, table },
            lists,
            cached,
        }))
    }

    /// The control data, at most 5 s old while the store works and 60 s when it does not.
    ///
    /// # Errors
    /// [`Stale`] when it was never read, or not for a minute.
    pub async fn current(&self) -> Result<Arc<ControlData>, Stale> {
        self.0.cached.get(|last| self.refresh(last)).await
    }

    /// The channel with this id; an unknown one is refused (contract 1).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an unknown channel, [`Error::Unavailable`] when the channels cannot be read.
    pub async fn channel(&self, id: &ChannelId) -> Result<Channel, Error> {
        let control = self.current().await?;
        control.channel(id).cloned().ok_or(Error::InvalidArgument {
            place: "header",
            name: Cow::Borrowed(ChannelId::HEADER),
            rule: Cow::Borrowed("the id of a known channel"),
        })
    }

    /// The versions are read before the lists: a change in between is seen next time.
    async fn refresh(&self, last: Option<Arc<ControlData>>) -> Result<Arc<ControlData>, String> {
        let Inner { reader, lists, .. } = &*self.0;
        let versions = reader.versions().await?;
        let last = last.unwrap_or_default();
        if last.versions == versions {
            return Ok(last);
        }
        let mut fresh = ControlData {
            versions,
            revoked: last.revoked.clone(),
            channels: last.channels.clone(),
            clients: last.clients.clone(),
        };
        if lists.has_keys() && versions.revoked != last.versions.revoked {
            let revoked = reader.revoked().await?.into_iter();
            fresh.revoked = Arc::new(revoked.map(|key| key.jti).collect());
        }
        if *lists == Lists::KeysAndChannels && versions.channels != last.versions.channels {
            let channels = reader.channels().await?.into_iter();
            let by_id = channels.map(|channel| (channel.id.clone(), channel));
            fresh.channels = Arc::new(by_id.collect());
        }
        if *lists == Lists::Clients && versions.clients != last.versions.clients {
            let clients = reader.clients().await?.into_iter();
            let living = clients.filter(RegisteredClient::is_living);
            fresh.clients = Arc::new(living.map(|client| (client.id.clone(), client)).collect());
        }
        Ok(Arc::new(fresh))
    }
}
