//! What the doctor found, for people and for machines.

use serde::Serialize;

use crate::failure::{Answer, Failure};
use crate::table::table;

/// Where each check is explained: a heading of this page is the first word of the check's name.
const PAGE: &str = "docs/operations/doctor.md";

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// Well.
    Ok,
    /// It works, but not for long, or not as it should.
    Warning,
    /// Wrong.
    Failed,
    /// It could not be looked at.
    Unknown,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    /// Words with dots between them: the same in every release.
    #[serde(rename = "check")]
    name: String,
    state: State,
    /// What there is, or what is wrong.
    found: String,
    /// What to do; nothing where it is well.
    remedy: Option<String>,
    /// Where that is explained.
    see: Option<String>,
}

/// Everything that was looked at.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Check>);

impl Report {
    pub(super) fn ok(&mut self, check: &str, found: &str) {
        self.add(check, State::Ok, found, None);
    }

    pub(super) fn warning(&mut self, check: &str, found: &str, remedy: &str) {
        self.add(check, State::Warning, found, Some(remedy));
    }

    pub(super) fn failed(&mut self, check: &str, found: &str, remedy: &str) {
        self.add(check, State::Failed, found, Some(remedy));
    }

    pub(super) fn unknown(&mut self, check: &str, cause: &str, remedy: &str) {
        self.add(check, State::Unknown, cause, Some(remedy));
    }

    fn add(&mut self, check: &str, state: State, found: &str, remedy: Option<&str>) {
        let group = check.split('.').next().unwrap_or(check);
        self.0.push(Check {
            name: check.to_owned(),
            state,
            found: found.to_owned(),
            remedy: remedy.map(str::to_owned),
            see: remedy.map(|_| format!("{PAGE}#{group}")),
        });
    }

    pub(super) fn checks(&self) -> &[Check] {
        &self.0
    }

    /// The checks in a table, and below it what to do.
    pub(super) fn text(&self) -> String {
        let cells = |check: &Check| {
            let state = check.state.word().to_owned();
            [check.name.clone(), state, check.found.clone()]
        };
        let rows: Vec<_> = self.0.iter().map(cells).collect();
        let mut text = table(["CHECK", "STATE", "FOUND"], &rows);
        let remedies: Vec<_> = self.0.iter().filter_map(Check::told).collect();
        if !remedies.is_empty() {
            text = text + "\nWhat to do:\n" + &remedies.concat();
        }
        text + &self.summary()
    }

    fn summary(&self) -> String {
        let states = [
            (State::Ok, "ok"),
            (State::Warning, "warnings"),
            (State::Failed, "failed"),
            (State::Unknown, "not looked at"),
        ];
        let told = states.map(|(state, word)| format!("{} {word}", self.count(state)));
        format!("\n{}\n", told.join(", "))
    }

    fn count(&self, state: State) -> usize {
        self.0.iter().filter(|check| check.state == state).count()
    }

    /// What is wrong weighs more than what could not be seen.
    pub(super) fn outcome(&self) -> Result<Answer, Failure> {
        match (self.count(State::Failed), self.count(State::Unknown)) {
            (0, 0) => Ok(Answer::Yes),
            (0, unknown) => Err(Failure::Dependency(format!(
                "{unknown} things could not be looked at"
            ))),
            _ => Ok(Answer::No),
        }
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "FAILED",
            Self::Unknown => "unknown",
        }
    }
}

impl Check {
    fn told(&self) -> Option<String> {
        let (remedy, see) = (self.remedy.as_ref()?, self.see.as_ref()?);
        Some(format!("  {}: {remedy}\n    ({see})\n", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(report: &Report) -> Result<Answer, u8> {
        report.outcome().map_err(|failure| failure.exit_code())
    }

    #[test]
    fn a_fault_weighs_more_than_what_could_not_be_seen_and_a_warning_nothing() {
        let mut report = Report::default();
        report.ok("a", "well");
        report.warning("b.c", "old", "renew it");
        assert_eq!(outcome(&report), Ok(Answer::Yes));
        report.unknown("d", "no way there", "look");
        assert_eq!(outcome(&report), Err(3));
        report.failed("e", "broken", "mend it");
        assert_eq!(outcome(&report), Ok(Answer::No));
    }

    #[test]
    fn people_get_a_table_and_what_to_do() {
        let mut report = Report::default();
        report.ok("a", "well");
        report.failed("b.c", "gone", "bring it back");
        assert_eq!(
            report.text(),
            "CHECK  STATE   FOUND\na      ok      well\nb.c    FAILED  gone\n\n\
             What to do:\n  b.c: bring it back\n    (docs/operations/doctor.md#b)\n\n\
             1 ok, 0 warnings, 1 failed, 0 not looked at\n"
        );
    }
}
