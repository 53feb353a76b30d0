//! `ring`: how old the rings' active keys are, and whether keys hang on them that nothing is made under any more.

use std::time::Duration;

use shared::api_key::MAX_LIFE;
use shared::clock::Timestamp;
use shared::key_ring::{KeyRing, kid};

use super::Patient;
use super::report::Report;
use crate::keyring::Ring;

/// A key is replaced once a year.
pub(super) const OVERDUE: Duration = Duration::from_hours(365 * 24);
/// The states of a ring live for minutes; the bot is given a day to read its ring again.
const STATE_LEFTOVER: Duration = Duration::from_hours(24);

pub(super) async fn check(patient: &Patient<'_>, report: &mut Report) {
    for (ring, word) in [(Ring::Key, "key"), (Ring::State, "state")] {
        let check = format!("ring.{word}");
        let Ok(parsed) = patient.deployment.ring(ring).await else {
            let first = format!("first mend what `secret.{word}-ring` says");
            report.unknown(&check, "the ring cannot be read", &first);
            continue;
        };
        let now = patient.deployment.clock.now();
        check_age(patient, &check, word, &parsed, now, report);
        let leftover = match ring {
            Ring::Key => MAX_LIFE,
            Ring::State => STATE_LEFTOVER,
        };
        check_leftovers(patient, &check, word, &parsed, now, leftover, report);
    }
}

fn check_age(
    patient: &Patient<'_>,
    check: &str,
    word: &str,
    ring: &KeyRing,
    now: Timestamp,
    report: &mut Report,
) {
    let (active, _) = ring.active();
    let rotate = patient
        .commands
        .admin(&format!("keyring rotate --ring {word}"));
    let age = ring.active_since().and_then(|since| now.since(since));
    let Some(age) = age else {
        let found = format!("the age of its active key {active} is not known");
        return report.warning(check, &found, &format!("{rotate}: a new key's id tells it"));
    };
    let days = age.as_secs() / 86_400;
    let found = format!("its active key {active} is {days} days old");
    if age > MAX_LIFE {
        let found =
            format!("the ring has expired: {found}, older than anything made under it may get");
        report.failed(check, &found, &rotate);
    } else if age > OVERDUE {
        report.warning(check, &format!("a rotation is overdue: {found}"), &rotate);
    } else {
        report.ok(check, &found);
    }
}

/// Keys older than the active one, which took their place too long ago for anything of theirs to be alive.
fn check_leftovers(
    patient: &Patient<'_>,
    check: &str,
    word: &str,
    ring: &KeyRing,
    now: Timestamp,
    after: Duration,
    report: &mut Report,
) {
    let Some(since) = ring.active_since() else {
        return;
    };
    if now.since(since).is_none_or(|age| age <= after) {
        return;
    }
    let is_older = |kid: &&str| kid::added_at(kid).is_some_and(|added| added < since);
    for old in ring.kids().filter(is_older) {
        let found =
            format!("nothing that was made under {old} is alive, and it is on the ring still");
        let retire = format!("keyring retire {old} --ring {word}");
        report.warning(
            &format!("{check}.leftover"),
            &found,
            &patient.commands.admin(&retire),
        );
    }
}
