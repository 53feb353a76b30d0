//! An erasure's record and its lease, in the table of erasure records.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use serde::Deserialize;
use uuid::Uuid;

use super::{Erasure, Receipt};
use crate::aws;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::user_store::{Item, UserStore, decode};

/// Longer than an erasure can work: afterwards nobody is at it any more, and registrations need not wait.
const LEASE: Duration = Duration::from_secs(30);

/// For how long after its end an erasure goes on under its receipt, in case that its caller was not told of the end.
const RESUMABLE: Duration = Duration::from_hours(1);

/// What the keys of records begin with.
pub(super) const RECORDS: &str = "RECEIPT#";

/// What is asked of a record.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    completed_at: Option<Timestamp>,
}

/// The answer to taking a lease.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lease {
    receipt_id: Uuid,
}

impl Erasure<'_> {
    /// Takes the number's lease, under the receipt of an unfinished erasure if there is one.
    pub(super) async fn begin(&self) -> Result<Uuid, Error> {
        self.lease(Uuid::new_v4()).await
    }

    /// Takes the number's lease for this receipt, unless that of another one is there: returns whose it is.
    pub(super) async fn lease(&self, receipt_id: Uuid) -> Result<Uuid, Error> {
        let lease = self.store.clock.now().plus(LEASE).millis().to_string();
        let update = self.update(UserStore::erasure_key(self.partition));
        let marked = update
            .update_expression(
                "SET receiptId = if_not_exists(receiptId, :new), leaseUntil = :lease",
            )
            .expression_attribute_values(":new", AttributeValue::S(receipt_id.to_string()))
            .expression_attribute_values(":lease", AttributeValue::N(lease))
            .send()
            .await;
        let marked = marked.map_err(|error| failed("UpdateItem", &aws::cause(&error)))?;
        decode::<Lease>(marked.attributes.unwrap_or_default()).map(|lease| lease.receipt_id)
    }

    /// Makes the record of this erasure, unless it is there; `false` when it is that of one finished long ago, whose lease
    /// could not be given back.
    pub(super) async fn record(&self, receipt_id: Uuid, key_id: &str) -> Result<bool, Error> {
        let asked = self.store.clock.now();
        let now = asked.millis().to_string();
        let update = self.update(record_key(receipt_id)).update_expression(
            "SET receiptId = :id, numberDigest = :number, keyId = if_not_exists(keyId, :key), \
             startedAt = if_not_exists(startedAt, :now), erasedUsers = if_not_exists(erasedUsers, :zero), \
             erasedLogins = if_not_exists(erasedLogins, :zero)",
        );
        let update = update
            .expression_attribute_values(":id", AttributeValue::S(receipt_id.to_string()))
            .expression_attribute_values(":number", AttributeValue::S(self.partition.to_owned()))
            .expression_attribute_values(":key", AttributeValue::S(key_id.to_owned()))
            .expression_attribute_values(":now", AttributeValue::N(now))
            .expression_attribute_values(":zero", AttributeValue::N("0".to_owned()));
        let answer = update.send().await;
        let answer = answer.map_err(|error| failed("UpdateItem", &aws::cause(&error)))?;
        let record: Record = decode(answer.attributes.unwrap_or_default())?;
        let over = |at: Timestamp| asked.since(at).is_some_and(|age| age > RESUMABLE);
        Ok(!record.completed_at.is_some_and(over))
    }

    /// Puts a new receipt in the place of the one of an erasure that is over.
    pub(super) async fn renew(&self, over: Uuid) -> Result<Uuid, Error> {
        let new = Uuid::new_v4();
        let update = self.update(UserStore::erasure_key(self.partition));
        let update = update
            .update_expression("SET receiptId = :new")
            .condition_expression("receiptId = :over")
            .expression_attribute_values(":new", AttributeValue::S(new.to_string()))
            .expression_attribute_values(":over", AttributeValue::S(over.to_string()));
        let renewed = update.send().await;
        renewed
            .map(|_| new)
            .map_err(|error| failed("UpdateItem", &aws::cause(&error)))
    }

    /// Writes the end into the record, and reads the counts of all calls.
    pub(super) async fn complete(&self, receipt_id: Uuid) -> Result<Receipt, Error> {
        let now = self.store.clock.now().millis().to_string();
        let update = self
            .update(record_key(receipt_id))
            .update_expression("SET completedAt = :now");
        let done = update
            .expression_attribute_values(":now", AttributeValue::N(now))
            .send()
            .await;
        let done = done.map_err(|error| failed("UpdateItem", &aws::cause(&error)))?;
        decode(done.attributes.unwrap_or_default())
    }

    /// Gives the lease back, unless a newer erasure has it. The work is done: if this fails, the lease runs out by itself,
    /// and the next erasure of the number goes on under this receipt.
    pub(super) async fn end(&self, receipt_id: Uuid) {
        let delete = self
            .store
            .clients
            .dynamodb
            .delete_item()
            .table_name(&self.rules.erasure_table);
        let delete = delete
            .set_key(Some(UserStore::erasure_key(self.partition)))
            .condition_expression("receiptId = :id")
            .expression_attribute_values(":id", AttributeValue::S(receipt_id.to_string()));
        if let Err(error) = delete.send().await {
            tracing::warn!(
                cause = aws::cause(&error),
                "the lease of a finished erasure stays until it runs out"
            );
        }
    }

    fn update(&self, key: Item) -> UpdateItemFluentBuilder {
        let update = self
            .store
            .clients
            .dynamodb
            .update_item()
            .table_name(&self.rules.erasure_table);
        update.set_key(Some(key)).return_values(ReturnValue::AllNew)
    }
}

/// The record's key in the table of erasure records.
pub(super) fn record_key(receipt_id: Uuid) -> Item {
    Item::from([(
        "pk".to_owned(),
        AttributeValue::S(format!("{RECORDS}{receipt_id}")),
    )])
}

fn failed(call: &str, cause: &str) -> Error {
    Error::unavailable(format!("{call}: {cause}"))
}
