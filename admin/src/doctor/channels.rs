//! `channels` and `control`: there is a channel at least, and instances look for what the table has.

use shared::control::EditError;

use super::Patient;
use super::report::Report;

pub(super) async fn check(patient: &Patient<'_>, report: &mut Report) {
    let control = patient.deployment.control();
    match control.channels().await {
        Ok(channels) if channels.is_empty() => {
            let set = patient.commands.admin("channel set --id ID --name NAME");
            report.failed("channels", "there is none: every login is refused", &set);
        }
        Ok(channels) => report.ok("channels", &format!("{} channels", channels.len())),
        Err(error) => not_read("channels", &error, report),
    }
    let check = "control.versions";
    match control.unseen().await {
        Ok(unseen) if unseen.is_empty() => report.ok(check, "lists and versions agree"),
        Ok(unseen) => {
            let lists = unseen.join(", ");
            let found = format!(
                "the version item does not count the {lists}: new instances take them for empty"
            );
            let again = ["apikey revoke --jti JTI", "channel set", "client issue"];
            let again = again.map(|change| patient.commands.admin(change));
            let remedy = format!(
                "make one change again, which counts it: {}",
                again.join(", ")
            );
            report.failed(check, &found, &remedy);
        }
        Err(error) => not_read(check, &error, report),
    }
}

/// Instances that cannot make sense of it answer 503 within a minute.
fn not_read(check: &str, error: &EditError, report: &mut Report) {
    if error.is_malformed() {
        let remedy = "somebody changed an item by hand: docs/operations/doctor.md says how to find it and make it anew";
        return report.failed(check, &error.to_string(), remedy);
    }
    let first = "first mend what `table.users` says";
    report.unknown(check, &error.to_string(), first);
}
