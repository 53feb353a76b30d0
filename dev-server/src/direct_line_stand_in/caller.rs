//! Who asks: the channel, by one of its two secrets, or the holder of one conversation's token.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::Value;

use super::DirectLine;
use super::passes::Use;
use super::refusal::{INVALID, MISSING, Refusal};

/// The slots of the channel's secret.
pub(super) const SLOTS: [&str; 2] = ["primary", "secondary"];

/// Who may do what is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Every conversation of the bot is open.
    Channel,
    /// This one is.
    Holder(String),
}

impl DirectLine {
    /// Who sends these headers.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let bearer = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let (scheme, presented) = bearer
            .and_then(|value| value.split_once(' '))
            .ok_or(MISSING)?;
        if !scheme.eq_ignore_ascii_case("Bearer") || presented.is_empty() {
            return Err(MISSING);
        }
        if self.is_secret(presented) {
            return Ok(Caller::Channel);
        }
        let now = self.desk.clock.now();
        self.passes
            .conversation(presented, Use::Token, now)
            .map(Caller::Holder)
    }

    fn is_secret(&self, presented: &str) -> bool {
        let text = self.desk.secrets.get(&self.desk.channel_secret);
        let secrets: Value = serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
        let mut slots = SLOTS.into_iter();
        slots.any(|slot| secrets[slot] == presented && !self.troubles.refuses(slot))
    }
}

impl Caller {
    /// Whether this conversation is open to them.
    pub(super) fn may_enter(&self, conversation: &str) -> Result<(), Refusal> {
        match self {
            Self::Holder(own) if own != conversation => Err(INVALID),
            _ => Ok(()),
        }
    }
}
