//! `copilot-secret retire`: the last step of a rotation.

use clap::Args;
use serde::Serialize;
use shared::access_token::CopilotSecrets;
use shared::clock::Timestamp;

use super::{RoleArgument, retire_from};
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

/// The options of `copilot-secret retire`.
#[derive(Debug, Args)]
#[command(
    after_help = "The secret cannot be had back. Without a terminal, add --yes.\n\n\
    Example:\n  aura-admin --environment es-prod copilot-secret retire --role app-user"
)]
pub(crate) struct Retire {
    /// Whose tokens it signed
    #[arg(long, value_enum)]
    role: RoleArgument,
    /// Drop it although tokens that it signed may be in use: they are refused
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct Retired {
    role: RoleArgument,
    retired: bool,
}

impl Retire {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let slot = deployment.secret(&deployment.names.copilot_secret);
        let held = slot.read().await?;
        let secrets = deployment.copilot_secrets_in(&held)?;
        let retired = self.retired(&secrets, target.clock.now())?;
        let role = self.role.word();
        console.confirm(&format!(
            "Drop the previous secret for {role} in {}, for good?",
            deployment.environment
        ))?;
        slot.replace(&held, &retired.to_json()).await?;
        let told = Retired {
            role: self.role,
            retired: true,
        };
        console.answer(&told, || {
            format!("Dropped the previous secret for {role}. What it signed is refused everywhere within 5 minutes.")
        })?;
        Ok(Answer::Yes)
    }

    fn retired(&self, secrets: &CopilotSecrets, now: Timestamp) -> Result<CopilotSecrets, Failure> {
        let from = retire_from(secrets, self.role);
        let retired = secrets.retired(self.role.role())?;
        if self.force || now >= from {
            return Ok(retired);
        }
        Err(Failure::Refused(format!(
            "tokens that the previous secret signed may be in use: run this again from {} on, or add --force",
            from.rfc3339()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    #[test]
    fn a_secret_goes_when_nothing_that_it_signed_is_in_use_or_by_force() {
        let fresh = CopilotSecrets::generate(NOW).unwrap();
        for (role, seconds) in [
            (RoleArgument::AppUser, 600 + 86_400),
            (RoleArgument::ServiceAccount, 600 + 600),
        ] {
            let retire = |force| Retire { role, force };
            let none = retire(true).retired(&fresh, NOW).unwrap_err();
            assert_eq!(none.exit_code(), 1, "{none}");
            let rotated = fresh.rotated(role.role(), NOW).unwrap();
            let at = |seconds: i64| Timestamp::from_secs(NOW.secs() + seconds);
            let early = retire(false).retired(&rotated, at(seconds - 1));
            assert_eq!(early.unwrap_err().exit_code(), 2);
            assert!(retire(true).retired(&rotated, NOW).is_ok());
            let retired = retire(false).retired(&rotated, at(seconds)).unwrap();
            assert!(!retired.has_previous(role.role()));
        }
    }
}
