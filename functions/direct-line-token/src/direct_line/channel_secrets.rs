//! The secrets of the bot's Direct Line channel: two, so that one can be replaced while the other serves.

use axum::http::HeaderValue;
use serde::Deserialize;
use shared::error::Error;
use shared::jwe::json_object;
use zeroize::Zeroizing;

use super::is_visible;

const MAX_SECRET_CHARS: usize = 1024;

/// Where a secret stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// The first.
    Primary,
    /// The second.
    Secondary,
}

/// The secrets, by slot. A channel that has only one is good as long as that one is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelSecrets {
    primary: Zeroizing<String>,
    secondary: Option<Zeroizing<String>>,
}

impl Slot {
    /// The name of its member in the secret: for logs and metrics.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        }
    }
}

impl ChannelSecrets {
    /// The secrets in this text.
    ///
    /// # Errors
    /// What it must be, without any of the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fits = |secret: &Zeroizing<String>| {
            secret.len() <= MAX_SECRET_CHARS && is_visible(secret.as_str())
        };
        let secrets = json_object::<Self>(text.as_bytes()).filter(|secrets| {
            fits(&secrets.primary) && secrets.secondary.as_ref().is_none_or(fits)
        });
        secrets.ok_or_else(|| {
            let each = format!("each 1 to {MAX_SECRET_CHARS} visible ASCII characters");
            format!(r#"not Direct Line secrets: {{"primary", "secondary"?}} are expected, {each}"#)
        })
    }

    /// Whether there is one in this slot.
    pub(super) fn has(&self, slot: Slot) -> bool {
        self.secret(slot).is_some()
    }

    /// The header that the secret in this slot goes in.
    ///
    /// # Errors
    /// [`Error::Internal`], which a slot that has a secret does not come to.
    pub(super) fn bearer(&self, slot: Slot) -> Result<HeaderValue, Error> {
        let value = self.secret(slot).and_then(|secret| {
            let value = Zeroizing::new(format!("Bearer {secret}"));
            HeaderValue::from_str(&value).ok()
        });
        let mut value = value.ok_or_else(|| Error::Internal("Direct Line: no header".into()))?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn secret(&self, slot: Slot) -> Option<&str> {
        match slot {
            Slot::Primary => Some(&self.primary),
            Slot::Secondary => self.secondary.as_ref().map(|secret| secret.as_str()),
        }
    }
}

/// Nothing of them.
impl std::fmt::Debug for ChannelSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChannelSecrets")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_secret_or_there_are_two() {
        let both = ChannelSecrets::parse(r#"{"primary":"s3cret.a","secondary":"s3cret.b"}"#);
        let both = both.unwrap();
        let bearers = [Slot::Primary, Slot::Secondary].map(|slot| both.bearer(slot).unwrap());
        assert_eq!(bearers[0], "Bearer s3cret.a");
        assert_eq!(bearers[1], "Bearer s3cret.b");
        let one = ChannelSecrets::parse(r#"{"primary":"s3cret.a"}"#).unwrap();
        assert!(one.has(Slot::Primary) && !one.has(Slot::Secondary));
        assert!(one.bearer(Slot::Secondary).is_err());
        let shown = format!("{both:?} {bearers:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn what_else_comes_is_refused_and_never_quoted() {
        let long = "s3cret".repeat(200);
        for text in [
            "",
            "s3cret",
            "{}",
            r#"{"secondary":"s3cret"}"#,
            r#"{"primary":""}"#,
            r#"{"primary":"s3cret","secondary":""}"#,
            r#"{"primary":"s3cret ","secondary":"s3cret"}"#,
            r#"{"primary":"s3cret","secondary":"s3cr\u00e9t"}"#,
            r#"{"primary":"s3cret\n"}"#,
            r#"{"primary":1}"#,
            r#"{"primary":"s3cret","s3cret":"s3cret"}"#,
            r#"{"primary":"s3cret","primary":"s3cret"}"#,
            r#"["s3cret","s3cret"]"#,
            &format!(r#"{{"primary":"{long}"}}"#),
        ] {
            let told = ChannelSecrets::parse(text).unwrap_err();
            assert!(!told.contains("s3cr"), "{told}");
        }
    }
}
