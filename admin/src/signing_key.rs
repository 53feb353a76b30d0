//! `signing-key`: the keys that this API signs with, changed in steps that nobody who checks a signature notices.
//!
//! A key is public before it signs, and stays so until the last thing it signed has expired. The secret says which keys there are
//! and which one signs; the table says which are public, and since when. Each command writes the secret first: whatever is cut
//! off between the two is seen by comparing them, and finished by the same command.

use clap::{Subcommand, ValueEnum};
use shared::jwk::SigningAlgorithm;

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

mod add;
mod keys;
mod list;
mod promote;
mod retire;
mod standing;
mod waits;

pub(crate) use keys::Keys;
pub(crate) use list::told;
pub(crate) use standing::Standing;

/// What can be done with signing keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a key and publish it; it signs nothing until it is promoted
    Add(add::Add),
    /// Sign with the next key; the current one stays public as a previous one
    Promote(promote::Promote),
    /// Drop a key that signs nothing any more, or that never will
    Retire(retire::Retire),
    /// List the keys, where each stands, and what can be done with it when
    #[command(
        after_help = "Tells when secret and table disagree, and what to do. Exit code 1 when there is no key.\n\n\
        Example:\n  aura-admin --environment es-prod signing-key list"
    )]
    List,
}

impl Command {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::Add(add) => add.run(target, console).await,
            Self::Promote(promote) => promote.run(target, console).await,
            Self::Retire(retire) => retire.run(target, console).await,
            Self::List => list::run(target, console).await,
        }
    }
}

/// What a key signs with, as it is named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Alg {
    /// RSA of 3072 bits
    #[value(name = "RS256")]
    Rs256,
    /// P-256
    #[value(name = "ES256")]
    Es256,
}

impl From<Alg> for SigningAlgorithm {
    fn from(alg: Alg) -> Self {
        match alg {
            Alg::Rs256 => Self::Rs256,
            Alg::Es256 => Self::Es256,
        }
    }
}
