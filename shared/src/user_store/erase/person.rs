//! Erasing one person after the other, each in one transaction with its count.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

use super::record::record_key;
use super::{Erasure, Member};
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

impl Erasure<'_> {
    pub(super) async fn erase_all(&self, receipt_id: Uuid) -> Result<(), Error> {
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
        let mut lost = Lost::default();
        let mut busy = String::from("others change the same person");
        for tries in 0..MAX_TRIES {
            let person: Option<Person> = self.store.get(&member.person).await?;
            lost.read(person.as_ref());
            let (transaction, erased) = match person {
                Some(person) if person.phone_number.as_ref() == Some(self.number) => {
                    (self.erasure_of(person, member, receipt_id, &lost.ids), 1)
                }
                other => (self.end_of_membership(member, other.is_some()), 0),
            };
            match transaction.commit(&self.store.clients.dynamodb).await? {
                Outcome::Committed => {
                    let metrics = &self.store.clients.metrics;
                    metrics.count_many(Family::UsersErased, &[], erased);
                    return Ok(());
                }
                Outcome::Refused(parts) => lost.learn(parts),
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
        lost: &HashSet<AuraId>,
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
        let (table, unchanged) = (&store.table, Condition::unchanged(&person));
        transaction.delete(Part::Person, table, &member.person, Some(unchanged));
        let global = Keys::global(&person.aura_id_global);
        transaction.delete(Part::Other, table, &global, None);
        transaction.delete(Part::Other, table, &member.place, None);
        self.count(receipt_id, live, &mut transaction);
        transaction
    }

    /// Counts a person and its live logins in the erasure's record.
    fn count(&self, receipt_id: Uuid, live: usize, transaction: &mut Transaction) {
        let counted = Condition::new(
            "attribute_exists(pk)",
            vec![
                (":one", AttributeValue::N("1".to_owned())),
                (":live", AttributeValue::N(live.to_string())),
            ],
        );
        let (table, key) = (&self.rules.erasure_table, record_key(receipt_id));
        let count = "ADD erasedUsers :one, erasedLogins :live";
        transaction.update(Part::Other, table, key, count, &counted);
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
}
