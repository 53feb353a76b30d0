//! The keys of the users' table. Ids from outside stand in them as keyed digests only.

use aws_sdk_dynamodb::types::AttributeValue;

use uuid::Uuid;

use super::Item;
use crate::digest::Digester;
use crate::user::{AuraId, AuraIdGlobal, PhoneNumber, UserId};

/// An item's primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    fn of(kind: &str, id: &str) -> Self {
        Self {
            pk: format!("{kind}#{id}"),
            sk: kind.to_owned(),
        }
    }

    pub(super) fn attributes(&self) -> Item {
        let text = |value: &String| AttributeValue::S(value.clone());
        Item::from([
            ("pk".to_owned(), text(&self.pk)),
            ("sk".to_owned(), text(&self.sk)),
        ])
    }
}

/// Makes keys.
#[derive(Clone, Copy)]
pub(super) struct Keys<'a>(pub(super) &'a Digester);

impl Keys<'_> {
    pub(super) fn person(self, id: &UserId) -> Key {
        Key::of("PERSON", &self.0.digest("person", id.as_str()))
    }

    pub(super) fn login(self, id: &AuraId) -> Key {
        Key::of("LOGIN", &self.login_digest(id))
    }

    pub(super) fn login_digest(self, id: &AuraId) -> String {
        self.0.digest("login", id.as_str())
    }

    /// Random, so that it needs no digest.
    pub(super) fn global(id: &AuraIdGlobal) -> Key {
        Key::of("GLOBAL", id.as_str())
    }

    /// A callback state, by its own random id.
    pub(super) fn state(jti: Uuid) -> Key {
        Key::of("STATE", &jti.to_string())
    }

    /// The partition of the persons who have this number; also the key of its erasure in the other table.
    pub(super) fn number(self, number: &PhoneNumber) -> String {
        format!("NUMBER#{}", self.0.digest("number", number.as_str()))
    }

    /// One person's membership in a number's partition.
    pub(super) fn member(self, number: &PhoneNumber, person: &Key) -> Key {
        Key {
            pk: self.number(number),
            sk: person.pk.clone(),
        }
    }
}
