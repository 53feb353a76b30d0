//! `keyring retire`: the last step of a rotation.

use clap::Args;
use serde::Serialize;

use super::standing::Standing;
use super::{Ring, standing};
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

/// The arguments of `keyring retire`.
#[derive(Debug, Args)]
#[command(
    after_help = "The key cannot be had back. Without a terminal, add --yes.\n\n\
    Example:\n  aura-admin --environment es-prod keyring retire k20251122T161200Z-1f3a --ring key"
)]
pub(crate) struct Retire {
    /// The key's id, as `keyring show` lists it
    #[arg(value_name = "KID")]
    kid: String,
    /// Which ring
    #[arg(long, value_enum)]
    ring: Ring,
}

#[derive(Serialize)]
struct Dropped<'a> {
    ring: Ring,
    retired: &'a str,
    active: &'a str,
}

impl Retire {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let slot = deployment.secret(self.ring.secret(&deployment.names));
        let held = slot.read().await?;
        let mut ring = self.ring.parse(&held)?;
        let standing = standing::of(&ring, &self.kid);
        ring.drop_key(&self.kid)?;
        console.confirm(&self.question(standing, &deployment.environment))?;
        slot.replace(&held, &ring.to_json()).await?;
        let (active, _) = ring.active();
        let dropped = Dropped {
            ring: self.ring,
            retired: &self.kid,
            active,
        };
        let told = || format!("Dropped {} from the {} ring.", self.kid, self.ring.word());
        console.answer(&dropped, told)?;
        Ok(Answer::Yes)
    }

    fn question(&self, standing: Standing, environment: &str) -> String {
        let (kid, ring) = (&self.kid, self.ring.word());
        let what = match (standing, self.ring) {
            (Standing::Staged, _) => "nothing was made under it unless it was active before",
            (_, Ring::Key) => "every APIKey made under it is refused within 5 minutes",
            (_, Ring::State) => "every login and logout link made under it fails within 5 minutes",
        };
        format!(
            "Drop the {} key {kid} from the {ring} ring of {environment}, for good ({what})?",
            standing.word()
        )
    }
}
