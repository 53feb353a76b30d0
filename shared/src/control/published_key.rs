//! The public signing keys as control data: where each stands and since when, and how operators change them.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::edit::text;
use super::reader::{JWKS, VERSIONS};
use super::{ControlEditor, EditError};
use crate::aws;
use crate::clock::Timestamp;
use crate::jwk::PublicJwk;

/// The attribute of the version item that counts the changes of these keys.
const VERSION: &str = "jwks";

/// Where a key stands in its rotation; in this order keys are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Nothing is signed with it yet.
    Next,
    /// It signs.
    Current,
    /// It signed until it was superseded.
    Previous,
}

/// A key that everybody may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishedKey {
    /// The key.
    pub jwk: PublicJwk,
    /// Where it stands.
    pub state: KeyState,
    /// When it was published.
    pub published_at: Timestamp,
    /// When another one took its place as the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_at: Option<Timestamp>,
}

impl PublishedKey {
    /// A key that is published now.
    #[must_use]
    pub fn new(jwk: PublicJwk, state: KeyState, now: Timestamp) -> Self {
        Self {
            jwk,
            state,
            published_at: now,
            superseded_at: None,
        }
    }

    /// Its id.
    #[must_use]
    pub fn kid(&self) -> &str {
        self.jwk.kid()
    }
}

/// All published keys as they were read, so that a change of them is refused when somebody else came first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    version: u64,
    /// The keys: next, current, previous.
    pub keys: Vec<PublishedKey>,
}

impl Publication {
    /// The key with this id.
    #[must_use]
    pub fn key(&self, kid: &str) -> Option<&PublishedKey> {
        self.keys.iter().find(|key| key.kid() == kid)
    }
}

impl ControlEditor {
    /// The published keys.
    pub async fn publication(&self) -> Result<Publication, EditError> {
        // The version first: a change in between is seen as a conflict when something is written.
        let versions = self.0.versions().await.map_err(EditError::Store)?;
        let keys = self.0.published_keys().await.map_err(EditError::Store)?;
        Ok(Publication {
            version: versions.jwks,
            keys,
        })
    }

    /// Makes the published keys those in `keys`, all at once; does nothing when they are.
    ///
    /// # Errors
    /// [`EditError::Conflict`] when they are not as they were read any more; then nothing was changed.
    pub async fn publish(
        &self,
        read: &Publication,
        keys: &[PublishedKey],
    ) -> Result<(), EditError> {
        let new = keys.iter().filter(|key| !read.keys.contains(key));
        let gone = read
            .keys
            .iter()
            .filter(|old| keys.iter().all(|key| key.kid() != old.kid()));
        let mut changes: Vec<_> = new
            .map(|key| self.put(JWKS, key.kid(), key, None))
            .chain(gone.map(|key| self.delete_key(key.kid())))
            .collect();
        if changes.is_empty() {
            return Ok(());
        }
        changes.push(self.next_version(read.version));
        let sent = self
            .0
            .client
            .transact_write_items()
            .set_transact_items(Some(changes))
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| {
            let reasons = error
                .as_service_error()
                .map(crate::user_store::failed_conditions);
            if reasons.is_some_and(|failed| !failed.is_empty()) {
                return EditError::Conflict;
            }
            EditError::Store(aws::cause(&error))
        })
    }

    fn delete_key(&self, kid: &str) -> TransactWriteItem {
        let delete = Delete::builder()
            .table_name(&self.0.table)
            .key("pk", text(JWKS))
            .key("sk", text(kid));
        TransactWriteItem::builder()
            .set_delete(delete.build().ok())
            .build()
    }

    /// Counts on from the version that was read, and from no other.
    fn next_version(&self, read: u64) -> TransactWriteItem {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let update = Update::builder()
            .table_name(&self.0.table)
            .key("pk", text(VERSIONS))
            .key("sk", text(VERSIONS))
            .expression_attribute_names("#list", VERSION)
            .expression_attribute_values(":next", number(read + 1))
            .update_expression("SET #list = :next");
        let update = if read == 0 {
            update.condition_expression("attribute_not_exists(#list)")
        } else {
            update
                .condition_expression("#list = :read")
                .expression_attribute_values(":read", number(read))
        };
        TransactWriteItem::builder()
            .set_update(update.build().ok())
            .build()
    }
}
