//! Erasure by phone number (contract 4.4): resumable, counted exactly, and nothing reported erased that still exists.
//!
//! Each person goes in one transaction that also counts it in the erasure's record, so that a cut at any point loses and
//! doubles nothing. While it runs, a lease under the number's digest keeps registrations with that number out.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::items::{Key, Keys, Person};
use super::transaction::{Condition, MAX_TRIES, Outcome, Part, Transaction, wait};
use super::{Item, Rules, UserStore, decode};
use crate::aws;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::user::{AuraIdGlobal, PhoneNumber};

/// After this much work the caller is asked to repeat (contract 4.4).
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// Longer than an erasure can work: afterwards nobody is at it any more, and registrations need not wait.
const LEASE: Duration = Duration::from_secs(30);
/// When an unfinished erasure may be repeated.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Persons listed at a time.
const PAGE: i32 = 50;

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
        let erasing = async {
            let keys = self.keys().await?;
            let partition = keys.number(number);
            let erasure = Erasure {
                store: self,
                rules,
                keys,
                number,
                partition: &partition,
                deadline,
            };
            let receipt_id = erasure.begin().await?;
            erasure.record(receipt_id, key_id).await?;
            erasure.erase_all(receipt_id).await?;
            let receipt = erasure.complete(receipt_id).await?;
            erasure.end(receipt_id).await;
            Ok(receipt)
        };
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
    number: &'a PhoneNumber,
    partition: &'a str,
    deadline: Timestamp,
}

impl Erasure<'_> {
    /// Takes the number's lease, under the receipt of an unfinished erasure if there is one.
    async fn begin(&self) -> Result<Uuid, Error> {
        let lease = self.store.clock.now().plus(LEASE).millis().to_string();
        let update = self.update(UserStore::erasure_key(self.partition));
        let marked = update
            .update_expression(
                "SET receiptId = if_not_exists(receiptId, :new), leaseUntil = :lease",
            )
            .expression_attribute_values(":new", AttributeValue::S(Uuid::new_v4().to_string()))
            .expression_attribute_values(":lease", AttributeValue::N(lease))
            .send()
            .await;
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Lease {
            receipt_id: Uuid,
        }
        let marked = marked.map_err(|error| failed("UpdateItem", &aws::cause(&error)))?;
        decode::<Lease>(marked.attributes.unwrap_or_default()).map(|lease| lease.receipt_id)
    }

    /// Makes the record of this erasure, unless it is there.
    async fn record(&self, receipt_id: Uuid, key_id: &str) -> Result<(), Error> {
        let now = self.store.clock.now().millis().to_string();
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
        update
            .send()
            .await
            .map(|_| ())
            .map_err(|error| failed("UpdateItem", &aws::cause(&error)))
    }

    async fn erase_all(&self, receipt_id: Uuid) -> Result<(), Error> {
        loop {
            let members = self.store.members(self.partition, Some(PAGE)).await?;
            if members.is_empty() {
                return Ok(());
            }
            for member in members {
                if self.store.clock.now() >= self.deadline {
                    return Err(Error::unavailable("20 s of work"));
                }
                self.erase_person(&member, receipt_id).await?;
            }
        }
    }

    async fn erase_person(&self, member: &Member, receipt_id: Uuid) -> Result<(), Error> {
        let mut lost = HashSet::new();
        let mut busy = String::from("others change the same person");
        for tries in 0..MAX_TRIES {
            let person: Option<Person> = self.store.get(&member.person).await?;
            let transaction = match person {
                Some(person) if person.phone_number.as_ref() == Some(self.number) => {
                    self.erasure_of(person, member, receipt_id, &lost)
                }
                other => self.end_of_membership(member, other.is_some()),
            };
            match transaction.commit(&self.store.clients.dynamodb).await? {
                Outcome::Committed => return Ok(()),
                Outcome::Refused(parts) => {
                    lost.extend(parts.into_iter().filter_map(|part| match part {
                        Part::Former(id) => Some(id),
                        _ => None,
                    }))
                }
                Outcome::Busy(cause) => busy = cause,
            }
            wait(tries).await;
        }
        Err(Error::unavailable(busy))
    }

    /// All there is of a person, in one transaction with the count.
    fn erasure_of(
        &self,
        mut person: Person,
        member: &Member,
        receipt_id: Uuid,
        lost: &HashSet<crate::user::AuraId>,
    ) -> Transaction {
        let (store, now) = (self.store, self.store.clock.now());
        let mut transaction = Transaction::default();
        let live = person
            .logins
            .values()
            .filter(|login| login.is_live(now))
            .count();
        for login in std::mem::take(&mut person.logins)
            .into_values()
            .filter(|login| !lost.contains(&login.aura_id))
        {
            store.retire(
                self.keys,
                &mut person,
                &login,
                self.rules.quarantine,
                now,
                &mut transaction,
            );
        }
        let was = AttributeValue::N(person.version.to_string());
        let unchanged = Condition::new("version = :was", vec![(":was", was)]);
        transaction.delete(Part::Person, &store.table, &member.person, Some(unchanged));
        transaction.delete(
            Part::Other,
            &store.table,
            &Keys::global(&person.aura_id_global),
            None,
        );
        transaction.delete(Part::Other, &store.table, &member.place, None);
        let counted = Condition::new(
            "attribute_exists(pk)",
            vec![
                (":one", AttributeValue::N("1".to_owned())),
                (":live", AttributeValue::N(live.to_string())),
            ],
        );
        let count = "ADD erasedUsers :one, erasedLogins :live";
        transaction.update(
            Part::Other,
            &self.rules.erasure_table,
            record_key(receipt_id),
            count,
            counted,
        );
        transaction
    }

    /// A place in the list whose person is kept no more, or has another number by now: only what hangs on the place goes.
    fn end_of_membership(&self, member: &Member, person_has_moved: bool) -> Transaction {
        let mut transaction = Transaction::default();
        let table = &self.store.table;
        let number = (
            ":number",
            AttributeValue::S(self.number.as_str().to_owned()),
        );
        let still = if person_has_moved {
            Condition::new(
                "attribute_not_exists(phoneNumber) OR phoneNumber <> :number",
                vec![number],
            )
        } else {
            transaction.delete(Part::Other, table, &Keys::global(&member.global), None);
            Condition::new("attribute_not_exists(pk)", vec![])
        };
        transaction.check(Part::Person, table, member.person.attributes(), &still);
        transaction.delete(Part::Other, table, &member.place, None);
        transaction
    }

    /// Writes the end into the record, and reads the counts of all calls.
    async fn complete(&self, receipt_id: Uuid) -> Result<Receipt, Error> {
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
    async fn end(&self, receipt_id: Uuid) {
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

    fn update(
        &self,
        key: Item,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        let update = self
            .store
            .clients
            .dynamodb
            .update_item()
            .table_name(&self.rules.erasure_table);
        update.set_key(Some(key)).return_values(ReturnValue::AllNew)
    }
}

fn record_key(receipt_id: Uuid) -> Item {
    Item::from([(
        "pk".to_owned(),
        AttributeValue::S(format!("RECEIPT#{receipt_id}")),
    )])
}

fn failed(call: &str, cause: &str) -> Error {
    Error::unavailable(format!("{call}: {cause}"))
}
