//! Removal of one login (contract 4.5, 4.6), and what every end of a login has in common.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use super::condition::Condition;
use super::items::{GlobalItem, LoginItem, Person, PersonLogin};
use super::keys::{Key, Keys};
use super::state_claim::StateClaim;
use super::transaction::{MAX_TRIES, Outcome, Part, Transaction, wait};
use super::{Rules, TIME_LIMIT, UserStore, ttl};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::metrics::Family;
use crate::sealed_state::StateRefusal;
use crate::user::AuraId;

/// How much longer a person's item stays than the person counts: TTL may take items in any order, and an erasure finds the
/// logins by it.
const PERSON_EXTRA: Duration = Duration::from_hours(15 * 24);

impl UserStore {
    /// Removes the valid login with this id; `false` when there is none. A logout callback's hold on its state is spent with it.
    ///
    /// # Errors
    /// [`Error::BadState`] when the claim is lost, [`Error::Unavailable`] when the store fails: the login is there, or it is gone.
    pub async fn remove_user(
        &self,
        aura_id: &AuraId,
        rules: &Rules,
        claim: Option<&StateClaim>,
    ) -> Result<bool, Error> {
        let removing = self.try_to_remove(aura_id, rules, claim);
        let removed = tokio::time::timeout(TIME_LIMIT, removing).await;
        removed.unwrap_or_else(|_| Err(Error::unavailable("removal took too long")))
    }

    async fn try_to_remove(
        &self,
        aura_id: &AuraId,
        rules: &Rules,
        claim: Option<&StateClaim>,
    ) -> Result<bool, Error> {
        let keys = self.keys().await?;
        let mut busy = String::from("others change the same person");
        for tries in 0..MAX_TRIES {
            let now = self.clock.now();
            let found: Option<LoginItem> = self.get(&keys.login(aura_id)).await?;
            let live = found
                .and_then(|item| item.login)
                .filter(|login| login.expires_at > now);
            let Some(login) = live else {
                if let Some(claim) = claim {
                    self.spend_state(claim).await?;
                }
                return Ok(false);
            };
            let person_key = keys.person(&login.user_id);
            let person: Option<Person> = self.get(&person_key).await?;
            // Between the two reads the login may have ended: then the next look at it tells.
            if let Some(mut transaction) =
                person.and_then(|person| self.removal(keys, &person_key, person, aura_id, rules))
            {
                if let Some(claim) = claim {
                    claim.spend_in(&mut transaction, &self.table, now);
                }
                match transaction.commit(&self.clients.dynamodb).await? {
                    Outcome::Committed => {
                        self.clients.metrics.count(Family::UsersRemoved, &[]);
                        return Ok(true);
                    }
                    Outcome::Refused(parts) if parts.contains(&Part::State) => {
                        return Err(Error::BadState(StateRefusal::Used));
                    }
                    Outcome::Refused(_) => {}
                    Outcome::Busy(cause) => busy = cause,
                }
            }
            wait(tries).await;
        }
        Err(Error::unavailable(busy))
    }

    fn removal(
        &self,
        keys: Keys<'_>,
        person_key: &Key,
        mut person: Person,
        aura_id: &AuraId,
        rules: &Rules,
    ) -> Option<Transaction> {
        let now = self.clock.now();
        let (channel, _) = person
            .logins
            .iter()
            .find(|(_, login)| login.aura_id == *aura_id)?;
        let channel = channel.clone();
        let login = person.logins.remove(&channel)?;
        let mut transaction = Transaction::default();
        self.retire(
            keys,
            &mut person,
            &login,
            rules.quarantine,
            now,
            &mut transaction,
        );
        let unchanged = Condition::unchanged(&person);
        person.version += 1;
        self.put_person(person_key, &person, unchanged, &mut transaction);
        Some(transaction)
    }

    /// Ends a login of `person`: while nobody else can have its id, a mark stays that holds nothing but the time.
    pub(super) fn retire(
        &self,
        keys: Keys<'_>,
        person: &mut Person,
        login: &PersonLogin,
        quarantine: Duration,
        now: Timestamp,
        transaction: &mut Transaction,
    ) {
        let key = keys.login(&login.aura_id);
        let part = Part::Former(login.aura_id.clone());
        let user = AttributeValue::S(person.user_id.as_str().to_owned());
        let still_own = Some(Condition::new("userId = :user", vec![(":user", user)]));
        let reusable_at = login.reusable_at(now, quarantine);
        if reusable_at <= now {
            transaction.delete(part, &self.table, &key, still_own);
            return;
        }
        let mark = LoginItem {
            login: None,
            reusable_at,
            ttl: ttl(reusable_at),
        };
        transaction.put(part, &self.table, &key, &mark, still_own);
        person.remember_removed(keys.login_digest(&login.aura_id), reusable_at, now);
    }

    /// Stores the person, and the logins by its global id, if nobody changed it meanwhile, for as long as it is kept.
    pub(super) fn put_person(
        &self,
        key: &Key,
        person: &Person,
        unchanged: Condition,
        transaction: &mut Transaction,
    ) {
        let kept = super::items::Kept {
            person,
            ttl: ttl(person.retained_until.plus(PERSON_EXTRA)),
        };
        transaction.put(Part::Person, &self.table, key, &kept, Some(unchanged));
        let (key, global) = (Keys::global(&person.aura_id_global), GlobalItem::of(person));
        transaction.put(Part::Other, &self.table, &key, &global, None);
    }
}
