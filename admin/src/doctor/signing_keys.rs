//! `signing-keys`: one signs, its public part is published, and secret and table agree.

use shared::clock::Timestamp;
use shared::control::KeyState;

use super::Patient;
use super::report::Report;
use super::rings::OVERDUE;
use crate::signing_key::{Keys, Standing, told};

const CHECK: &str = "signing-keys";

pub(super) async fn check(patient: &Patient<'_>, report: &mut Report) {
    let keys = match Keys::read(patient.deployment).await {
        Ok(keys) => keys,
        Err(failure) => {
            let first = "first mend what `table` and `secret` say";
            return report.unknown(CHECK, &failure.to_string(), first);
        }
    };
    let commands = &patient.commands;
    if keys.table.keys.is_empty() {
        let remedy = commands.admin("signing-key add");
        let first = format!(
            "{remedy}; then, where none signs yet, {}",
            commands.admin("signing-key promote")
        );
        return report.failed(
            CHECK,
            "no key is published: whoever checks a signature refuses it",
            &first,
        );
    }
    check_standing(patient, &keys.all(), report);
}

fn check_standing(patient: &Patient<'_>, all: &[Standing<'_>], report: &mut Report) {
    let commands = &patient.commands;
    for key in all {
        if let Some(what) = key.disagreement() {
            let check = format!("{CHECK}.agree");
            let list = commands.admin("signing-key list");
            report.failed(&check, &told(what, key.kid), &list);
        }
    }
    match all.iter().find(|key| key.state == KeyState::Current) {
        None => report.failed(
            CHECK,
            "no key signs",
            &commands.admin("signing-key promote"),
        ),
        Some(key) => check_age(patient, key, patient.deployment.clock.now(), report),
    }
}

fn check_age(patient: &Patient<'_>, key: &Standing<'_>, now: Timestamp, report: &mut Report) {
    let published = key.published.map(|key| key.published_at);
    let age = published.and_then(|at| now.since(at)).unwrap_or_default();
    let found = format!(
        "{} signs, published {} days ago",
        key.kid,
        age.as_secs() / 86_400
    );
    if age > OVERDUE {
        let remedy = patient.commands.admin("signing-key add");
        return report.warning(CHECK, &format!("a rotation is overdue: {found}"), &remedy);
    }
    report.ok(CHECK, &found);
}
