//! The optional claims of a state: texts that can only be made by parsing.

use serde::{Deserialize, Serialize};

macro_rules! claim {
    ($(#[$doc:meta])* $name:ident, $rule:expr, $length:expr, $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What it must be, for people.
            pub const RULE: &'static str = $rule;

            /// The value, if the text is what it must be.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let fits: fn(u8) -> bool = $fits;
                ($length.contains(&text.len()) && text.bytes().all(fits)).then(|| Self(text.to_owned()))
            }

            /// The value as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or(Self::RULE)
            }
        }

        impl From<$name> for String {
            fn from(claim: $name) -> Self {
                claim.0
            }
        }

        /// Names the type only: what is in a state stays out of logs.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

claim!(
    /// A language: the characters of a tag of BCP 47. One that nobody speaks does no harm, so its grammar is not checked.
    Locale,
    "a BCP 47 tag: 2 to 35 characters of A-Z a-z 0-9 -",
    (2..=35),
    |byte| byte.is_ascii_alphanumeric() || byte == b'-'
);
claim!(
    /// An address to go to. Whether the browser is sent there is decided by the channel's list, not here.
    Redirect,
    "1 to 2048 visible ASCII characters",
    (1..=2048),
    |byte| byte.is_ascii_graphic()
);
claim!(
    /// The secret of RFC 7636 4.1.
    CodeVerifier,
    "43 to 128 characters of A-Z a-z 0-9 - . _ ~",
    (43..=128),
    |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_have_2_to_35_characters_of_a_tag() {
        for good in ["en", "en-GB", "zh-Hant-TW", &"a".repeat(35)] {
            assert!(Locale::parse(good).is_some(), "{good}");
        }
        for bad in ["", "e", "en_GB", "en GB", "ñn", "en\n", &"a".repeat(36)] {
            assert!(Locale::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn redirects_have_1_to_2048_visible_ascii_characters() {
        let longest = "~".repeat(2048);
        for good in ["!", "https://app.example/linked?a=1#b", &longest] {
            assert!(Redirect::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "a b",
            "a\t",
            "a\r\nb",
            "a\u{7f}",
            "é",
            "a\0",
            &"a".repeat(2049),
        ] {
            assert!(Redirect::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn code_verifiers_have_43_to_128_unreserved_characters() {
        let all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
        for good in [all, &"a".repeat(43), &"~".repeat(128)] {
            assert!(CodeVerifier::parse(good).is_some(), "{good}");
        }
        let with = |c: char| format!("{}{c}", "a".repeat(50));
        for bad in [
            String::new(),
            "a".repeat(42),
            "a".repeat(129),
            with('+'),
            with('/'),
            with('='),
            with('%'),
            with(' '),
            with('é'),
        ] {
            assert!(CodeVerifier::parse(&bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn debug_shows_no_claim() {
        let verifier = CodeVerifier::parse(&"a".repeat(43)).unwrap();
        assert_eq!(format!("{verifier:?}"), "CodeVerifier");
        assert_eq!(format!("{:?}", Redirect::parse("x").unwrap()), "Redirect");
    }
}
