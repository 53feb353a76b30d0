//! `keyring init`: the first values of a fresh deployment's secrets. What has a value is never touched.

use serde::Serialize;
use shared::access_token::CopilotSecrets;
use shared::clock::Timestamp;
use shared::digest::Digester;
use shared::key_ring::{KeyRing, kid};
use zeroize::Zeroizing;

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::table::table;

#[derive(Clone, Copy)]
enum Kind {
    Ring,
    DigestKey,
    Copilot,
}

#[derive(Serialize)]
struct Filled {
    changed: bool,
    secrets: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    secret: String,
    created: bool,
}

pub(super) async fn run(target: &Target<'_>, console: &mut Console<'_>) -> Result<Answer, Failure> {
    let deployment = target.connect().await?;
    let names = &deployment.names;
    let mut secrets = Vec::new();
    for (name, kind) in [
        (&names.key_ring_secret, Kind::Ring),
        (&names.state_ring_secret, Kind::Ring),
        (&names.digest_key_secret, Kind::DigestKey),
        (&names.copilot_secret, Kind::Copilot),
    ] {
        let slot = deployment.secret(name);
        let held = slot.read().await?;
        let created = held.text.is_none();
        if created {
            slot.replace(&held, &first_value(kind, target.clock.now())?)
                .await?;
        }
        secrets.push(Row {
            secret: name.clone(),
            created,
        });
    }
    let changed = secrets.iter().any(|row| row.created);
    let filled = Filled { changed, secrets };
    console.answer(&filled, || filled.told())?;
    Ok(Answer::Yes)
}

fn first_value(kind: Kind, now: Timestamp) -> Result<Zeroizing<String>, Failure> {
    let none = |error| Failure::Dependency(format!("there are no random bytes: {error}"));
    match kind {
        Kind::Ring => {
            let ring = KeyRing::generate(&kid::make(now));
            ring.map(|ring| ring.to_json()).map_err(none)
        }
        Kind::DigestKey => Digester::generate().map_err(none),
        Kind::Copilot => Ok(CopilotSecrets::generate(now)?.to_json()),
    }
}

impl Filled {
    fn told(&self) -> String {
        let cells = |row: &Row| {
            let state = if row.created {
                "created"
            } else {
                "has a value, left alone"
            };
            [row.secret.clone(), state.to_owned()]
        };
        let rows: Vec<_> = self.secrets.iter().map(cells).collect();
        let rows = table(["SECRET", "STATE"], &rows);
        if self.changed {
            rows
        } else {
            format!("{rows}There was nothing to do.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_values_are_what_the_functions_parse() {
        let now = Timestamp::from_secs(1_795_363_920);
        let ring = KeyRing::parse(&first_value(Kind::Ring, now).unwrap()).unwrap();
        assert_eq!(kid::added_at(ring.active().0), Some(now));
        assert!(CopilotSecrets::parse(&first_value(Kind::Copilot, now).unwrap()).is_ok());
        assert!(Digester::parse(&first_value(Kind::DigestKey, now).unwrap()).is_ok());
    }

    #[test]
    fn a_second_run_says_that_there_was_nothing_to_do() {
        let filled = |created| Filled {
            changed: created,
            secrets: vec![Row {
                secret: "s".into(),
                created,
            }],
        };
        assert!(filled(false).told().ends_with("There was nothing to do."));
        assert!(!filled(true).told().contains("nothing"));
    }
}
