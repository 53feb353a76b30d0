//! Changes of control data, for the operators: each one also moves its list's version, in one transaction.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use serde::Serialize;
use uuid::Uuid;

use super::reader::{CHANNELS, MALFORMED, REVOKED, Reader, VERSIONS};
use super::{Channel, RevokedKey};
use crate::aws;
use crate::clock::Timestamp;
use crate::user::ChannelId;
use crate::user_store::Item;

/// How many channels there can be: a person's transaction touches at most one login in each (DynamoDB takes 100 items).
pub const MAX_CHANNELS: usize = 64;

/// Why control data was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The store failed; nothing was changed, or the change is complete.
    #[error("the store failed: {0}")]
    Store(String),
    /// Nothing by this name is there.
    #[error("there is none of this id")]
    Unknown,
    /// There is one of this id already, or was one a short while ago; nothing was changed.
    #[error("there is one of this id already, or was one within a day")]
    Exists,
    /// Somebody else changed it since it was read; nothing was changed.
    #[error("somebody else changed it just now")]
    Conflict,
    /// There are as many channels as there can be.
    #[error("there are {MAX_CHANNELS} channels already, which is the limit")]
    TooMany,
}

impl EditError {
    /// Whether what is there is not what it must be, rather than out of reach.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        matches!(self, Self::Store(cause) if cause == MALFORMED)
    }
}

/// Reads and changes control data directly, past any cache.
#[derive(Clone, Debug)]
pub struct ControlEditor(pub(super) Reader);

impl ControlEditor {
    /// An editor of the control data in this table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self(Reader { client, table })
    }

    /// All channels, by id.
    pub async fn channels(&self) -> Result<Vec<Channel>, EditError> {
        self.0.channels().await.map_err(EditError::Store)
    }

    /// The revoked keys that have not expired by `now`.
    pub async fn revoked(&self, now: Timestamp) -> Result<Vec<RevokedKey>, EditError> {
        let mut keys = self.0.revoked().await.map_err(EditError::Store)?;
        keys.retain(|key| Timestamp::from_secs(key.exp) > now);
        Ok(keys)
    }

    /// Adds a channel or replaces the one with its id.
    pub async fn set_channel(&self, channel: &Channel) -> Result<(), EditError> {
        let channels = self.channels().await?;
        if channels.len() >= MAX_CHANNELS && channels.iter().all(|other| other.id != channel.id) {
            return Err(EditError::TooMany);
        }
        self.commit(
            "channels",
            self.put(CHANNELS, channel.id.as_str(), channel, None),
        )
        .await
    }

    /// Removes a channel: its logins stay readable by auraId until they expire; whatever names the channel is refused.
    pub async fn remove_channel(&self, id: &ChannelId) -> Result<(), EditError> {
        let delete = Delete::builder()
            .table_name(&self.0.table)
            .condition_expression("attribute_exists(pk)");
        let delete = delete
            .key("pk", text(CHANNELS))
            .key("sk", text(id.as_str()))
            .build();
        let delete = delete.map_err(|_| EditError::Unknown)?;
        self.commit(
            "channels",
            TransactWriteItem::builder().delete(delete).build(),
        )
        .await
    }

    /// Revokes a key until `exp`, its own end. Repeating it changes nothing that matters.
    pub async fn revoke(&self, key: &RevokedKey) -> Result<(), EditError> {
        // A day later no clock can take the key for a live one any more.
        let ttl = key.exp.saturating_add(86_400);
        self.commit(
            "revoked",
            self.put(REVOKED, &key.jti.to_string(), key, Some(ttl)),
        )
        .await
    }

    /// Whether this key is on the list.
    pub async fn is_revoked(&self, jti: Uuid) -> Result<bool, EditError> {
        let keys = self.0.revoked().await.map_err(EditError::Store)?;
        Ok(keys.iter().any(|key| key.jti == jti))
    }

    /// The put of a list's item.
    pub(super) fn put(
        &self,
        pk: &str,
        sk: &str,
        value: &impl Serialize,
        ttl: Option<i64>,
    ) -> TransactWriteItem {
        // What cannot be an item leaves the put without one, and the whole transaction is refused.
        let item = serde_dynamo::to_item(value).ok().map(|mut item: Item| {
            item.extend([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))]);
            item.extend(ttl.map(|ttl| ("ttl".to_owned(), AttributeValue::N(ttl.to_string()))));
            item
        });
        let put = Put::builder().table_name(&self.0.table).set_item(item);
        TransactWriteItem::builder()
            .set_put(put.build().ok())
            .build()
    }

    pub(super) async fn commit(
        &self,
        list: &str,
        change: TransactWriteItem,
    ) -> Result<(), EditError> {
        let bump = Update::builder()
            .table_name(&self.0.table)
            .key("pk", text(VERSIONS))
            .key("sk", text(VERSIONS))
            .update_expression("ADD #list :one")
            .expression_attribute_names("#list", list)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .build();
        let bump = TransactWriteItem::builder().set_update(bump.ok()).build();
        let sent = self
            .0
            .client
            .transact_write_items()
            .transact_items(change)
            .transact_items(bump)
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| {
            let reasons = error
                .as_service_error()
                .map(crate::user_store::failed_conditions);
            if reasons.is_some_and(|failed| failed.contains(&0)) {
                return EditError::Unknown;
            }
            EditError::Store(aws::cause(&error))
        })
    }
}

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
