//! Whoever is woken by an alarm finds in the runbook what it means and what to do.

use std::collections::BTreeSet;

use tests::events;

use crate::difference::{assert_same, listed};
use crate::template_file::{Template, text};

/// What every section says.
const PARTS: [&str; 3] = ["**It means**", "**Look at**", "**Do**"];
/// What comes before the section's name in an alarm's description.
const POINTER: &str = "See ${Runbook}#";

fn runbook() -> String {
    std::fs::read_to_string(events::root().join("docs/operations/runbook.md")).unwrap()
}

/// The sections on alarms: their headings are code, as they stand in the descriptions.
fn sections(markdown: &str) -> Vec<(String, String)> {
    let sections = markdown.split("\n## ").skip(1);
    let sections = sections.filter_map(|section| {
        let (heading, body) = section.split_once('\n')?;
        let name = heading.strip_prefix('`')?.strip_suffix('`')?;
        Some((name.to_owned(), body.to_owned()))
    });
    sections.collect()
}

#[test]
fn every_alarm_leads_to_its_section_and_every_section_is_one_of_an_alarm() {
    let template = Template::read();
    let alarms = template.resources("AWS::CloudWatch::Alarm").into_iter();
    let named: BTreeSet<String> = alarms
        .map(|(id, alarm)| {
            let description = text(&alarm["Properties"]["AlarmDescription"]);
            let named = description.split_once(POINTER);
            let (said, section) = named.unwrap_or_else(|| panic!("{id}: no {POINTER}"));
            assert!(said.split_whitespace().count() > 3, "{id}: {description}");
            section.to_owned()
        })
        .collect();
    let written = sections(&runbook()).into_iter().map(|(name, _)| name);
    assert_same(
        &listed("the alarms", named),
        &listed("docs/operations/runbook.md", written),
    );
}

#[test]
fn every_section_says_what_it_means_what_to_look_at_and_what_to_do() {
    for (name, body) in sections(&runbook()) {
        for part in PARTS {
            let said = body.split_once(part).map(|(_, rest)| rest);
            let said = said.unwrap_or_else(|| panic!("{name} has no {part}"));
            let first = said.split("\n\n").next().unwrap_or_default();
            assert!(first.split_whitespace().count() >= 6, "{name}: {part}");
        }
    }
}

#[test]
fn the_names_of_an_environments_alarms_are_in_the_runbook() {
    let runbook = runbook();
    for (id, alarm) in Template::read().resources("AWS::CloudWatch::Alarm") {
        let name = text(&alarm["Properties"]["AlarmName"]);
        let name = name.strip_prefix("aura-authentication-${Environment}-");
        let name = name.unwrap_or_else(|| panic!("{id} has a foreign name"));
        let functions = Template::read().functions().into_iter();
        let mut functions = functions.map(|function| function.package);
        let kind = functions.find_map(|package| {
            let kind = name.strip_prefix(&package)?.strip_prefix('-')?;
            Some(format!("<function>-{kind}"))
        });
        let written = format!("`{}`", kind.as_deref().unwrap_or(name));
        assert!(
            runbook.contains(&written),
            "{written} is not in the runbook"
        );
    }
}
