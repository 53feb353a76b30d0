//! `keyring show`: which keys there are, and where each stands.

use clap::Args;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::key_ring::{KeyRing, kid};

use super::standing::Standing;
use super::{Ring, standing};
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::table::table;

/// The arguments of `keyring show`.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 when a ring has no value yet.\n\n\
    Example:\n  aura-admin --local keyring show --ring key --json")]
pub(crate) struct Show {
    /// Only this ring [default: both]
    #[arg(long, value_enum)]
    ring: Option<Ring>,
}

#[derive(Serialize)]
struct Rings {
    rings: Vec<View>,
}

#[derive(Serialize)]
struct View {
    ring: Ring,
    /// `null` while the ring has no value.
    active: Option<String>,
    keys: Vec<KeyView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyView {
    kid: String,
    state: Standing,
    /// `null` when the id does not tell.
    added_at: Option<String>,
}

impl Show {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let mut rings = Vec::new();
        for ring in self
            .ring
            .map_or_else(|| vec![Ring::Key, Ring::State], |ring| vec![ring])
        {
            let held = deployment
                .secret(ring.secret(&deployment.names))
                .read()
                .await?;
            let parsed = held.text.as_deref().map(|text| KeyRing::parse(text));
            rings.push(View::of(ring, parsed.transpose()?.as_ref()));
        }
        let rings = Rings { rings };
        console.answer(&rings, || rings.table())?;
        let complete = rings.rings.iter().all(|ring| ring.active.is_some());
        Ok(if complete { Answer::Yes } else { Answer::No })
    }
}

impl View {
    fn of(ring: Ring, parsed: Option<&KeyRing>) -> Self {
        let key = |parsed, kid: &str| KeyView {
            kid: kid.to_owned(),
            state: standing::of(parsed, kid),
            added_at: kid::added_at(kid).map(Timestamp::rfc3339),
        };
        Self {
            ring,
            active: parsed.map(|parsed| parsed.active().0.to_owned()),
            keys: parsed.map_or_else(Vec::new, |parsed| {
                parsed.kids().map(|kid| key(parsed, kid)).collect()
            }),
        }
    }
}

impl Rings {
    fn table(&self) -> String {
        let mut rows = Vec::new();
        for view in &self.rings {
            let ring = view.ring.word().to_owned();
            if view.keys.is_empty() {
                rows.push([
                    ring.clone(),
                    "(no value yet: keyring init)".into(),
                    "-".into(),
                    "-".into(),
                ]);
            }
            rows.extend(view.keys.iter().map(|key| {
                let added = key.added_at.clone().unwrap_or_else(|| "unknown".to_owned());
                [
                    ring.clone(),
                    key.kid.clone(),
                    key.state.word().to_owned(),
                    added,
                ]
            }));
        }
        table(["RING", "KID", "STATE", "ADDED"], &rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_standings_are_shown_and_no_key() {
        let mut ring = KeyRing::generate("k1").unwrap();
        ring.add("k20261122T161200Z-aaaa").unwrap();
        let rings = Rings {
            rings: vec![
                View::of(Ring::Key, Some(&ring)),
                View::of(Ring::State, None),
            ],
        };
        assert_eq!(
            rings.table(),
            "RING   KID                           STATE   ADDED\n\
             key    k1                            active  unknown\n\
             key    k20261122T161200Z-aaaa        staged  2026-11-22T16:12:00.000Z\n\
             state  (no value yet: keyring init)  -       -\n"
        );
        assert_eq!(
            serde_json::to_string(&rings.rings[1]).unwrap(),
            r#"{"ring":"state","active":null,"keys":[]}"#
        );
    }
}
