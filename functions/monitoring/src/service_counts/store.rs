//! The calls of the table: reads are strongly consistent, changes conditional, deletions only of what is in the totals.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use shared::aws;
use shared::metrics::INSTANCES;
use uuid::Uuid;

use super::instance::InstanceCounts;
use super::totals::Totals;

/// Partition of the totals.
pub(crate) const TOTALS: &str = "METRICS#TOTAL";
/// Sort key of the totals.
const TOTAL: &str = "TOTAL";
/// `BatchWriteItem` takes so many.
const BATCH: usize = 25;

/// An item as DynamoDB has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The table with the counts.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) client: Client,
    pub(super) table: String,
}

impl Store {
    /// The items of all instances.
    pub(super) async fn instances(&self) -> Result<Vec<InstanceCounts>, String> {
        let query = self.client.query().table_name(&self.table);
        let query = query
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(INSTANCES));
        let mut items = query.into_paginator().items().send();
        let mut instances = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| format!("Query: {}", aws::cause(&error)))?;
            let id = item.get("sk").cloned();
            let instance = serde_dynamo::from_item(item);
            instances
                .push(instance.map_err(|_| format!("the item of instance {id:?} is malformed"))?);
        }
        Ok(instances)
    }

    /// The totals.
    pub(super) async fn totals(&self) -> Result<Totals, String> {
        let get = self.client.get_item().table_name(&self.table);
        let get = get.set_key(Some(key(TOTALS, TOTAL))).consistent_read(true);
        let answer = get.send().await;
        let answer = answer.map_err(|error| format!("GetItem: {}", aws::cause(&error)))?;
        answer
            .item
            .map_or_else(|| Ok(Totals::default()), Totals::parse)
    }

    /// Seals an instance's item as it was read, so that its counts are final.
    pub(super) async fn seal(&self, instance: &InstanceCounts) -> Result<(), String> {
        let seal = self.client.update_item().table_name(&self.table);
        let seal = seal
            .set_key(Some(key(INSTANCES, &instance.id.to_string())))
            .condition_expression("seq = :seq AND attribute_not_exists(ended)")
            .update_expression("SET ended = :true")
            .expression_attribute_values(":seq", AttributeValue::N(instance.seq.to_string()))
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        let sealed = seal.send().await;
        sealed
            .map(drop)
            .map_err(|error| format!("UpdateItem: {}", aws::cause(&error)))
    }

    /// Puts `new` in the place of `old`, unless somebody else did.
    pub(super) async fn replace(&self, old: &Totals, new: &Totals) -> Result<(), String> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(new.item(key(TOTALS, TOTAL))?));
        let put = if old.version == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("version = :version")
                .expression_attribute_values(":version", old.version_value())
        };
        let sent = put.send().await;
        sent.map(drop)
            .map_err(|error| format!("PutItem: {}", aws::cause(&error)))
    }

    /// Deletes instances' items. What is left over is found by the next reading.
    pub(super) async fn delete(&self, ids: &[Uuid]) -> Result<(), String> {
        let request = |id: &Uuid| {
            let key = key(INSTANCES, &id.to_string());
            let delete = DeleteRequest::builder().set_key(Some(key)).build();
            WriteRequest::builder()
                .set_delete_request(delete.ok())
                .build()
        };
        for batch in ids.chunks(BATCH) {
            let write = self.client.batch_write_item();
            let requests = batch.iter().map(request).collect();
            let sent = write.request_items(&self.table, requests).send().await;
            sent.map_err(|error| format!("BatchWriteItem: {}", aws::cause(&error)))?;
        }
        Ok(())
    }
}

fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
