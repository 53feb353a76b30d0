//! `signing-key list`: which keys there are, where each stands, and what can be done with it when.

use std::time::Duration;

use serde::Serialize;
use shared::clock::Timestamp;
use shared::control::KeyState;
use shared::jwk::SigningAlgorithm;

use super::keys::Keys;
use super::standing::{self, Disagreement, Standing};
use super::waits;
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::table::table;

#[derive(Serialize)]
struct List {
    keys: Vec<Row>,
}

/// One key; what is not known or does not apply is `null`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    kid: String,
    alg: SigningAlgorithm,
    state: KeyState,
    published_at: Option<String>,
    superseded_at: Option<String>,
    age_seconds: Option<u64>,
    promote_from: Option<String>,
    retire_from: Option<String>,
    /// What is wrong with it, and what to do.
    problem: Option<String>,
}

pub(super) async fn run(target: &Target<'_>, console: &mut Console<'_>) -> Result<Answer, Failure> {
    let deployment = target.connect().await?;
    let keys = Keys::read(&deployment).await?;
    let (now, is_first) = (target.clock.now(), keys.secret.current().is_none());
    let all = keys.all();
    let rows = all.iter().map(|key| Row::of(key, is_first, now));
    let list = List {
        keys: rows.collect(),
    };
    console.answer(&list, || list.table())?;
    let any = !list.keys.is_empty();
    Ok(if any { Answer::Yes } else { Answer::No })
}

impl Row {
    fn of(key: &Standing<'_>, is_first: bool, now: Timestamp) -> Self {
        let published = key.published;
        let next = published.filter(|_| key.in_secret && key.state == KeyState::Next);
        let previous = published.filter(|_| key.state == KeyState::Previous);
        Self {
            kid: key.kid.to_owned(),
            alg: key.algorithm,
            state: key.state,
            published_at: published.map(|key| key.published_at.rfc3339()),
            superseded_at: published
                .and_then(|key| key.superseded_at)
                .map(Timestamp::rfc3339),
            age_seconds: published
                .and_then(|key| now.since(key.published_at))
                .map(|age| age.as_secs()),
            promote_from: next.map(|key| waits::promote_from(key, is_first).rfc3339()),
            retire_from: previous
                .and_then(waits::retire_from)
                .map(Timestamp::rfc3339),
            problem: key.disagreement().map(|what| told(what, key.kid)),
        }
    }

    fn cells(&self) -> [String; 6] {
        let dash = || "-".to_owned();
        let next_step = match (&self.promote_from, &self.retire_from) {
            (Some(from), _) => format!("promote from {from} on"),
            (_, Some(from)) => format!("retire from {from} on"),
            _ => dash(),
        };
        [
            self.kid.clone(),
            self.alg.name().to_owned(),
            standing::word(self.state).to_owned(),
            self.published_at.clone().unwrap_or_else(dash),
            self.age_seconds.map_or_else(dash, age),
            next_step,
        ]
    }
}

impl List {
    fn table(&self) -> String {
        if self.keys.is_empty() {
            return "No signing keys. Make the first one: aura-admin signing-key add".to_owned();
        }
        let rows: Vec<_> = self.keys.iter().map(Row::cells).collect();
        let headings = ["KID", "ALG", "STATE", "PUBLISHED", "AGE", "NEXT STEP"];
        let mut text = table(headings, &rows);
        for problem in self.keys.iter().filter_map(|row| row.problem.as_ref()) {
            text = text + problem + "\n";
        }
        text
    }
}

pub(crate) fn told(what: Disagreement, kid: &str) -> String {
    match what {
        Disagreement::NotPublished => {
            format!("{kid} is not published: `signing-key add` does that.")
        }
        Disagreement::NoPrivateKey => format!(
            "{kid} is public, but its private key is gone: `signing-key retire {kid}` takes it back."
        ),
        Disagreement::HalfPromoted => {
            format!(
                "{kid} was promoted or superseded by half: `signing-key promote` finishes that."
            )
        }
    }
}

/// In the largest unit that fits.
fn age(seconds: u64) -> String {
    let span = Duration::from_secs(seconds);
    for (unit, word) in [
        (Duration::from_hours(24), "d"),
        (Duration::from_hours(1), "h"),
        (Duration::from_mins(1), "min"),
    ] {
        if span >= unit {
            return format!("{} {word}", span.as_secs() / unit.as_secs());
        }
    }
    format!("{seconds} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short() {
        let told = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 864_000].map(age);
        assert_eq!(
            told,
            [
                "0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "10 d"
            ]
        );
    }
}
