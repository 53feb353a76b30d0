//! `user erase`: the erasure of contract 4.4, repeated until it is finished; and, with `--replay`, all that a restore undid.

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::error::Error;
use shared::user::PhoneNumber;
use shared::user_store::{Receipt, Rules};
use uuid::Uuid;

use crate::argument;
use crate::console::Console;
use crate::deployment::{Deployment, Target};
use crate::failure::{Answer, Failure};
use crate::table;

mod replay;

/// The key id that the record of an erasure gets: no caller's key has it.
const OPERATOR: &str = "operator";
/// How often an unfinished erasure is taken up again; each time works for 20 s.
const TRIES: u32 = 5;

/// The options of `user erase`.
#[derive(Debug, Args)]
#[command(
    after_help = "Prints the receipt. Exit code 3 when it is unfinished still: the same command goes on, under the same receipt.\n\
    Without a terminal, add --yes.\n\n\
    --replay is for a users' table that was restored: it erases again whom the erasures completed since then erased. It can be\n\
    repeated at any time and goes on where it stopped; docs/operations/restore.md says what it cannot do.\n\n\
    Examples:\n  aura-admin --environment es-prod user erase --phone-number +34600000001\n  \
    aura-admin --environment es-prod user erase --replay --since 2026-11-22T16:12:00Z"
)]
pub(crate) struct Erase {
    /// The number
    #[arg(long, value_name = "NUMBER", required_unless_present = "replay", value_parser = argument::parsed::<PhoneNumber>)]
    phone_number: Option<PhoneNumber>,
    /// Erase again whom a restore of the users' table has brought back
    #[arg(long, requires = "since", conflicts_with = "phone_number")]
    replay: bool,
    /// With --replay: the time that the table was restored to (RFC 3339 or seconds since 1970)
    #[arg(long, value_name = "TIME", requires = "replay", value_parser = argument::instant)]
    since: Option<Timestamp>,
    /// The deployment's longest life of an end-user token: for so long nobody else can get an erased auraId
    #[arg(long, value_name = "N", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(60..=86_400))]
    end_user_token_seconds: u64,
}

/// The receipt as the API shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    receipt_id: Uuid,
    erased_users: u64,
    erased_logins: u64,
    completed_at: String,
}

impl Erase {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let rules = Rules {
            erasure_table: deployment.names.erasure_table.clone(),
            quarantine: Duration::from_secs(self.end_user_token_seconds),
        };
        match (self.phone_number, self.since) {
            (Some(number), _) => by_phone_number(&number, &deployment, &rules, console).await,
            (None, Some(since)) => replay::run(since, &deployment, &rules, console).await,
            (None, None) => Err(Failure::Refused("name a number, or a time".into())),
        }
    }
}

async fn by_phone_number(
    number: &PhoneNumber,
    deployment: &Deployment,
    rules: &Rules,
    console: &mut Console<'_>,
) -> Result<Answer, Failure> {
    let users = deployment.users();
    let persons = users.get_persons_by_phone_number(number).await?.len();
    let number_text = number.as_str();
    let environment = &deployment.environment;
    console.confirm(&format!(
        "Erase all that {environment} has of the persons with the number {number_text} ({persons} now), for good?"
    ))?;
    let once = async || users.erase_by_phone_number(number, OPERATOR, rules).await;
    let receipt = finish(once, console).await?;
    let view = View::of(&receipt);
    console.answer(&view, || view.facts())?;
    Ok(Answer::Yes)
}

/// Repeats an erasure that is unfinished: each time goes on where the last one stopped.
async fn finish<T>(
    once: impl AsyncFn() -> Result<T, Error>,
    console: &mut Console<'_>,
) -> Result<T, Failure> {
    let mut tries = 1;
    loop {
        match once().await {
            Err(Error::Unavailable { cause, retry_after }) if tries < TRIES => {
                tries += 1;
                console.note(&format!("{cause}: going on ({tries} of {TRIES})"));
                tokio::time::sleep(retry_after).await;
            }
            Err(Error::Unavailable { cause, .. }) => {
                return Err(Failure::Dependency(format!(
                    "{cause}. Run the same command again: it goes on under the same receipt"
                )));
            }
            done => return Ok(done?),
        }
    }
}

impl View {
    fn of(receipt: &Receipt) -> Self {
        Self {
            receipt_id: receipt.receipt_id,
            erased_users: receipt.erased_users,
            erased_logins: receipt.erased_logins,
            completed_at: receipt.completed_at.rfc3339(),
        }
    }

    fn facts(&self) -> String {
        table::facts(&[
            ("receipt", self.receipt_id.to_string()),
            ("erased persons", self.erased_users.to_string()),
            ("erased logins", self.erased_logins.to_string()),
            ("completed", self.completed_at.clone()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use shared::clock::Timestamp;

    /// The outcome when the first `faults` tries stay unfinished, and what was noted meanwhile.
    async fn outcome(faults: u32) -> (Result<u64, u8>, String) {
        let (calls, mut notes) = (Cell::new(0), Vec::new());
        let once = async || {
            calls.set(calls.get() + 1);
            if calls.get() <= faults {
                return Err(Error::Unavailable {
                    cause: "erasure unfinished: 20 s of work".into(),
                    retry_after: Duration::ZERO,
                });
            }
            Ok(Receipt {
                receipt_id: Uuid::nil(),
                erased_users: 7,
                erased_logins: 9,
                completed_at: Timestamp::from_secs(0),
            })
        };
        let mut console = Console::new(std::io::empty(), std::io::sink(), &mut notes, false);
        let finished = finish(once, &mut console).await;
        drop(console);
        let finished = finished.map(|receipt| receipt.erased_users);
        let notes = String::from_utf8(notes).unwrap();
        (finished.map_err(|failure| failure.exit_code()), notes)
    }

    #[tokio::test]
    async fn an_unfinished_erasure_is_taken_up_again_and_says_so() {
        assert_eq!(outcome(0).await, (Ok(7), String::new()));
        let (finished, notes) = outcome(4).await;
        assert_eq!(finished, Ok(7));
        assert_eq!(notes.lines().count(), 4);
        assert!(notes.ends_with("going on (5 of 5)\n"), "{notes}");
    }

    #[tokio::test]
    async fn one_that_stays_unfinished_is_exit_code_3() {
        assert_eq!(outcome(5).await.0, Err(3));
    }
}
