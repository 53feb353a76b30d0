//! The made-up persons who can log in.

use shared::extract::Argument;
use shared::user::{PhoneNumber, UserId};

/// Somebody who can log in without a password.
pub struct Person {
    /// A name, for people.
    pub name: &'static str,
    /// The id at the operator.
    pub user_id: &'static str,
    /// The number, for those who have one.
    pub phone_number: Option<&'static str>,
}

/// Those to choose from. One has no number: Kernel does not always know it.
pub const PERSONS: [Person; 3] = [
    Person {
        name: "Ana Ejemplo",
        user_id: "user-ana",
        phone_number: Some("+34600000101"),
    },
    Person {
        name: "Bruno Exemplo",
        user_id: "user-bruno",
        phone_number: Some("+5511900000102"),
    },
    Person {
        name: "Clara Beispiel",
        user_id: "user-clara",
        phone_number: None,
    },
];

/// Who logs in: one of [`PERSONS`], or somebody typed.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) user_id: UserId,
    pub(super) phone_number: Option<PhoneNumber>,
}

impl Account {
    /// The person of the sample events.
    pub(super) fn sample() -> Result<Self, BadAccount> {
        Self::parse("user-1", Some("+34600000001"))
    }

    /// The account with these texts, as the API takes them.
    ///
    /// # Errors
    /// What is wrong with which.
    pub(super) fn parse(user_id: &str, phone_number: Option<&str>) -> Result<Self, BadAccount> {
        let user_id = UserId::parse(user_id).ok_or(BadAccount::UserId)?;
        let phone_number =
            phone_number.map(|text| PhoneNumber::parse(text).ok_or(BadAccount::PhoneNumber));
        Ok(Self {
            user_id,
            phone_number: phone_number.transpose()?,
        })
    }
}

/// What was not typed as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadAccount {
    /// Nobody was chosen.
    Nobody,
    /// The id.
    UserId,
    /// The number.
    PhoneNumber,
}

impl BadAccount {
    /// What to do about it.
    pub(super) fn told(self) -> String {
        match self {
            Self::Nobody => "Choose a person".to_owned(),
            Self::UserId => format!("The user id must be {}", UserId::RULE),
            Self::PhoneNumber => format!("The phone number must be {}", PhoneNumber::RULE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_takes_everybody_and_one_has_no_number() {
        for person in &PERSONS {
            assert!(Account::parse(person.user_id, person.phone_number).is_ok());
        }
        let numbers = PERSONS.iter().filter_map(|person| person.phone_number);
        assert_eq!(numbers.count(), PERSONS.len() - 1);
    }
}
