//! Lists that no instance would read: they have items, and the version item counts no change of them. No command leaves it like
//! that; an item that somebody deleted by hand, or a table that was copied by half, does.

use super::{ControlEditor, EditError};

impl ControlEditor {
    /// The names of such lists: a fresh instance takes them for empty.
    pub async fn unseen(&self) -> Result<Vec<&'static str>, EditError> {
        let reader = &self.0;
        let versions = reader.versions().await.map_err(EditError::Store)?;
        let mut unseen = Vec::new();
        if versions.revoked == 0 && !reader.revoked().await.map_err(EditError::Store)?.is_empty() {
            unseen.push("revoked keys");
        }
        if versions.channels == 0
            && !reader
                .channels()
                .await
                .map_err(EditError::Store)?
                .is_empty()
        {
            unseen.push("channels");
        }
        if versions.clients == 0 && !reader.clients().await.map_err(EditError::Store)?.is_empty() {
            unseen.push("clients");
        }
        Ok(unseen)
    }
}
