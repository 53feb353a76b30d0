//! Replaying erasures after a restore: the users' table was turned back, the records of erasures were not.
//!
//! A record has the digest of its number, which is the partition of the number's list: that is enough to find the persons again.
//! They go as they went the first time, under the same lease; the receipt, which its caller has, stays as it was.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;
use uuid::Uuid;

use super::person::Fate;
use super::record::RECORDS;
use super::{Cause, Erasure, TIME_LIMIT, in_time};
use crate::aws;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::user_store::items::Person;
use crate::user_store::{Rules, UserStore, decode};

/// The record of an erasure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureRecord {
    /// The erasure's id.
    pub receipt_id: Uuid,
    /// The partition of the number's list.
    number_digest: String,
    /// When the last person was gone; `None` while it is unfinished.
    pub completed_at: Option<Timestamp>,
    /// How many persons were erased when it was asked for.
    pub erased_users: u64,
    /// How many were erased again, in all replays.
    #[serde(default)]
    pub replayed_users: u64,
}

/// What a replay of one erasure did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// How many persons were erased again.
    pub users: u64,
    /// How many live logins they had.
    pub logins: u64,
    /// How many have the number and were left alone, because they came after the erasure.
    pub spared: u64,
}

impl UserStore {
    /// The records of all erasures: the unfinished ones first, then by their end.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when they cannot be read.
    pub async fn erasures(&self, rules: &Rules) -> Result<Vec<ErasureRecord>, Error> {
        let scan = self
            .clients
            .dynamodb
            .scan()
            .table_name(&rules.erasure_table)
            .consistent_read(true);
        let scan = scan
            .filter_expression("begins_with(pk, :records)")
            .expression_attribute_values(":records", AttributeValue::S(RECORDS.to_owned()));
        let pages = scan.into_paginator().items().send();
        let items = pages.collect::<Result<Vec<_>, _>>().await;
        let items =
            items.map_err(|error| Error::unavailable(format!("Scan: {}", aws::cause(&error))))?;
        let records = items.into_iter().map(decode).collect::<Result<Vec<_>, _>>();
        let mut records: Vec<ErasureRecord> = records?;
        records.sort_by_key(|record| (record.completed_at, record.receipt_id));
        Ok(records)
    }

    /// How many persons there are that the erasure of this record would have taken.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be read.
    pub async fn persons_of(&self, record: &ErasureRecord) -> Result<usize, Error> {
        Ok(self.members(&record.number_digest, None).await?.len())
    }

    /// Erases again whoever has the number of this erasure, but for those who certainly came after it. Changes nothing where
    /// there is nobody; an erasure that is unfinished is left to [`Self::finish_erasure`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] after 20 s of work or when the store fails: repeating it goes on.
    pub async fn replay_erasure(
        &self,
        record: &ErasureRecord,
        rules: &Rules,
    ) -> Result<Replayed, Error> {
        let Some(completed_at) = record.completed_at else {
            return Ok(Replayed::default());
        };
        let erasure = self.again(record, rules, Cause::Replayed(completed_at));
        Box::pin(in_time(async {
            erasure.await?.replay(record.receipt_id).await
        }))
        .await
    }

    /// Takes up an erasure that was never finished, as whoever asked for it would by asking again: under its receipt.
    ///
    /// # Errors
    /// [`Error::Unavailable`] after 20 s of work or when the store fails: repeating it goes on.
    pub async fn finish_erasure(
        &self,
        record: &ErasureRecord,
        rules: &Rules,
    ) -> Result<Replayed, Error> {
        let erasure = self.again(record, rules, Cause::Asked);
        Box::pin(in_time(async {
            erasure.await?.finish(record.receipt_id).await
        }))
        .await
    }

    async fn again<'a>(
        &'a self,
        record: &'a ErasureRecord,
        rules: &'a Rules,
        cause: Cause,
    ) -> Result<Erasure<'a>, Error> {
        Ok(Erasure {
            store: self,
            rules,
            keys: self.keys().await?,
            partition: &record.number_digest,
            deadline: self.clock.now().plus(TIME_LIMIT),
            cause,
        })
    }
}

impl Erasure<'_> {
    /// A replay that finds nobody to erase writes nothing at all, no lease either.
    async fn replay(&self, receipt_id: Uuid) -> Result<Replayed, Error> {
        if let Some(spared) = self.spared_only().await? {
            let nothing = Replayed::default();
            return Ok(Replayed { spared, ..nothing });
        }
        self.hold(receipt_id).await?;
        let done = self.erase_again(receipt_id).await?;
        self.end(receipt_id).await;
        Ok(done)
    }

    async fn finish(&self, receipt_id: Uuid) -> Result<Replayed, Error> {
        self.hold(receipt_id).await?;
        let done = self.erase_again(receipt_id).await?;
        self.complete(receipt_id).await?;
        self.end(receipt_id).await;
        Ok(done)
    }

    /// How many there are, if they are all left alone; `None` while somebody or something is to go.
    async fn spared_only(&self) -> Result<Option<u64>, Error> {
        let mut spared = 0;
        for member in self.store.members(self.partition, None).await? {
            let person: Option<Person> = self.store.get(&member.person).await?;
            if !person.is_some_and(|person| self.has_number(&person) && self.spares(&person)) {
                return Ok(None);
            }
            spared += 1;
        }
        Ok(Some(spared))
    }

    /// Takes the lease. One of another erasure means that it is unfinished: it takes everybody, and counts them.
    async fn hold(&self, receipt_id: Uuid) -> Result<(), Error> {
        if self.lease(receipt_id).await? == receipt_id {
            return Ok(());
        }
        let cause = "another erasure of the number is unfinished".to_owned();
        Err(Error::unavailable(cause))
    }

    /// Until a look at the number's list finds nobody but those who are left alone.
    async fn erase_again(&self, receipt_id: Uuid) -> Result<Replayed, Error> {
        let mut done = Replayed::default();
        loop {
            let (mut is_over, mut spared) = (true, 0);
            for member in self.store.members(self.partition, None).await? {
                self.check_time()?;
                match self.erase_person(&member, receipt_id).await? {
                    Fate::Spared => spared += 1,
                    Fate::Moved => is_over = false,
                    Fate::Erased(logins) => {
                        is_over = false;
                        done.users += 1;
                        done.logins += logins;
                    }
                }
            }
            if is_over {
                return Ok(Replayed { spared, ..done });
            }
        }
    }
}
