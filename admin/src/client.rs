//! `client`: the clients of Copilot Connect, which ask about end users (contract 5).

use clap::Subcommand;

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

mod issue;
mod list;
mod revoke;

/// What can be done with clients.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a client and print its id and secret, this once
    Issue(issue::Issue),
    /// Make a client's secret and its sessions useless, everywhere within 5 seconds
    Revoke(revoke::Revoke),
    /// List the clients
    #[command(after_help = "Example:\n  aura-admin --local client list --json")]
    List,
}

impl Command {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::Issue(issue) => issue.run(target, console).await,
            Self::Revoke(revoke) => revoke.run(target, console).await,
            Self::List => list::run(target, console).await,
        }
    }
}
