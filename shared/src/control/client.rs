//! The clients of Copilot Connect as control data, and how operators add and revoke them.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::edit::text;
use super::reader::CLIENTS;
use super::{ControlEditor, EditError};
use crate::client::{ClientId, SecretDigest};
use crate::clock::Timestamp;

/// How long the id of a revoked client stays nobody's, in seconds: its sessions, which live for ten minutes, must not come back to
/// life with another client of that id.
const REST_SECONDS: i64 = 86_400;

/// A maker's server that may ask about end users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisteredClient {
    /// Its id.
    pub id: ClientId,
    /// Whose it is, for people.
    pub name: String,
    /// What is kept of its secret.
    pub secret_digest: SecretDigest,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it was revoked; kept for a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

impl RegisteredClient {
    /// Whether it is let in.
    #[must_use]
    pub fn is_living(&self) -> bool {
        self.revoked_at.is_none()
    }
}

impl ControlEditor {
    /// All clients by id, those that were revoked within a day among them.
    pub async fn clients(&self) -> Result<Vec<RegisteredClient>, EditError> {
        self.0.clients().await.map_err(EditError::Store)
    }

    /// Adds a client.
    ///
    /// # Errors
    /// [`EditError::Exists`] when there is one of this id, or was one within a day.
    pub async fn add_client(&self, client: &RegisteredClient) -> Result<(), EditError> {
        let put = self.put(CLIENTS, client.id.as_str(), client, None);
        let free = "attribute_not_exists(pk) OR #ttl < :now";
        let now = AttributeValue::N(client.created_at.secs().to_string());
        let put = put.put.map(|mut put| {
            put.condition_expression = Some(free.to_owned());
            put.expression_attribute_names = Some([("#ttl".to_owned(), "ttl".to_owned())].into());
            put.expression_attribute_values = Some([(":now".to_owned(), now)].into());
            put
        });
        let put = TransactWriteItem::builder().set_put(put).build();
        let added = self.commit("clients", put).await;
        added.map_err(|error| match error {
            EditError::Unknown => EditError::Exists,
            other => other,
        })
    }

    /// Adds a client or replaces the one with its id, whatever became of that.
    pub async fn set_client(&self, client: &RegisteredClient) -> Result<(), EditError> {
        let put = self.put(CLIENTS, client.id.as_str(), client, None);
        self.commit("clients", put).await
    }

    /// Revokes a client: its secret and its sessions are refused wherever this is known.
    ///
    /// # Errors
    /// [`EditError::Unknown`] when there is none of this id that is not revoked.
    pub async fn revoke_client(&self, id: &ClientId, now: Timestamp) -> Result<(), EditError> {
        let number = |number: i64| AttributeValue::N(number.to_string());
        let update = Update::builder()
            .table_name(&self.0.table)
            .key("pk", text(CLIENTS))
            .key("sk", text(id.as_str()))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(revokedAt)")
            .update_expression("SET revokedAt = :now, #ttl = :ttl")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", number(now.millis()))
            .expression_attribute_values(":ttl", number(now.secs() + REST_SECONDS));
        let update = TransactWriteItem::builder().set_update(update.build().ok());
        self.commit("clients", update.build()).await
    }
}
