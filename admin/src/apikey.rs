//! `apikey`: the keys that callers send (contract 2).

use clap::Subcommand;

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

mod inspect;
mod issue;
mod list_revoked;
mod revoke;
mod view;

/// What can be done with callers' keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a key and print it, this once
    Issue(issue::Issue),
    /// Tell what a key says and whether it is valid now
    Inspect(inspect::Inspect),
    /// Make a key useless, everywhere within 5 seconds
    Revoke(revoke::Revoke),
    /// List the revoked keys that would still be valid otherwise
    #[command(after_help = "Example:\n  aura-admin --local apikey list-revoked --json")]
    ListRevoked,
}

impl Command {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::Issue(issue) => issue.run(target, console).await,
            Self::Inspect(inspect) => inspect.run(target, console).await,
            Self::Revoke(revoke) => revoke.run(target, console).await,
            Self::ListRevoked => list_revoked::run(target, console).await,
        }
    }
}
