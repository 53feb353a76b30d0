//! Accounts as the page shows them: enough for their person to tell which one, too little for anybody to learn it.

use crate::user::{PhoneNumber, UserId};

/// How many characters are shown at most.
const MOST: usize = 3;
/// The part of an id that may be shown: one in so many of its characters. Ids may be short, numbers never are.
const OF_AN_ID: usize = 4;

/// The end of an account's number or id. The rest is gone.
#[derive(Clone, PartialEq, Eq)]
pub struct MaskedAccount {
    kind: Kind,
    tail: String,
}

/// What the tail is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    PhoneNumber,
    UserId,
}

impl MaskedAccount {
    /// Of the number, which people know, else of the id.
    #[must_use]
    pub fn new(user_id: &UserId, number: Option<&PhoneNumber>) -> Self {
        let id = user_id.as_str();
        let (kind, whole, shown) = number.map_or(
            (Kind::UserId, id, MOST.min(id.len() / OF_AN_ID)),
            |number| (Kind::PhoneNumber, number.as_str(), MOST),
        );
        // Numbers and ids are ASCII.
        let tail = whole.get(whole.len() - shown..).unwrap_or_default();
        Self {
            kind,
            tail: tail.to_owned(),
        }
    }

    /// In words, which are also what a screen reader says.
    pub(super) fn told(&self, words: &super::Words) -> String {
        match self.kind {
            Kind::PhoneNumber => (words.phone_number)(&self.tail),
            Kind::UserId if self.tail.is_empty() => words.hidden.to_owned(),
            Kind::UserId => (words.user_id)(&self.tail),
        }
    }
}

/// Names the type only: what is left of a number stays out of logs, too.
impl std::fmt::Debug for MaskedAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MaskedAccount")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Language, words};
    use super::*;
    use crate::extract::Argument;

    fn told(id: &str, number: Option<&str>) -> String {
        let number = number.map(|number| PhoneNumber::parse(number).unwrap());
        let account = MaskedAccount::new(&UserId::parse(id).unwrap(), number.as_ref());
        account.told(words::of(Language::EnGb))
    }

    #[test]
    fn of_a_number_three_digits_are_shown() {
        for (number, shown) in [("+34600000001", "001"), ("1234567", "567")] {
            let text = told("user-12345678", Some(number));
            assert_eq!(text, format!("Phone number ending in {shown}"));
        }
    }

    #[test]
    fn of_an_id_a_quarter_is_shown_and_never_more_than_three_characters() {
        for (id, shown) in [
            ("abcd", "d"),
            ("abcdefg", "g"),
            ("abcdefgh", "gh"),
            ("abcdefghijk", "jk"),
            ("abcdefghijkl", "jkl"),
            ("a-very-long-id-of-34600000001", "001"),
        ] {
            assert_eq!(told(id, None), format!("User ID ending in {shown}"), "{id}");
        }
        let longest = format!("{}xyz", "a".repeat(125));
        assert_eq!(told(&longest, None), "User ID ending in xyz");
    }

    #[test]
    fn of_a_short_id_nothing_is_shown() {
        for id in ["a", "ab", "abc"] {
            assert_eq!(told(id, None), "Not shown", "{id}");
        }
    }

    #[test]
    fn accounts_with_the_same_end_cannot_be_told_apart() {
        let masked = |id| MaskedAccount::new(&UserId::parse(id).unwrap(), None);
        assert!(masked("aaaaaaaaa-xyz") == masked("the-longest-id-of-all-xyz"));
        assert!(masked("abc") == masked("z"));
        assert_eq!(format!("{:?}", masked("abcdefghi")), "MaskedAccount");
    }
}
