//! Ids and numbers: values that can only be made by parsing.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::extract::Argument;

const ID_RULE: &str = "1 to 128 characters of A-Z a-z 0-9 . _ : @ + -, but neither . nor ..";
const ID_PATTERN: &str = r"^(?!\.{1,2}$)[A-Za-z0-9._:@+-]{1,128}$";

fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@+-".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(fits) && text != "." && text != ".."
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $header:expr, $rule:expr, $pattern:expr, $extra:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Argument for $name {
            const HEADER: &'static str = $header;
            const RULE: &'static str = $rule;
            const PATTERN: &'static str = $pattern;
            fn parse(text: &str) -> Option<Self> {
                (is_id(text) && ($extra)(text)).then(|| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or(Self::RULE)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        /// Names the type only: ids are personal data and stay out of logs.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

id!(
    /// The person's id at the operator.
    UserId, "x-user-id", ID_RULE, ID_PATTERN, |_: &str| true
);
id!(
    /// Kernel's handle of the grant the person gave.
    AuthorizationId, "x-authorization-id", ID_RULE, ID_PATTERN, |_: &str| true
);
id!(
    /// The id of a channel.
    ChannelId, "x-channel-id", ID_RULE, ID_PATTERN, |_: &str| true
);
id!(
    /// The id of one login. Never one of the words that stand in its place in other routes.
    AuraId, "x-aura-id",
    "1 to 128 characters of A-Z a-z 0-9 . _ : @ + -, but none of . .. aura-id auraid aura-id-global",
    r"^(?!(\.{1,2}|aura-id|auraid|aura-id-global)$)[A-Za-z0-9._:@+-]{1,128}$",
    |text: &str| !matches!(text, "aura-id" | "auraid" | "aura-id-global")
);
id!(
    /// The id of a person, one per userId.
    AuraIdGlobal, "x-aura-id-global", ID_RULE, ID_PATTERN, |_: &str| true
);

impl AuraId {
    /// A new random id (UUID v4).
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }
}

impl AuraIdGlobal {
    /// A new random id (UUID v4).
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }
}

/// A phone number, kept as E.164 with its `+`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// E.164 with its `+`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Argument for PhoneNumber {
    const HEADER: &'static str = "x-phone-number";
    const RULE: &'static str = "a phone number: 7 to 15 digits of 0-9 with the country code, the first not 0, a + before them or not";
    const PATTERN: &'static str = r"^\+?[1-9][0-9]{6,14}$";
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let fits = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        fits.then(|| Self(format!("+{digits}")))
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or(Self::RULE)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

/// Names the type only: numbers are personal data and stay out of logs.
impl std::fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneNumber")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_what_the_contract_says() {
        for good in ["a", "...", "A.b_c:d@e+f-9", &"x".repeat(128)] {
            assert!(UserId::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            " ",
            ".",
            "..",
            "a b",
            "a/b",
            "a,b",
            "a%20",
            "é",
            "a\n",
            "a\0",
            &"x".repeat(129),
        ] {
            assert!(UserId::parse(bad).is_none(), "{bad:?}");
        }
        for reserved in ["aura-id", "auraid", "aura-id-global"] {
            assert!(AuraId::parse(reserved).is_none() && UserId::parse(reserved).is_some());
        }
    }

    #[test]
    fn numbers_are_kept_as_e164() {
        for same in ["+34600000001", "34600000001"] {
            assert_eq!(PhoneNumber::parse(same).unwrap().as_str(), "+34600000001");
        }
        for bad in [
            "",
            "+",
            "++34600000001",
            "034600000001",
            "+123456",
            "1234567890123456",
            "٣٤٦٠٠٠٠٠٠٠١",
            "34 600000001",
            "+34６00000001",
        ] {
            assert!(PhoneNumber::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_personal_data() {
        assert_eq!(
            format!("{:?}", PhoneNumber::parse("34600000001").unwrap()),
            "PhoneNumber"
        );
        assert_eq!(format!("{:?}", UserId::parse("u-1").unwrap()), "UserId");
    }
}
