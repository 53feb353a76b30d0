//! The person's number: its list, its erasure, and the copies of it in the other logins.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use super::plan::Plan;
use crate::user::PhoneNumber;
use crate::user_store::condition::Condition;
use crate::user_store::erase::Membership;
use crate::user_store::items::{Person, PersonLogin};
use crate::user_store::transaction::{Part, Transaction};
use crate::user_store::{UserStore, ttl};

/// How much longer a number's list names a person than the person is kept: TTL may take the two in any order.
const MEMBER_EXTRA: Duration = Duration::from_hours(30 * 24);

impl Plan<'_> {
    /// Keeps the number's list, the other live logins and the erasures of the number in step.
    pub(super) fn put_number(
        &self,
        person: &Person,
        former: Option<&PhoneNumber>,
        transaction: &mut Transaction,
    ) {
        let table = &self.store.table;
        if let Some(former) = former.filter(|former| person.phone_number.as_ref() != Some(*former))
        {
            transaction.delete(
                Part::Other,
                table,
                &self.keys.member(former, self.person_key),
                None,
            );
        }
        let Some(number) = &person.phone_number else {
            return;
        };
        let not_erased = Condition::new(
            "attribute_not_exists(pk) OR leaseUntil < :now",
            vec![(":now", AttributeValue::N(self.now.millis().to_string()))],
        );
        let erasure = UserStore::erasure_key(&self.keys.number(number));
        transaction.check(
            Part::Erasure,
            &self.rules.erasure_table,
            erasure,
            &not_erased,
        );
        let member = Membership {
            aura_id_global: person.aura_id_global.clone(),
            ttl: ttl(person.retained_until.plus(MEMBER_EXTRA)),
        };
        transaction.put(
            Part::Other,
            table,
            &self.keys.member(number, self.person_key),
            &member,
            None,
        );
    }

    /// A new number shows in every live login of the person, beside `made`, which has it already.
    pub(super) fn spread_number(
        &self,
        person: &Person,
        made: Option<&PersonLogin>,
        transaction: &mut Transaction,
    ) {
        let Some(number) = &person.phone_number else {
            return;
        };
        // By id: a transaction takes an item once, and an id that is refused to another channel is in it already.
        let made = made.map(|login| &login.aura_id);
        let live = |login: &&PersonLogin| login.is_live(self.now) && Some(&login.aura_id) != made;
        let others = person.logins.values().filter(live);
        for login in others {
            let own = Condition::new(
                "userId = :user",
                vec![
                    (
                        ":user",
                        AttributeValue::S(person.user_id.as_str().to_owned()),
                    ),
                    (":number", AttributeValue::S(number.as_str().to_owned())),
                ],
            );
            let key = self.keys.login(&login.aura_id).attributes();
            transaction.update(
                Part::Person,
                &self.store.table,
                key,
                "SET phoneNumber = :number",
                &own,
            );
        }
    }
}
