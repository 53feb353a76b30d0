//! `signing-key promote`: the second step of a rotation.
//!
//! The secret is written before the table: what the table calls superseded has been so in the secret, and signs nothing any more
//! once every function has read it again.

use clap::Args;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::control::KeyState;
use shared::signing_keys::SigningKey;

use super::keys::Keys;
use super::standing::{Disagreement, Standing};
use super::{standing, waits};
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

/// The arguments of `signing-key promote`.
#[derive(Debug, Args)]
#[command(
    after_help = "Refused until everybody who caches the public keys has the next one: eleven minutes after it was published. The first\n\
    key of all is promoted at once. A previous key that is named signs again.\n\
    --force is for a current key that is compromised: signatures of the new one are refused for up to eleven minutes.\n\n\
    Example:\n  aura-admin --environment es-prod signing-key promote"
)]
pub(crate) struct Promote {
    /// The key's id, as `signing-key list` has it [default: the next one]
    #[arg(value_name = "KID")]
    kid: Option<String>,
    /// Sign with it although some who check signatures may not know it yet
    #[arg(long)]
    force: bool,
}

/// The current key, and whether this run has changed anything.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Promoted {
    changed: bool,
    kid: String,
    state: KeyState,
    /// The key that was current until now, when that has changed.
    previous: Option<String>,
    /// From when on that one can be retired.
    retire_from: Option<String>,
}

impl Promote {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let mut keys = Keys::read(&deployment).await?;
        let kid = self.chosen(&keys)?;
        let changes = !is_current(&keys, &kid);
        if changes {
            self.check(&keys, &kid, target.clock.now())?;
            keys.secret.promote(&kid)?;
            keys.store().await?;
        }
        let before = keys.table.clone();
        // The time after the write: the old key may have signed until then.
        let now = target.clock.now();
        let published = keys
            .publish(|secret, table| standing::promoted(secret, table, now))
            .await?;
        let superseded = keys.table.keys.iter().find(|key| {
            let was = before.key(key.kid()).map(|key| key.state);
            key.state == KeyState::Previous && was == Some(KeyState::Current)
        });
        let promoted = Promoted {
            changed: changes || published,
            kid,
            state: KeyState::Current,
            previous: superseded.map(|key| key.kid().to_owned()),
            retire_from: superseded
                .and_then(waits::retire_from)
                .map(Timestamp::rfc3339),
        };
        console.answer(&promoted, || promoted.told())?;
        Ok(Answer::Yes)
    }

    /// The key to sign with: the one named, or the current one of an interrupted run, or the next one.
    fn chosen(&self, keys: &Keys<'_>) -> Result<String, Failure> {
        if let Some(kid) = &self.kid {
            return Ok(kid.clone());
        }
        let all = keys.all();
        if let Some(current) = keys.secret.current().filter(|_| interrupted(&all)) {
            return Ok(current.kid().to_owned());
        }
        let next: Vec<_> = all
            .iter()
            .filter(|key| key.in_secret && key.state == KeyState::Next)
            .collect();
        match next[..] {
            [key] => Ok(key.kid.to_owned()),
            [] => Err(Failure::Refused(
                "no key is next: make one first (`signing-key add`), or name one".into(),
            )),
            _ => Err(Failure::Refused(
                "several keys are next: name one (`signing-key list` has them)".into(),
            )),
        }
    }

    /// Everybody must know the key before it signs; what nobody can know must not sign at all.
    fn check(&self, keys: &Keys<'_>, kid: &str, now: Timestamp) -> Result<(), Failure> {
        let all = keys.all();
        // The key of the interrupted one may have signed: only its end makes the table say so.
        if keys.secret.current().is_some() && interrupted(&all) {
            return Err(Failure::Refused(
                "an earlier promotion was cut off: finish it first (`signing-key promote` without an id)".into(),
            ));
        }
        let key = all.iter().find(|key| key.kid == kid && key.in_secret);
        let key = key.ok_or_else(|| Failure::NotFound(format!("there is no signing key {kid}")))?;
        let published = key.published.ok_or_else(|| {
            Failure::Refused(format!(
                "key {kid} is not published: do that first (`signing-key add`)"
            ))
        })?;
        let from = waits::promote_from(published, keys.secret.current().is_none());
        if self.force || now >= from {
            return Ok(());
        }
        Err(Failure::Refused(format!(
            "key {kid} was published less than eleven minutes ago, some who check signatures do not know it yet: run this again from {} on, or add --force",
            from.rfc3339()
        )))
    }
}

fn is_current(keys: &Keys<'_>, kid: &str) -> bool {
    keys.secret.current().map(SigningKey::kid) == Some(kid)
}

/// Whether the secret has another current key than the table.
fn interrupted(all: &[Standing<'_>]) -> bool {
    all.iter()
        .any(|key| key.disagreement() == Some(Disagreement::HalfPromoted))
}

impl Promoted {
    fn told(&self) -> String {
        let kid = &self.kid;
        match (&self.previous, &self.retire_from) {
            _ if !self.changed => format!("{kid} is current already: nothing was changed."),
            (Some(previous), Some(from)) => format!(
                "{kid} signs now, everywhere within five minutes. {previous} stays public; drop it from {from} on:\n  \
                 aura-admin signing-key retire {previous}"
            ),
            _ => format!("{kid} signs now, everywhere within five minutes."),
        }
    }
}
