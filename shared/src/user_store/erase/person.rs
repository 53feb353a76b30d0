//! Erasing one person after the other, each in one transaction with its count.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

use super::record::record_key;
use super::{Cause, Erasure, Member};
use crate::error::Error;
use crate::metrics::Family;
use crate::user::AuraId;
use crate::user_store::condition::Condition;
use crate::user_store::items::Person;
use crate::user_store::keys::Keys;
use crate::user_store::lost::Lost;
use crate::user_store::transaction::{MAX_TRIES, Outcome, Part, Transaction, wait};

/// Persons listed at a time.
const PAGE: i32 = 50;

/// What became of a member of a number's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Erased, with so many live logins.
    Erased(u64),
    /// Not a person of this number any more, or none at all: the place is gone.
    Moved,
    /// Came after the erasure that is replayed: still there.
    Spared,
}

impl Erasure<'_> {
    pub(super) async fn erase_all(&self, receipt_id: Uuid) -> Result<(), Error> {
        loop {
            let members = self.store.members(self.partition, Some(PAGE)).await?;
            if members.is_empty() {
                return Ok(());
            }
            for member in members {
                self.check_time()?;
                self.erase_person(&member, receipt_id).await?;
            }
        }
    }

    /// Ends what takes too long between two persons, where nothing is half done.
    pub(super) fn check_time(&self) -> Result<(), Error> {
        if self.store.clock.now() < self.deadline {
            return Ok(());
        }
        Err(Error::unavailable("20 s of work"))
    }

    pub(super) async fn erase_person(
        &self,
        member: &Member,
        receipt_id: Uuid,
    ) -> Result<Fate, Error> {
        let mut lost = Lost::default();
        let mut busy = String::from("others change the same person");
        for tries in 0..MAX_TRIES {
            let person: Option<Person> = self.store.get(&member.person).await?;
            lost.read(person.as_ref());
            let (transaction, fate) = match person {
                Some(person) if !self.has_number(&person) => {
                    (self.end_of_membership(member, Some(&person)), Fate::Moved)
                }
                Some(person) if self.spares(&person) => return Ok(Fate::Spared),
                Some(person) => self.erasure_of(person, member, receipt_id, &lost.ids),
                None => (self.end_of_membership(member, None), Fate::Moved),
            };
            match transaction.commit(&self.store.clients.dynamodb).await? {
                Outcome::Committed => {
                    let erased = u64::from(fate != Fate::Moved);
                    let metrics = &self.store.clients.metrics;
                    metrics.count_many(Family::UsersErased, &[], erased);
                    return Ok(fate);
                }
                Outcome::Refused(parts) => lost.learn(parts),
                Outcome::Busy(cause) => busy = cause,
            }
            wait(tries).await;
        }
        Err(Error::unavailable(busy))
    }

    /// Whether the number that is erased is the person's latest: the number itself is not known where an erasure is replayed.
    pub(super) fn has_number(&self, person: &Person) -> bool {
        let number = person.phone_number.as_ref();
        number.is_some_and(|number| self.keys.number(number) == self.partition)
    }

    /// Whether the person is certainly not one of those whose erasure is replayed: every change that it ever had made a login
    /// that is still there, and all of them came after that erasure. Where that cannot be told, the person is erased.
    pub(super) fn spares(&self, person: &Person) -> bool {
        let Cause::Replayed(completed_at) = self.cause else {
            return false;
        };
        let mut logins = person.logins.values();
        usize::try_from(person.version).is_ok_and(|changes| changes == person.logins.len())
            && logins.all(|login| login.created_at > completed_at)
    }

    /// All there is of a person, in one transaction with the count.
    fn erasure_of(
        &self,
        mut person: Person,
        member: &Member,
        receipt_id: Uuid,
        lost: &HashSet<AuraId>,
    ) -> (Transaction, Fate) {
        let (store, now) = (self.store, self.store.clock.now());
        let mut transaction = Transaction::default();
        let live = person.logins.values().filter(|login| login.is_live(now));
        let live = live.count() as u64;
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
        let (table, unchanged) = (&store.table, Condition::unchanged(&person));
        transaction.delete(Part::Person, table, &member.person, Some(unchanged));
        let global = Keys::global(&person.aura_id_global);
        transaction.delete(Part::Other, table, &global, None);
        transaction.delete(Part::Other, table, &member.place, None);
        self.count(receipt_id, live, &mut transaction);
        (transaction, Fate::Erased(live))
    }

    /// Counts a person and its live logins in the erasure's record. Who is erased again was counted there already: what a
    /// restore undid is counted beside it.
    fn count(&self, receipt_id: Uuid, live: u64, transaction: &mut Transaction) {
        let counted = Condition::new(
            "attribute_exists(pk)",
            vec![
                (":one", AttributeValue::N("1".to_owned())),
                (":live", AttributeValue::N(live.to_string())),
            ],
        );
        let (table, key) = (&self.rules.erasure_table, record_key(receipt_id));
        let count = match self.cause {
            Cause::Asked => "ADD erasedUsers :one, erasedLogins :live",
            Cause::Replayed(_) => "ADD replayedUsers :one, replayedLogins :live",
        };
        transaction.update(Part::Other, table, key, count, &counted);
    }

    /// A place in the list whose person is kept no more, or has another number by now: only what hangs on the place goes.
    fn end_of_membership(&self, member: &Member, moved: Option<&Person>) -> Transaction {
        let mut transaction = Transaction::default();
        let table = &self.store.table;
        let still = if let Some(person) = moved {
            Condition::unchanged(person)
        } else {
            transaction.delete(Part::Other, table, &Keys::global(&member.global), None);
            Condition::new("attribute_not_exists(pk)", vec![])
        };
        transaction.check(Part::Person, table, member.person.attributes(), &still);
        transaction.delete(Part::Other, table, &member.place, None);
        transaction
    }
}
