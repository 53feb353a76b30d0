//! Registration (contract 4.1, 4.2): of many at once exactly one makes the login, the others find it.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use super::items::{GlobalItem, Key, Keys, LiveLogin, LoginItem, Person, PersonLogin};
use super::transaction::{Condition, MAX_TRIES, Outcome, Part, Transaction, wait};
use super::{Rules, UserStore, ttl};
use crate::clock::Timestamp;
use crate::control::Channel;
use crate::error::Error;
use crate::user::{AuraId, AuraIdGlobal, AuthorizationId, Login, PhoneNumber, UserId};

/// All tries of one registration together.
const TIME_LIMIT: Duration = Duration::from_secs(8);
/// When a registration with a number that is being erased may be repeated.
const AFTER_ERASURE: Duration = Duration::from_secs(5);
/// How much longer a number's list names a person than the person is kept: TTL may take the two in any order.
const MEMBER_EXTRA: Duration = Duration::from_secs(30 * 86_400);

/// Who logs in, where.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The person.
    pub user_id: UserId,
    /// The grant.
    pub authorization_id: AuthorizationId,
    /// The channel.
    pub channel: Channel,
    /// The person's number; `None` keeps the one that is known.
    pub phone_number: Option<PhoneNumber>,
    /// The login's id where the caller chooses it.
    pub aura_id: Option<AuraId>,
}

impl UserStore {
    /// Returns the login that has this data, or makes it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the chosen id is somebody else's, [`Error::Unavailable`] while the number is being erased or
    /// the store fails: nothing, or all of it, was stored.
    pub async fn register(
        &self,
        registration: &Registration,
        rules: &Rules,
    ) -> Result<Login, Error> {
        let registered =
            tokio::time::timeout(TIME_LIMIT, self.try_to_register(registration, rules)).await;
        registered.unwrap_or_else(|_| Err(Error::unavailable("registration took too long")))
    }

    async fn try_to_register(
        &self,
        registration: &Registration,
        rules: &Rules,
    ) -> Result<Login, Error> {
        let keys = self.keys().await?;
        let person_key = keys.person(&registration.user_id);
        let mut lost = HashSet::new();
        let mut busy = String::from("others change the same person");
        for tries in 0..MAX_TRIES {
            let now = self.clock.now();
            let known: Option<Person> = self.get(&person_key).await?;
            if let Some(login) = known
                .as_ref()
                .and_then(|person| already(person, registration, now))
            {
                return Ok(login);
            }
            let plan = Plan {
                store: self,
                keys,
                person_key: &person_key,
                registration,
                rules,
                now,
                lost: &lost,
            };
            let (login, transaction) = plan.draw(known);
            match transaction.commit(&self.clients.dynamodb).await? {
                Outcome::Committed => return Ok(login),
                Outcome::Refused(parts) => refused(parts, &mut lost)?,
                Outcome::Busy(cause) => busy = cause,
            }
            wait(tries).await;
        }
        Err(Error::unavailable(busy))
    }
}

/// What a refused registration comes to: try again, or an error.
fn refused(parts: Vec<Part>, lost: &mut HashSet<AuraId>) -> Result<(), Error> {
    if parts.contains(&Part::Erasure) {
        let cause = "the number is being erased".to_owned();
        return Err(Error::Unavailable {
            cause,
            retry_after: AFTER_ERASURE,
        });
    }
    if parts.contains(&Part::Login) && !parts.contains(&Part::Person) {
        return Err(Error::Conflict(
            "This auraId belongs to another person or channel, or did a moment ago.",
        ));
    }
    lost.extend(parts.into_iter().filter_map(|part| {
        if let Part::Former(id) = part {
            Some(id)
        } else {
            None
        }
    }));
    Ok(())
}

/// The login that already is what the registration asks for.
fn already(person: &Person, asked: &Registration, now: Timestamp) -> Option<Login> {
    let login = person.logins.get(&asked.channel.id)?;
    let same = login.is_live(now)
        && login.authorization_id == asked.authorization_id
        && asked.aura_id.as_ref().is_none_or(|id| *id == login.aura_id)
        && (asked.phone_number.is_none() || asked.phone_number == person.phone_number);
    if same {
        person.login(&asked.channel.id)
    } else {
        None
    }
}

/// One try: from the person as read to the transaction that makes it what is asked.
struct Plan<'a> {
    store: &'a UserStore,
    keys: Keys<'a>,
    person_key: &'a Key,
    registration: &'a Registration,
    rules: &'a Rules,
    now: Timestamp,
    /// Ids that were this person's and have passed to others.
    lost: &'a HashSet<AuraId>,
}

