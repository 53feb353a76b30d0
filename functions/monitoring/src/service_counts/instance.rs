//! What one instance wrote: the whole of its counts under its id. `shared/src/metrics/flusher.rs` writes it.

use serde::Deserialize;
use shared::clock::Timestamp;
use shared::metrics::Counts;
use uuid::Uuid;

/// An instance's item.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct InstanceCounts {
    /// The id that it writes under.
    #[serde(rename = "sk")]
    pub(super) id: Uuid,
    /// The number of its last write.
    pub(super) seq: u64,
    /// When that was.
    pub(super) at: Timestamp,
    /// Whether nothing may change it any more.
    #[serde(default)]
    pub(super) ended: bool,
    /// As text: a thousand items take a tenth of the memory that way.
    #[serde(rename = "counts")]
    text: String,
}

impl InstanceCounts {
    /// An item that has counted nothing.
    #[cfg(test)]
    pub(super) fn new(id: Uuid, at: Timestamp, ended: bool) -> Self {
        let text = "{}".to_owned();
        Self {
            id,
            seq: 1,
            at,
            ended,
            text,
        }
    }

    /// What it has counted.
    pub(super) fn counts(&self) -> Result<Counts, String> {
        let counts = Counts::parse(&self.text);
        counts.ok_or_else(|| format!("the counts of instance {} are malformed", self.id))
    }
}
