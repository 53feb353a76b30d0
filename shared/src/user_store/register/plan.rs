//! One try of a registration: from the person as read to the transaction that makes it what is asked.

use std::collections::HashSet;

use super::Registration;
use crate::clock::Timestamp;
use crate::control::MAX_CHANNELS;
use crate::user::{AuraId, AuraIdGlobal, Login};
use crate::user_store::condition::Condition;
use crate::user_store::items::{Person, PersonLogin};
use crate::user_store::keys::{Key, Keys};
use crate::user_store::transaction::{Part, Transaction};
use crate::user_store::{Rules, UserStore};

/// What a try works from.
pub(super) struct Plan<'a> {
    pub(super) store: &'a UserStore,
    pub(super) keys: Keys<'a>,
    pub(super) person_key: &'a Key,
    pub(super) registration: &'a Registration,
    pub(super) rules: &'a Rules,
    pub(super) now: Timestamp,
    /// Ids that were this person's and have passed to others.
    pub(super) lost: &'a HashSet<AuraId>,
}

impl Plan<'_> {
    pub(super) fn draw(&self, known: Option<Person>) -> (Login, Transaction) {
        let asked = self.registration;
        let mut transaction = Transaction::default();
        let unchanged = known.as_ref().map(Condition::unchanged);
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
            .plus(asked.retention)
            .max(latest_end.unwrap_or(self.now));
        let unchanged =
            unchanged.unwrap_or_else(|| Condition::new("attribute_not_exists(pk)", vec![]));
        self.store
            .put_person(self.person_key, &person, unchanged, &mut transaction);
        if let Some(login) = &renewed {
            self.put_login(&person, login, &mut transaction);
        }
        self.put_number(&person, former_number.as_ref(), &mut transaction);
        if person.phone_number != former_number {
            self.spread_number(&person, renewed.as_ref(), &mut transaction);
        }
        if let Some(claim) = &asked.claim {
            claim.spend_in(&mut transaction, &self.store.table, self.now);
        }
        // The channel's login is there: it was put in above, or `login` found it live.
        let login = person
            .login(&asked.channel.id)
            .unwrap_or_else(|| unreachable!("the login was just made"));
        (login, transaction)
    }

    /// The person to change: the known one with the new number, or a new one where none is kept any more.
    fn person(&self, known: Option<Person>, transaction: &mut Transaction) -> Person {
        let version = known.as_ref().map_or(0, |person| person.version);
        let mut person = match known {
            Some(person) if person.retained_until > self.now => person,
            forgotten => {
                let mut person = self.new_person();
                if let Some(gone) = forgotten {
                    let global = Keys::global(&gone.aura_id_global);
                    transaction.delete(Part::Other, &self.store.table, &global, None);
                    self.end(&mut person, gone.logins.into_values(), transaction);
                }
                person
            }
        };
        person.version = version + 1;
        if self.registration.phone_number.is_some() {
            person
                .phone_number
                .clone_from(&self.registration.phone_number);
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
    /// Channels come and go, and a person's logins must stay few enough for one transaction: the oldest give way.
    fn let_go(&self, person: &mut Person, new: &AuraId, transaction: &mut Transaction) {
        let former = person
            .logins
            .remove(&self.registration.channel.id)
            .filter(|login| login.aura_id != *new);
        person
            .logins
            .retain(|_, login| login.aura_id != *new || login.is_live(self.now));
        let mut ended = Vec::from_iter(former);
        while person.logins.len() >= MAX_CHANNELS {
            let others = person.logins.iter();
            let oldest = others.min_by_key(|(_, login)| login.expires_at);
            let channel = oldest.map(|(channel, _)| channel.clone());
            ended.extend(channel.and_then(|channel| person.logins.remove(&channel)));
        }
        self.end(person, ended.into_iter(), transaction);
    }

    /// Ends logins, but for those whose ids have passed to others, or are asked for now and in the transaction already.
    fn end(
        &self,
        person: &mut Person,
        ended: impl Iterator<Item = PersonLogin>,
        transaction: &mut Transaction,
    ) {
        let asked = self.registration.aura_id.as_ref();
        for login in ended {
            if !self.lost.contains(&login.aura_id) && asked != Some(&login.aura_id) {
                let quarantine = self.rules.quarantine;
                self.store
                    .retire(self.keys, person, &login, quarantine, self.now, transaction);
            }
        }
    }
}
