//! Channels as control data (contract 1).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::user::ChannelId;

/// A means of talking to the assistant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Its name, for people.
    pub name: String,
    /// How long a login lives, in seconds.
    pub lifetime_seconds: u64,
    /// Where the browser may be sent back to: scheme, host, port and path prefix.
    pub redirects: Vec<String>,
}

impl Channel {
    /// The default life of a login: 3 days (contract 4).
    pub const DEFAULT_LIFETIME_SECONDS: u64 = 3 * 86_400;

    /// How long a login lives.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime_seconds)
    }
}
