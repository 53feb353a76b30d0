//! `signing-key add`: the first step of a rotation.

use clap::Args;
use serde::Serialize;
use shared::control::KeyState;
use shared::jwk::SigningAlgorithm;
use shared::signing_keys::SigningKey;

use super::keys::Keys;
use super::{Alg, standing, waits};
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

/// The arguments of `signing-key add`.
#[derive(Debug, Args)]
#[command(after_help = "The steps of a rotation:\n  \
    aura-admin signing-key add        makes the next key and publishes it\n  \
    aura-admin signing-key promote    eleven minutes later: it signs (the first key of all: at once)\n  \
    aura-admin signing-key retire     an hour and two minutes later: the previous key is dropped\n\n\
    Example:\n  aura-admin --environment es-prod signing-key add")]
pub(crate) struct Add {
    /// What the key signs with [default: RS256]
    #[arg(long, value_enum)]
    alg: Option<Alg>,
}

/// The next key, and whether this run has changed anything.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Added {
    changed: bool,
    kid: String,
    alg: SigningAlgorithm,
    state: KeyState,
    published_at: String,
    promote_from: String,
}

impl Add {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let mut keys = Keys::read(&deployment).await?;
        let made = self.make(&mut keys)?;
        if made {
            keys.store().await?;
        }
        // Not the time before the secret's write, which may have taken a while.
        let now = target.clock.now();
        let published = keys
            .publish(|secret, table| standing::complete(secret, table, now))
            .await?;
        let added = Added::of(&keys, made || published)?;
        console.answer(&added, || added.told())?;
        Ok(Answer::Yes)
    }

    /// Makes a key unless a rotation was begun: that one goes on with its own.
    fn make(&self, keys: &mut Keys<'_>) -> Result<bool, Failure> {
        let all = keys.all();
        let begun = all
            .iter()
            .find(|key| key.in_secret && key.state == KeyState::Next);
        let wanted = self.alg.map(SigningAlgorithm::from);
        match begun {
            Some(key) if wanted.is_some_and(|wanted| wanted != key.algorithm) => {
                Err(Failure::Refused(format!(
                    "the key {} is next already, and signs with {}: promote it, or retire it to have another",
                    key.kid,
                    key.algorithm.name()
                )))
            }
            Some(_) => Ok(false),
            None => {
                let key = SigningKey::generate(wanted.unwrap_or(SigningAlgorithm::Rs256))?;
                keys.secret.add(key);
                Ok(true)
            }
        }
    }
}

impl Added {
    fn of(keys: &Keys<'_>, changed: bool) -> Result<Self, Failure> {
        let all = keys.all();
        let mut next = all.iter().filter(|key| key.state == KeyState::Next);
        let next = next.find_map(|key| key.published.filter(|_| key.in_secret));
        let next = next.ok_or_else(|| {
            Failure::Refused("somebody else promoted or retired the key just now".into())
        })?;
        let is_first = keys.secret.current().is_none();
        Ok(Self {
            changed,
            kid: next.kid().to_owned(),
            alg: next.jwk.algorithm(),
            state: KeyState::Next,
            published_at: next.published_at.rfc3339(),
            promote_from: waits::promote_from(next, is_first).rfc3339(),
        })
    }

    fn told(&self) -> String {
        let Self { kid, alg, .. } = self;
        let done = if self.changed {
            "Published"
        } else {
            "Nothing was changed: an earlier run published"
        };
        format!(
            "{done} {kid} ({}) as the next key. Sign with it from {} on:\n  aura-admin signing-key promote",
            alg.name(),
            self.promote_from
        )
    }
}
