//! `copilot-secret rotate`: one step, after which both secrets are taken and the new one signs as soon as it is known everywhere.

use clap::Args;
use serde::Serialize;
use shared::access_token::{CopilotSecrets, SETTLING};
use shared::clock::Timestamp;

use super::{RoleArgument, retire_from};
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

/// The options of `copilot-secret rotate`.
#[derive(Debug, Args)]
#[command(
    after_help = "No token is refused for it: the new secret signs after ten minutes, when every function has read it. Drop the old \
    one with `copilot-secret retire`. A previous one that is still there must be dropped first.\n\n\
    Example:\n  aura-admin --environment es-prod copilot-secret rotate --role app-user"
)]
pub(crate) struct Rotate {
    /// Whose tokens it signs
    #[arg(long, value_enum)]
    role: RoleArgument,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rotated {
    role: RoleArgument,
    signs_from: String,
    retire_from: String,
}

impl Rotate {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let slot = deployment.secret(&deployment.names.copilot_secret);
        let held = slot.read().await?;
        let secrets = deployment.copilot_secrets_in(&held)?;
        let rotated = self.rotated(&secrets, target.clock.now())?;
        slot.replace(&held, &rotated.to_json()).await?;
        let since = rotated.current_since(self.role.role());
        let told = Rotated {
            role: self.role,
            signs_from: since.plus(SETTLING).rfc3339(),
            retire_from: retire_from(&rotated, self.role).rfc3339(),
        };
        console.answer(&told, || told.told())?;
        Ok(Answer::Yes)
    }

    fn rotated(&self, secrets: &CopilotSecrets, now: Timestamp) -> Result<CopilotSecrets, Failure> {
        let role = self.role.role();
        if secrets.has_previous(role) {
            return Err(Failure::Refused(format!(
                "there is a previous secret still, which would be lost with what it signed: `copilot-secret retire --role {}` drops it, from {} on",
                self.role.word(),
                retire_from(secrets, self.role).rfc3339()
            )));
        }
        Ok(secrets.rotated(role, now)?)
    }
}

impl Rotated {
    fn told(&self) -> String {
        format!(
            "Made a new secret for {role}. It signs from {} on; the old one is taken until it is dropped, from {} on:\n  \
             aura-admin copilot-secret retire --role {role}",
            self.signs_from,
            self.retire_from,
            role = self.role.word()
        )
    }
}
