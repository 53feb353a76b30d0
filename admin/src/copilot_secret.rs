//! `copilot-secret`: what Copilot Connect's tokens are signed with, a secret for each role.

use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use shared::access_token::{CopilotSecrets, LONGEST_LIFE_SECONDS, Role, SESSION_LIFE, SETTLING};
use shared::clock::Timestamp;

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

mod retire;
mod rotate;
mod show;

/// What can be done with the secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a new secret for a role; the current one becomes the previous one
    Rotate(rotate::Rotate),
    /// Drop the previous secret of a role: what it signed is refused within 5 minutes
    Retire(retire::Retire),
    /// Tell how old the secrets are and what can be done, never the secrets
    #[command(after_help = "Example:\n  aura-admin --local copilot-secret show --json")]
    Show,
}

impl Command {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::Rotate(rotate) => rotate.run(target, console).await,
            Self::Retire(retire) => retire.run(target, console).await,
            Self::Show => show::run(target, console).await,
        }
    }
}

/// Whose tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum RoleArgument {
    /// the tokens of end users
    AppUser,
    /// the tokens of clients' sessions
    ServiceAccount,
}

impl RoleArgument {
    const ALL: [Self; 2] = [Self::AppUser, Self::ServiceAccount];

    fn role(self) -> Role {
        match self {
            Self::AppUser => Role::AppUser,
            Self::ServiceAccount => Role::ServiceAccount,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::AppUser => "app-user",
            Self::ServiceAccount => "service-account",
        }
    }

    /// The longest life of a token: that of end users' is a setting of at most a day.
    fn longest_life(self) -> Duration {
        match self {
            Self::AppUser => Duration::from_secs(LONGEST_LIFE_SECONDS),
            Self::ServiceAccount => SESSION_LIFE,
        }
    }
}

/// From when on nothing that the previous secret signed is in use: it signs until the current one is known everywhere.
fn retire_from(secrets: &CopilotSecrets, role: RoleArgument) -> Timestamp {
    let since = secrets.current_since(role.role());
    since.plus(SETTLING).plus(role.longest_life())
}