impl Plan<'_> {
    fn draw(&self, known: Option<Person>) -> (Login, Transaction) {
        let asked = self.registration;
        let mut transaction = Transaction::default();
        let before = known.as_ref().map(|person| person.version);
        let former_number = known
            .as_ref()
            .and_then(|person| person.phone_number.clone());
        let mut person = self.person(known, &mut transaction);
        let renewed = self.login(&person);
        if let Some(login) = &renewed {
            self.let_go(&mut person, &login.aura_id, &mut transaction);
            person
                .logins
                .insert(asked.channel.id.clone(), login.clone());
        }
        let latest_end = person.logins.values().map(|login| login.expires_at).max();
        person.retained_until = self
            .now
            .plus(self.rules.retention)
            .max(latest_end.unwrap_or(self.now));
        self.put_person(&person, before, &mut transaction);
        if let Some(login) = &renewed {
            self.put_login(&person, login, &mut transaction);
        }
        self.put_number(&person, former_number.as_ref(), &mut transaction);
        if person.phone_number != former_number {
            self.spread_number(&person, renewed.as_ref(), &mut transaction);
        }
        // The channel's login is there: it was put in above, or `login` found it live.
        let login = person
            .login(&asked.channel.id)
            .unwrap_or_else(|| unreachable!("the login was just made"));
        (login, transaction)
    }

    /// The person to change: the known one with the new number, or a new one where none is kept any more.
    fn person(&self, known: Option<Person>, transaction: &mut Transaction) -> Person {
        let asked = self.registration;
        let (mut person, version) = match known {
            Some(person) if person.retained_until > self.now => {
                let version = person.version;
                (person, version)
            }
            forgotten => {
                if let Some(gone) = &forgotten {
                    transaction.delete(
                        Part::Other,
                        &self.store.table,
                        &Keys::global(&gone.aura_id_global),
                        None,
                    );
                }
                (self.new_person(), forgotten.map_or(0, |gone| gone.version))
            }
        };
        person.version = version + 1;
        if asked.phone_number.is_some() {
            person.phone_number.clone_from(&asked.phone_number);
        }
        person
    }

    fn new_person(&self) -> Person {
        Person {
            user_id: self.registration.user_id.clone(),
            aura_id_global: AuraIdGlobal::random(),
            phone_number: None,
            version: 0,
            logins: std::collections::BTreeMap::new(),
            removed: std::collections::BTreeMap::new(),
            retained_until: self.now,
        }
    }

    /// The login to make; `None` when only the number changes.
    fn login(&self, person: &Person) -> Option<PersonLogin> {
        let asked = self.registration;
        let current = person
            .logins
            .get(&asked.channel.id)
            .filter(|login| login.is_live(self.now));
        let same = current.is_some_and(|login| {
            login.authorization_id == asked.authorization_id
                && asked.aura_id.as_ref().is_none_or(|id| *id == login.aura_id)
        });
        (!same).then(|| PersonLogin {
            aura_id: asked.aura_id.clone().unwrap_or_else(AuraId::random),
            authorization_id: asked.authorization_id.clone(),
            created_at: self.now,
            expires_at: self.now.plus(asked.channel.lifetime()),
        })
    }

    /// Ends what the new login supersedes: the channel's former login, and an expired one elsewhere that had the new id.
    fn let_go(&self, person: &mut Person, new: &AuraId, transaction: &mut Transaction) {
        let former = person
            .logins
            .remove(&self.registration.channel.id)
            .filter(|login| login.aura_id != *new);
        person
            .logins
            .retain(|_, login| login.aura_id != *new || login.is_live(self.now));
        if let Some(former) = former.filter(|login| !self.lost.contains(&login.aura_id)) {
            self.store.retire(
                self.keys,
                person,
                &former,
                self.rules.quarantine,
                self.now,
                transaction,
            );
        }
    }

    fn put_person(&self, person: &Person, before: Option<u64>, transaction: &mut Transaction) {
        let table = &self.store.table;
        let unchanged = match before {
            None => Condition::new("attribute_not_exists(pk)", vec![]),
            Some(version) => Condition::new(
                "version = :was",
                vec![(":was", AttributeValue::N(version.to_string()))],
            ),
        };
        self.store
            .put_person(self.person_key, person, unchanged, transaction);
        let global = GlobalItem::of(person);
        transaction.put(
            Part::Other,
            table,
            &Keys::global(&person.aura_id_global),
            &global,
            None,
        );
    }

    fn put_login(&self, person: &Person, login: &PersonLogin, transaction: &mut Transaction) {
        let channel = &self.registration.channel.id;
        let live = LiveLogin {
            user_id: person.user_id.clone(),
            authorization_id: login.authorization_id.clone(),
            aura_id: login.aura_id.clone(),
            aura_id_global: person.aura_id_global.clone(),
            channel_id: channel.clone(),
            phone_number: person.phone_number.clone(),
            created_at: login.created_at,
            expires_at: login.expires_at,
        };
        let reusable_at = login.expires_at.plus(self.rules.quarantine);
        let item = LoginItem {
            login: Some(live),
            reusable_at,
            ttl: ttl(reusable_at),
        };
        let free = self.id_is_free(person, &login.aura_id);
        transaction.put(
            Part::Login,
            &self.store.table,
            &self.keys.login(&login.aura_id),
            &item,
            Some(free),
        );
    }

    /// An id is free that nobody has or had, or not for a while, or that is or was this person's own.
    fn id_is_free(&self, person: &Person, id: &AuraId) -> Condition {
        if self.registration.aura_id.is_none() {
            return Condition::new("attribute_not_exists(pk)", vec![]);
        }
        let removed = person.removed.get(&self.keys.login_digest(id));
        let own_mark = removed.is_some_and(|until| *until > self.now);
        let expression = "attribute_not_exists(pk) OR reusableAt <= :now \
            OR (userId = :user AND (channelId = :channel OR expiresAt <= :now))";
        let or_own_mark = if own_mark {
            " OR attribute_not_exists(userId)"
        } else {
            ""
        };
        let text = |value: &str| AttributeValue::S(value.to_owned());
        Condition::new(
            &format!("{expression}{or_own_mark}"),
            vec![
                (":now", AttributeValue::N(self.now.millis().to_string())),
                (":user", text(person.user_id.as_str())),
                (":channel", text(self.registration.channel.id.as_str())),
            ],
        )
    }

    /// Keeps the number's list, the other live logins and the erasures of the number in step.
    fn put_number(
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
        let member = super::erase::Membership {
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
    fn spread_number(
        &self,
        person: &Person,
        made: Option<&PersonLogin>,
        transaction: &mut Transaction,
    ) {
        let Some(number) = &person.phone_number else {
            return;
        };
        let others = person
            .logins
            .values()
            .filter(|login| login.is_live(self.now) && Some(*login) != made);
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
                own,
            );
        }
    }
}
