//! One write transaction: its items, each with the part it plays, and what became of it.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use serde::Serialize;

use super::Item;
use super::condition::Condition;
use super::keys::Key;
use crate::aws;
use crate::error::Error;
use crate::user::AuraId;

/// How often a transaction that others got in the way of is tried again.
pub(super) const MAX_TRIES: u32 = 12;

/// The reason of an item whose condition did not hold.
const CONDITION_FAILED: &str = "ConditionalCheckFailed";

/// What an item is in the transaction for: tells what it means when its condition fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The person was changed by somebody else meanwhile: look again.
    Person,
    /// The new login's id is somebody else's.
    Login,
    /// A former login's id has passed to somebody else: leave it alone.
    Former(AuraId),
    /// The number is being erased.
    Erasure,
    /// The callback's state is another visit's by now.
    State,
    /// Has no condition.
    Other,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of it was stored.
    Committed,
    /// None of it: the conditions of these parts did not hold.
    Refused(Vec<Part>),
    /// None of it: others were at the same items, or the table is throttled.
    Busy(String),
}

/// A transaction in the making.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    items: Vec<TransactWriteItem>,
    parts: Vec<Part>,
}

impl Transaction {
    pub(super) fn put(
        &mut self,
        part: Part,
        table: &str,
        key: &Key,
        value: &impl Serialize,
        only_if: Option<Condition>,
    ) {
        // What cannot be an item leaves the put without one, and the whole transaction is refused.
        let item = serde_dynamo::to_item(value).ok().map(|mut item: Item| {
            item.extend(key.attributes());
            item
        });
        let mut put = Put::builder().table_name(table).set_item(item);
        if let Some(condition) = only_if {
            put = put.condition_expression(&condition.expression);
            put = put.set_expression_attribute_values(condition.values());
        }
        self.add(part, TransactWriteItem::builder().set_put(put.build().ok()));
    }

    pub(super) fn delete(
        &mut self,
        part: Part,
        table: &str,
        key: &Key,
        only_if: Option<Condition>,
    ) {
        let mut delete = Delete::builder()
            .table_name(table)
            .set_key(Some(key.attributes()));
        if let Some(condition) = only_if {
            delete = delete.condition_expression(&condition.expression);
            delete = delete.set_expression_attribute_values(condition.values());
        }
        self.add(
            part,
            TransactWriteItem::builder().set_delete(delete.build().ok()),
        );
    }

    pub(super) fn update(
        &mut self,
        part: Part,
        table: &str,
        key: Item,
        expression: &str,
        only_if: &Condition,
    ) {
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(key))
            .update_expression(expression)
            .condition_expression(&only_if.expression)
            .set_expression_attribute_values(only_if.values());
        self.add(
            part,
            TransactWriteItem::builder().set_update(update.build().ok()),
        );
    }

    pub(super) fn check(&mut self, part: Part, table: &str, key: Item, condition: &Condition) {
        let check = ConditionCheck::builder()
            .table_name(table)
            .set_key(Some(key))
            .condition_expression(&condition.expression)
            .set_expression_attribute_values(condition.values());
        self.add(
            part,
            TransactWriteItem::builder().set_condition_check(check.build().ok()),
        );
    }

    fn add(
        &mut self,
        part: Part,
        item: aws_sdk_dynamodb::types::builders::TransactWriteItemBuilder,
    ) {
        self.items.push(item.build());
        self.parts.push(part);
    }

    /// Sends it. Tries of one call carry one token, so that a lost answer is not stored twice.
    pub(super) async fn commit(self, client: &Client) -> Result<Outcome, Error> {
        let sent = client
            .transact_write_items()
            .set_transact_items(Some(self.items))
            .send()
            .await;
        let Err(error) = sent else {
            return Ok(Outcome::Committed);
        };
        let cause = format!("TransactWriteItems: {}", aws::cause(&error));
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        else {
            return Err(Error::unavailable(cause));
        };
        // A conflict beside a condition that failed says that somebody is not finished: only then can conditions tell.
        let codes = cancelled.cancellation_reasons().iter();
        let final_codes = [None, Some("None"), Some(CONDITION_FAILED)];
        if !codes
            .map(|reason| reason.code())
            .all(|code| final_codes.contains(&code))
        {
            return Ok(Outcome::Busy(cause));
        }
        let failed = error.as_service_error().map(failed_conditions);
        let parts = failed.unwrap_or_default().into_iter();
        let parts = parts.filter_map(|at| self.parts.get(at).cloned());
        Ok(Outcome::Refused(parts.collect()))
    }
}

/// Which items of a cancelled transaction had conditions that did not hold.
pub(crate) fn failed_conditions(error: &TransactWriteItemsError) -> Vec<usize> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        return Vec::new();
    };
    let reasons = cancelled.cancellation_reasons().iter().enumerate();
    reasons
        .filter(|(_, reason)| reason.code() == Some(CONDITION_FAILED))
        .map(|(at, _)| at)
        .collect()
}

/// Waits before try number `tries`: at random, so that those who collided part.
pub(super) async fn wait(tries: u32) {
    let most = 10u64 << tries.min(5);
    tokio::time::sleep(Duration::from_millis(fastrand::u64(1..=most))).await;
}
