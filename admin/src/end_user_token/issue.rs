//! `end-user-token issue`: as good as one that the API hands out, for a user who is there.

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use shared::access_token::{AccessToken, NO_DEVICE, Role};
use shared::user::AuraId;

use crate::argument;
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure, sign_failed};
use crate::table;

/// The options of `end-user-token issue`.
#[derive(Debug, Args)]
#[command(
    after_help = "The token goes to standard output, all else to standard error. Exit code 1 when there is no such user.\n\n\
    Example:\n  aura-admin --local end-user-token issue whatsapp:34600000001"
)]
pub(crate) struct Issue {
    /// The user's auraId
    #[arg(value_name = "AURA_ID", value_parser = argument::parsed::<AuraId>)]
    aura_id: AuraId,
    /// Seconds that it is good, at most until the login ends. A deployment that sets a shorter life for its own tokens keeps an
    /// auraId from passing on for so long only: stay within it
    #[arg(long, value_name = "N", default_value_t = 3000, value_parser = clap::value_parser!(u64).range(60..=3000))]
    seconds: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Issued<'a> {
    token: &'a str,
    expires_at: String,
}

impl Issue {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let login = deployment.users().get_user(&self.aura_id).await?;
        let login = login
            .ok_or_else(|| Failure::NotFound("there is no valid login of this auraId".into()))?;
        let now = target.clock.now();
        let end = now.plus(Duration::from_secs(self.seconds));
        let token = AccessToken {
            role: Role::AppUser,
            user_id: self.aura_id.into(),
            device_id: NO_DEVICE.to_owned(),
            expires_at: end.min(login.expires_at),
        };
        let secrets = deployment.copilot_secrets().await?;
        let signed = token.sign(&secrets, now).map_err(sign_failed)?;
        let expires_at = token.expires_at.rfc3339();
        if !console.json {
            console.note(table::facts(&[("expires", expires_at.clone())]).trim_end());
        }
        let issued = Issued {
            token: &signed,
            expires_at,
        };
        console.answer(&issued, || signed.clone())?;
        Ok(Answer::Yes)
    }
}
