//! `keyring rotate`: adds a key, and in a second run makes it active.

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::key_ring::{KeyRing, kid};
use shared::secrets;

use super::standing::Standing;
use super::{Ring, standing};
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

/// After this long every function knows a key that was added. The ten seconds are for the time between the id's and the end of
/// the write.
const REFRESH: Duration = secrets::AGES
    .fresh_for
    .saturating_add(Duration::from_secs(10));

/// The arguments of `keyring rotate`.
#[derive(Debug, Args)]
#[command(after_help = "The steps of a rotation:\n  \
    aura-admin keyring rotate --ring key              adds a key\n  \
    aura-admin keyring rotate --ring key --activate   five minutes later: new documents are made under it\n  \
    aura-admin keyring retire KID --ring key          once nothing made under the old one is in use\n\n\
    Example:\n  aura-admin --local keyring rotate --ring state")]
pub(crate) struct Rotate {
    /// Which ring
    #[arg(long, value_enum)]
    ring: Ring,
    /// Make this key active, or the staged one when none is named
    #[arg(long, value_name = "KID", num_args = 0..=1)]
    #[expect(
        clippy::option_option,
        reason = "clap's form of an option whose value may be left out"
    )]
    activate: Option<Option<String>>,
    /// Make it active although some functions may not know it yet: they refuse what is made under it until they do
    #[arg(long, requires = "activate")]
    force: bool,
}

/// What was done, and how the key stands now.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    ring: Ring,
    changed: bool,
    kid: String,
    state: Standing,
    /// The key that was active until now, when that has changed.
    previous: Option<String>,
    /// For a staged key: from when on it can be made active.
    activate_from: Option<String>,
}

impl Rotate {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let slot = deployment.secret(self.ring.secret(&deployment.names));
        let held = slot.read().await?;
        let mut ring = self.ring.parse(&held)?;
        let step = self.step(&mut ring, target.clock.now())?;
        if step.changed {
            slot.replace(&held, &ring.to_json()).await?;
        }
        console.answer(&step, || step.told())?;
        Ok(Answer::Yes)
    }

    fn step(&self, ring: &mut KeyRing, now: Timestamp) -> Result<Step, Failure> {
        match &self.activate {
            None => self.stage(ring, now),
            Some(named) => self.activate(ring, named.as_deref(), now),
        }
    }

    /// A rotation that was begun goes on: a second key is not added beside a staged one.
    fn stage(&self, ring: &mut KeyRing, now: Timestamp) -> Result<Step, Failure> {
        let begun = standing::staged(ring).last().map(|kid| (*kid).to_owned());
        let changed = begun.is_none();
        let kid = begun.unwrap_or_else(|| kid::make(now));
        if changed {
            ring.add(&kid)?;
        }
        Ok(Step {
            ring: self.ring,
            changed,
            activate_from: known_everywhere_at(&kid).map(Timestamp::rfc3339),
            kid,
            state: Standing::Staged,
            previous: None,
        })
    }

    fn activate(
        &self,
        ring: &mut KeyRing,
        named: Option<&str>,
        now: Timestamp,
    ) -> Result<Step, Failure> {
        let kid = match named {
            Some(kid) => kid.to_owned(),
            None => the_staged(ring)?.to_owned(),
        };
        let active = ring.active().0.to_owned();
        let changed = kid != active;
        if changed && ring.key(&kid).is_some() && !self.force {
            check_age(&kid, now)?;
        }
        ring.activate(&kid)?;
        Ok(Step {
            ring: self.ring,
            changed,
            kid,
            state: Standing::Active,
            previous: changed.then_some(active),
            activate_from: None,
        })
    }
}

fn the_staged(ring: &KeyRing) -> Result<&str, Failure> {
    match standing::staged(ring)[..] {
        [kid] => Ok(kid),
        [] => Err(Failure::Refused(
            "no key is staged: add one first (`keyring rotate` without --activate), or name one"
                .into(),
        )),
        _ => Err(Failure::Refused(
            "several keys are staged: name one (`keyring show` lists them)".into(),
        )),
    }
}

/// From when on a key can be made active without any function refusing what is made under it; `None` when its id does not tell.
fn known_everywhere_at(kid: &str) -> Option<Timestamp> {
    kid::added_at(kid).map(|added| added.plus(REFRESH))
}

/// Every function must have read the ring since the key was added.
fn check_age(kid: &str, now: Timestamp) -> Result<(), Failure> {
    let from = known_everywhere_at(kid).ok_or_else(|| {
        Failure::Refused(format!(
            "the id {kid} does not tell when its key was added: if that was over five minutes ago, add --force"
        ))
    })?;
    if now >= from {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "key {kid} was added less than five minutes ago, some functions do not know it yet: run this again from {} on, or add --force",
        from.rfc3339()
    )))
}

impl Step {
    fn told(&self) -> String {
        let (kid, ring) = (&self.kid, self.ring.word());
        match (self.state, &self.previous) {
            (Standing::Active, Some(previous)) => format!(
                "Made {kid} active on the {ring} ring. What was made under {previous} lives for {} at the most; \
                 then drop it:\n  aura-admin keyring retire {previous} --ring {ring}",
                self.ring.longest_life()
            ),
            (Standing::Active, None) => format!("{kid} is active already: nothing was changed."),
            _ => format!(
                "{} {kid} on the {ring} ring. Make it active from {} on:\n  \
                 aura-admin keyring rotate --ring {ring} --activate",
                if self.changed {
                    "Added"
                } else {
                    "Nothing was changed: an earlier run added"
                },
                self.activate_from.as_deref().unwrap_or("now")
            ),
        }
    }
}

#[cfg(test)]
#[path = "rotate_tests.rs"]
mod tests;
