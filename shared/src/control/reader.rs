//! Reads control data, always strongly consistent.

use std::cmp::Reverse;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{Channel, PublishedKey, RegisteredClient, RevokedKey, Versions};
use crate::aws;
use crate::user_store::Item;

/// Partition of the version item; its sort key is the same.
pub(super) const VERSIONS: &str = "CONTROL";
/// Partition of the revoked keys, by id.
pub(super) const REVOKED: &str = "CONTROL#REVOKED";
/// Partition of the channels, by id.
pub(super) const CHANNELS: &str = "CONTROL#CHANNELS";
/// Partition of the clients of Copilot Connect, by id.
pub(super) const CLIENTS: &str = "CONTROL#CLIENTS";
/// Partition of the public signing keys, by id.
pub(super) const JWKS: &str = "CONTROL#JWKS";

/// What is told of an item that is not what it must be.
pub(super) const MALFORMED: &str = "control data is malformed";

/// Reads the control data of one table.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub(super) client: Client,
    pub(super) table: String,
}

impl Reader {
    pub(super) async fn versions(&self) -> Result<Versions, String> {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true);
        let answer = get
            .key("pk", key(VERSIONS))
            .key("sk", key(VERSIONS))
            .send()
            .await;
        let item = answer.map_err(|error| aws::cause(&error))?.item;
        item.map_or_else(
            || Ok(Versions::default()),
            |item| decode(serde_dynamo::from_item(item)),
        )
    }

    pub(super) async fn revoked(&self) -> Result<Vec<RevokedKey>, String> {
        decode(serde_dynamo::from_items(self.list(REVOKED).await?))
    }

    pub(super) async fn channels(&self) -> Result<Vec<Channel>, String> {
        decode(serde_dynamo::from_items(self.list(CHANNELS).await?))
    }

    pub(super) async fn clients(&self) -> Result<Vec<RegisteredClient>, String> {
        decode(serde_dynamo::from_items(self.list(CLIENTS).await?))
    }

    /// Next, current, previous; of those in the same state the one published last comes first.
    pub(super) async fn published_keys(&self) -> Result<Vec<PublishedKey>, String> {
        let mut keys: Vec<PublishedKey> = decode(serde_dynamo::from_items(self.list(JWKS).await?))?;
        keys.sort_by_key(|key| (key.state, Reverse(key.published_at)));
        Ok(keys)
    }

    async fn list(&self, partition: &str) -> Result<Vec<Item>, String> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()));
        let pages = query.into_paginator().items().send();
        pages
            .collect::<Result<_, _>>()
            .await
            .map_err(|error| aws::cause(&error))
    }
}

fn decode<T>(decoded: Result<T, serde_dynamo::Error>) -> Result<T, String> {
    decoded.map_err(|_| MALFORMED.to_owned())
}
