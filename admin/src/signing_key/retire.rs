//! `signing-key retire`: the last step of a rotation.
//!
//! The secret is written before the table: a key that is not public any more but still has its private part would look like one
//! that was never published, and `add` would publish it again.

use clap::Args;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::control::KeyState;
use shared::signing_keys::{SigningKey, SigningKeysError};

use super::keys::Keys;
use super::standing::Standing;
use super::{standing, waits};
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

/// The arguments of `signing-key retire`.
#[derive(Debug, Args)]
#[command(
    after_help = "Refused until nothing that the key signed is in use: an hour and two minutes after another one took its place. A next\n\
    key can be retired at any time, the current one never. The key cannot be had back. Without a terminal, add --yes.\n\
    --force is for a key that is compromised: whatever it signed is refused within six minutes.\n\n\
    Example:\n  aura-admin --environment es-prod signing-key retire"
)]
pub(crate) struct Retire {
    /// The key's id, as `signing-key list` has it [default: the previous one]
    #[arg(value_name = "KID")]
    kid: Option<String>,
    /// Drop it although what it signed may still be in use
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct Dropped<'a> {
    retired: &'a str,
    current: Option<&'a str>,
}

impl Retire {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let mut keys = Keys::read(&deployment).await?;
        let all = keys.all();
        let key = self.chosen(&all)?;
        self.check(key, target.clock.now())?;
        console.confirm(&question(key, &deployment.environment))?;
        let (kid, in_secret) = (key.kid.to_owned(), key.in_secret);
        if in_secret {
            keys.secret.drop_key(&kid)?;
            keys.store().await?;
        }
        keys.publish(|_, table| {
            let others = table.keys.iter().filter(|key| key.kid() != kid);
            others.cloned().collect()
        })
        .await?;
        let dropped = Dropped {
            retired: &kid,
            current: keys.secret.current().map(SigningKey::kid),
        };
        console.answer(&dropped, || {
            format!("Dropped {kid}. Nobody takes its signatures any more within six minutes.")
        })?;
        Ok(Answer::Yes)
    }

    /// The key named, or the previous one.
    fn chosen<'k>(&self, all: &'k [Standing<'_>]) -> Result<&'k Standing<'k>, Failure> {
        if let Some(kid) = &self.kid {
            let found = all.iter().find(|key| key.kid == kid);
            return found
                .ok_or_else(|| Failure::NotFound(format!("there is no signing key {kid}")));
        }
        let previous: Vec<_> = all
            .iter()
            .filter(|key| key.state == KeyState::Previous)
            .collect();
        match previous[..] {
            [key] => Ok(key),
            [] => Err(Failure::Refused(
                "no key is previous: name the one to drop (`signing-key list` has them)".into(),
            )),
            _ => Err(Failure::Refused(
                "several keys are previous: name one (`signing-key list` has them)".into(),
            )),
        }
    }

    /// Nothing that the key signed may be in use still.
    fn check(&self, key: &Standing<'_>, now: Timestamp) -> Result<(), Failure> {
        let kid = key.kid;
        match (key.state, key.published.and_then(waits::retire_from)) {
            (KeyState::Current, _) => Err(SigningKeysError::StillCurrent(kid.to_owned()).into()),
            (KeyState::Next, _) => Ok(()),
            (KeyState::Previous, _) if self.force => Ok(()),
            (KeyState::Previous, Some(from)) if now >= from => Ok(()),
            (KeyState::Previous, Some(from)) => Err(Failure::Refused(format!(
                "what key {kid} signed may still be in use: run this again from {} on, or add --force",
                from.rfc3339()
            ))),
            (KeyState::Previous, None) => Err(Failure::Refused(format!(
                "the promotion that superseded key {kid} is not finished: run `signing-key promote` first, or add --force"
            ))),
        }
    }
}

fn question(key: &Standing<'_>, environment: &str) -> String {
    let what = match key.state {
        KeyState::Next => "nothing was signed with it",
        _ => "whatever it signed is refused within six minutes",
    };
    format!(
        "Drop the {} signing key {} of {environment}, for good ({what})?",
        standing::word(key.state),
        key.kid
    )
}
