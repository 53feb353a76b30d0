//! `keyring`: the two rings of contract 2, changed in steps that no running function notices.
//!
//! A key is added first, and made active only when every function has read the ring again: a key that some function does not
//! know yet would make documents that this function refuses.

use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use shared::key_ring::KeyRing;
use shared::names::Names;

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::secret_slot::Held;

mod init;
mod retire;
mod rotate;
mod show;
mod standing;

/// What can be done with key rings.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fill what has no value yet: key ring, state ring, digest key
    #[command(
        after_help = "Never overwrites a value: it can be run again at any time.\n\n\
        Example:\n  aura-admin --environment es-prod keyring init"
    )]
    Init,
    /// Show the key ids of the rings, never the keys
    Show(show::Show),
    /// Add a key; five minutes later, with --activate, make it the one that new documents are made under
    Rotate(rotate::Rotate),
    /// Drop a key that is not active: all that was made under it is refused
    Retire(retire::Retire),
}

impl Command {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::Init => init::run(target, console).await,
            Self::Show(show) => show.run(target, console).await,
            Self::Rotate(rotate) => rotate.run(target, console).await,
            Self::Retire(retire) => retire.run(target, console).await,
        }
    }
}

/// A document's key id, and whether the ring has it.
pub(crate) fn placed(kid: &str, ring: &KeyRing) -> String {
    let place = if ring.active().0 == kid {
        "active"
    } else if ring.key(kid).is_some() {
        "on the ring, not active"
    } else {
        "not on the ring"
    };
    format!("{kid} ({place})")
}

/// Which ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ring {
    /// for callers' keys
    Key,
    /// for the states of login and logout callbacks; shared with the bot
    State,
}

impl Ring {
    fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::State => "state",
        }
    }

    /// The name of the ring's secret.
    pub(crate) fn secret(self, names: &Names) -> &str {
        match self {
            Self::Key => &names.key_ring_secret,
            Self::State => &names.state_ring_secret,
        }
    }

    /// The longest life of what is made under the ring's keys.
    fn longest_life(self) -> &'static str {
        match self {
            Self::Key => "400 days",
            Self::State => "10 minutes",
        }
    }

    /// The ring in what was read of its secret.
    fn parse(self, held: &Held) -> Result<KeyRing, Failure> {
        let text = held.text.as_ref().ok_or_else(|| {
            Failure::Refused(format!(
                "the {} ring has no value yet: run `aura-admin keyring init`",
                self.word()
            ))
        })?;
        Ok(KeyRing::parse(text)?)
    }
}
