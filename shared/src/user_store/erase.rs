//! Erasure by phone number (contract 4.4): resumable, counted exactly, and nothing reported erased that still exists.
//!
//! Each person goes in one transaction that also counts it in the erasure's record, so that a cut at any point loses and
//! doubles nothing. While it runs, a lease under the number's digest keeps registrations with that number out.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::keys::{Key, Keys};
use super::{Item, Rules, UserStore, decode};
use crate::aws;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::metrics::Family;
use crate::user::{AuraIdGlobal, PhoneNumber};

mod person;
mod record;
mod replay;

pub use replay::{ErasureRecord, Replayed};

/// After this much work the caller is asked to repeat (contract 4.4).
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// When an unfinished erasure may be repeated.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What an erasure did. Has no personal data; kept in the table of erasure records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The erasure's id.
    pub receipt_id: Uuid,
    /// How many persons were erased.
    pub erased_users: u64,
    /// How many live logins they had.
    pub erased_logins: u64,
    /// When the last of them was gone.
    pub completed_at: Timestamp,
}

/// A person's place in the list of those who have a number.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Membership {
    pub(super) aura_id_global: AuraIdGlobal,
    pub(super) ttl: i64,
}

/// A member found in a number's list.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) person: Key,
    place: Key,
    global: AuraIdGlobal,
}

impl UserStore {
    /// Erases every person whose latest number this is; `key_id` is the id of the key it was asked with, for the record.
    ///
    /// # Errors
    /// [`Error::Unavailable`] after 20 s of work or when the store fails: repeating it goes on under the same receipt.
    pub async fn erase_by_phone_number(
        &self,
        number: &PhoneNumber,
        key_id: &str,
        rules: &Rules,
    ) -> Result<Receipt, Error> {
        let deadline = self.clock.now().plus(TIME_LIMIT);
        in_time(async {
            let keys = self.keys().await?;
            let partition = keys.number(number);
            let erasure = Erasure {
                store: self,
                rules,
                keys,
                partition: &partition,
                deadline,
                cause: Cause::Asked,
            };
            let mut receipt_id = erasure.begin().await?;
            if !erasure.record(receipt_id, key_id).await? {
                receipt_id = erasure.renew(receipt_id).await?;
                erasure.record(receipt_id, key_id).await?;
            }
            erasure.erase_all(receipt_id).await?;
            let receipt = erasure.complete(receipt_id).await?;
            erasure.end(receipt_id).await;
            Ok(receipt)
        })
        .await
        .inspect_err(|_| {
            // Somebody has to see that it comes to its end.
            let metrics = &self.clients.metrics;
            metrics.count(Family::ErasuresUnfinished, &[]);
        })
    }

    /// Whoever has this number, as far as the number's list knows; `limit` at most, or all.
    pub(super) async fn members(
        &self,
        partition: &str,
        limit: Option<i32>,
    ) -> Result<Vec<Member>, Error> {
        let query = self
            .clients
            .dynamodb
            .query()
            .table_name(&*self.table)
            .consistent_read(true)
            .set_limit(limit);
        let query = query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()));
        let failed = |cause: String| Error::unavailable(format!("Query: {cause}"));
        let items = if limit.is_some() {
            query
                .send()
                .await
                .map_err(|error| failed(aws::cause(&error)))?
                .items
                .unwrap_or_default()
        } else {
            let all = query
                .into_paginator()
                .items()
                .send()
                .collect::<Result<_, _>>()
                .await;
            all.map_err(|error| failed(aws::cause(&error)))?
        };
        items.into_iter().map(Member::from_item).collect()
    }

    /// The erasure table's key for what goes on with a number's partition.
    pub(super) fn erasure_key(partition: &str) -> Item {
        Item::from([("pk".to_owned(), AttributeValue::S(partition.to_owned()))])
    }
}

impl Member {
    fn from_item(item: Item) -> Result<Self, Error> {
        let text = |name: &str| {
            item.get(name)
                .and_then(|value| value.as_s().ok())
                .cloned()
                .unwrap_or_default()
        };
        let place = Key {
            pk: text("pk"),
            sk: text("sk"),
        };
        let person = Key {
            pk: place.sk.clone(),
            sk: "PERSON".to_owned(),
        };
        let global = decode::<Membership>(item)?.aura_id_global;
        Ok(Self {
            person,
            place,
            global,
        })
    }
}

/// One call's work on an erasure.
struct Erasure<'a> {
    store: &'a UserStore,
    rules: &'a Rules,
    keys: Keys<'a>,
    partition: &'a str,
    deadline: Timestamp,
    cause: Cause,
}

/// Why persons are erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// Somebody asked for it now.
    Asked,
    /// It was done then, and a restore has brought them back.
    Replayed(Timestamp),
}

/// What an erasure comes to within its time.
async fn in_time<T>(erasing: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let unfinished = |cause: String| Error::Unavailable {
        cause,
        retry_after: RETRY_AFTER,
    };
    match tokio::time::timeout(TIME_LIMIT, erasing).await {
        Ok(Err(Error::Unavailable { cause, .. })) => {
            Err(unfinished(format!("erasure unfinished: {cause}")))
        }
        Ok(done) => done,
        Err(_) => Err(unfinished("erasure unfinished: 20 s of work".to_owned())),
    }
}
