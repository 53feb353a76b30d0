//! `user erase --replay`: after a restore of the users' table, the erasures since then once more. One after the other: where one
//! cannot be replayed the others are, and the command is to be run again.

use std::time::Duration;

use serde::Serialize;
use shared::clock::Timestamp;
use shared::user_store::{ErasureRecord, Replayed, Rules, UserStore};
use uuid::Uuid;

use super::finish;
use crate::console::Console;
use crate::deployment::Deployment;
use crate::failure::{Answer, Failure};
use crate::table;

/// How far before the restored time an erasure is looked at: the two times were told by different clocks.
const SLACK: Duration = Duration::from_mins(1);
/// Told after so many erasures.
const PROGRESS: usize = 100;

/// What a replay did.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    since: String,
    /// Erasures looked at.
    erasures: usize,
    /// Of these, unfinished ones that are finished now.
    finished: u64,
    /// Persons erased again, and their live logins.
    erased_users: u64,
    erased_logins: u64,
    /// Persons left alone because they came after the erasure.
    spared_users: u64,
    /// Erasures of which not everybody was found.
    missing: Vec<Missing>,
    /// Erasures that could not be replayed.
    failed: Vec<Failed>,
}

/// An erasure that took more persons than were found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Missing {
    receipt_id: Uuid,
    erased_users: u64,
    replayed_users: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed {
    receipt_id: Uuid,
    cause: String,
}

pub(super) async fn run(
    since: Timestamp,
    deployment: &Deployment,
    rules: &Rules,
    console: &mut Console<'_>,
) -> Result<Answer, Failure> {
    let users = deployment.users();
    let mut records = users.erasures(rules).await?;
    records.retain(|record| is_since(record, since));
    let mut persons = 0;
    for record in &records {
        persons += users.persons_of(record).await?;
    }
    let unfinished = records
        .iter()
        .filter(|record| record.completed_at.is_none());
    if persons > 0 || unfinished.clone().count() > 0 {
        console.confirm(&format!(
            "Replay {} erasures in {}, completed since {} or unfinished ({}): erase again {persons} persons, for good?",
            records.len(),
            deployment.environment,
            since.rfc3339(),
            unfinished.count()
        ))?;
    }
    let view = replay_all(since, &records, &users, rules, console).await;
    console.answer(&view, || view.facts())?;
    view.outcome()
}

/// Whether a table of that time can have persons whom this erasure took. Of an unfinished one nobody knows.
fn is_since(record: &ErasureRecord, since: Timestamp) -> bool {
    let completed_at = record.completed_at;
    completed_at.is_none_or(|completed_at| completed_at.plus(SLACK) >= since)
}

async fn replay_all(
    since: Timestamp,
    records: &[ErasureRecord],
    users: &UserStore,
    rules: &Rules,
    console: &mut Console<'_>,
) -> View {
    let mut view = View {
        since: since.rfc3339(),
        erasures: records.len(),
        ..View::default()
    };
    for (at, record) in records.iter().enumerate() {
        let once = async || match record.completed_at {
            Some(_) => users.replay_erasure(record, rules).await,
            None => users.finish_erasure(record, rules).await,
        };
        match finish(once, console).await {
            Ok(done) => view.add(record, done),
            Err(failure) => view.failed.push(Failed {
                receipt_id: record.receipt_id,
                cause: failure.to_string(),
            }),
        }
        if (at + 1).is_multiple_of(PROGRESS) {
            console.note(&format!(
                "{} of {} erasures replayed",
                at + 1,
                records.len()
            ));
        }
    }
    view
}

impl View {
    fn add(&mut self, record: &ErasureRecord, done: Replayed) {
        self.erased_users += done.users;
        self.erased_logins += done.logins;
        self.spared_users += done.spared;
        if record.completed_at.is_none() {
            self.finished += 1;
            return;
        }
        let replayed_users = record.replayed_users + done.users;
        if replayed_users < record.erased_users {
            self.missing.push(Missing {
                receipt_id: record.receipt_id,
                erased_users: record.erased_users,
                replayed_users,
            });
        }
    }

    fn facts(&self) -> String {
        let counts = table::facts(&[
            ("erasures since", self.since.clone()),
            ("looked at", self.erasures.to_string()),
            ("finished now", self.finished.to_string()),
            ("persons erased again", self.erased_users.to_string()),
            ("their live logins", self.erased_logins.to_string()),
            ("came later, left alone", self.spared_users.to_string()),
            ("not everybody found", self.missing.len().to_string()),
            ("failed", self.failed.len().to_string()),
        ]);
        let missing = self.missing.iter().map(Missing::told);
        let failed = self.failed.iter().map(Failed::told);
        counts + &missing.chain(failed).collect::<String>()
    }

    fn outcome(&self) -> Result<Answer, Failure> {
        match self.failed.len() {
            0 => Ok(Answer::Yes),
            failed => Err(Failure::Dependency(format!(
                "{failed} erasures are not replayed: run the same command again"
            ))),
        }
    }
}

impl Missing {
    fn told(&self) -> String {
        format!(
            "receipt {}: erased {} then, {} again. Whoever is missing came after the restored time, or had another number then: docs/operations/restore.md\n",
            self.receipt_id, self.erased_users, self.replayed_users
        )
    }
}

impl Failed {
    fn told(&self) -> String {
        format!("receipt {}: {}\n", self.receipt_id, self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(completed_at: Option<i64>, erased: u64, replayed: u64) -> ErasureRecord {
        let record = json!({
            "receiptId": Uuid::nil(), "numberDigest": "NUMBER#x", "completedAt": completed_at,
            "erasedUsers": erased, "replayedUsers": replayed,
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn erasures_before_the_restored_time_are_in_the_table_already() {
        let since = Timestamp::from_secs(1_000);
        for (completed_at, counts) in [
            (None, true),
            (Some(2_000_000), true),
            (Some(940_000), true),
            (Some(939_999), false),
        ] {
            assert_eq!(is_since(&record(completed_at, 1, 0), since), counts);
        }
    }

    #[test]
    fn whoever_was_not_found_is_told_once_and_not_after_an_earlier_replay() {
        let found = |users| Replayed {
            users,
            ..Replayed::default()
        };
        let mut view = View::default();
        view.add(&record(Some(1), 2, 0), found(2));
        view.add(&record(Some(1), 2, 2), found(0));
        view.add(&record(None, 0, 0), found(1));
        assert!(view.missing.is_empty(), "{view:?}");
        view.add(&record(Some(1), 2, 0), found(1));
        assert_eq!(view.missing[0].replayed_users, 1);
        assert!(view.facts().contains("erased 2 then, 1 again"));
    }
}
