//! Which keys can be asked for, and what they say.

use super::*;
use crate::cli::{Cli, Command};
use clap::Parser;
use clap::error::ErrorKind;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_999);

fn parse(options: &str) -> Result<Issue, ErrorKind> {
    let line = format!("aura-admin apikey issue {options}");
    let cli = Cli::try_parse_from(line.split_whitespace()).map_err(|error| error.kind())?;
    match cli.command {
        Command::Apikey(super::super::Command::Issue(issue)) => Ok(issue),
        other => panic!("{other:?}"),
    }
}

#[test]
fn scopes_are_for_their_apps_only() {
    for (scope, app, good) in [
        ("internal", "aura-bot", true),
        ("internal", "aura-groot", true),
        ("internal", "kernel", false),
        ("internal", "whatsapp", false),
        ("kernel", "kernel", true),
        ("kernel", "aura-bot", false),
        ("public", "whatsapp", true),
        ("public", "kernel", true),
    ] {
        let issue = parse(&format!("--app {app} --scope {scope}")).unwrap();
        let refused = issue.check_app().err().map(|failure| failure.exit_code());
        assert_eq!(refused, (!good).then_some(2), "{scope} {app}");
    }
}

#[test]
fn unknown_groups_and_too_long_lives_are_usage_errors() {
    for (options, kind) in [
        ("--group users", ErrorKind::InvalidValue),
        ("--days 401", ErrorKind::ValueValidation),
        ("--days 0", ErrorKind::ValueValidation),
        ("--mode w", ErrorKind::InvalidValue),
    ] {
        let parsed = parse(&format!("--app a --scope public {options}"));
        assert_eq!(parsed.err(), Some(kind), "{options}");
    }
    for group in GROUPS {
        assert!(parse(&format!("--app a --scope public --group {group}")).is_ok());
    }
}

#[test]
fn claims_say_what_was_asked_for() {
    let asked = "--app kernel --scope kernel --mode r --group openid --group monitoring --group openid --days 400";
    let key = parse(asked).unwrap().claims("dev", NOW).unwrap();
    assert_eq!(
        (key.iat, key.exp),
        (1_800_000_000, 1_800_000_000 + 400 * 86_400)
    );
    assert_eq!(key.groups, Some(vec!["monitoring".into(), "openid".into()]));
    assert_eq!((key.mode, key.env.as_str()), (Mode::Read, "dev"));
    let plain = parse("--app web --scope public")
        .unwrap()
        .claims("dev", NOW)
        .unwrap();
    assert_eq!((plain.groups, plain.exp - plain.iat), (None, 365 * 86_400));
}

#[test]
fn an_app_without_a_name_is_refused() {
    let mut issue = parse("--app web --scope public").unwrap();
    for app in ["", "a\nb", &"x".repeat(129)] {
        issue.app = app.to_owned();
        assert_eq!(
            issue.claims("dev", NOW).unwrap_err().exit_code(),
            2,
            "{app:?}"
        );
    }
}
