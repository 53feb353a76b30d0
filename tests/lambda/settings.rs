//! A missing or malformed variable ends INIT with a message that names it and says what it must be (contract 6).

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use dev_server::bundle::operations;
use futures_util::future::join_all;
use tests::bootstrap::{Ended, Variables, variables};
use tests::{Bootstrap, Desk};

/// What each variable must be, in the words of the message, and values that it must not be.
const RULES: [(&str, &str, &[&str]); 22] = [
    (
        "ENVIRONMENT",
        "1 to 32 characters of a-z 0-9 -",
        &["Prod", "a_b", "x23456789012345678901234567890123"],
    ),
    ("TABLE_NAME", "the name of the users' table", &[]),
    (
        "ERASURE_TABLE_NAME",
        "the name of the table of erasure records",
        &[],
    ),
    (
        "KEY_RING_SECRET",
        "the name or ARN of the secret that holds the key ring",
        &[],
    ),
    (
        "DIGEST_KEY_SECRET",
        "the name or ARN of the secret that holds the digest key",
        &[],
    ),
    (
        "COPILOT_SECRET",
        "the name or ARN of the secret that holds the Copilot secrets",
        &[],
    ),
    (
        "STATE_RING_SECRET",
        "the name or ARN of the secret that holds the state ring",
        &[],
    ),
    (
        "DIRECT_LINE_URL",
        "an http or https address without a slash at its end, a query or a fragment",
        &["directline", "https://directline.example/"],
    ),
    (
        "DIRECT_LINE_SECRET",
        "the name or ARN of the secret that holds the Direct Line secrets",
        &[],
    ),
    (
        "STORAGE_NAME",
        "3 to 24 characters of a-z 0-9, the name of an Azure Storage account",
        &["ab", "Aura", "aura-dev", "0123456789012345678901234"],
    ),
    (
        "LOG_LEVEL",
        "one of ERROR WARN INFO DEBUG TRACE",
        &["LOUD", "INFO "],
    ),
    (
        "PERSON_RETENTION_DAYS",
        "a whole number of days from 30 to 3650",
        &["29", "3651", "396 days", "-396", "1e2"],
    ),
    (
        "END_USER_TOKEN_SECONDS",
        "a whole number of seconds from 60 to 86400",
        &["59", "86401", "3000s", "3000.0"],
    ),
    (
        "BASE_URL",
        "empty, or an http or https address without a slash at its end, a query or a fragment",
        &[
            "nonsense",
            "https://api.example/",
            "https://api.example?x",
            "ftp://api.example",
        ],
    ),
    (
        "KERNEL_URL",
        "an http or https address without a slash at its end, a query or a fragment",
        &["kernel", "https://kernel.example/"],
    ),
    (
        "KERNEL_CLIENT_ID",
        "1 to 128 visible ASCII characters",
        &["a b", "a\n", "é"],
    ),
    (
        "KERNEL_CLIENT_AUTHENTICATION",
        "private_key_jwt or client_secret_basic",
        &["client_secret_post", "PRIVATE_KEY_JWT", "none"],
    ),
    (
        "SIGNING_KEYS_SECRET",
        "the name or ARN of the secret that holds the signing keys",
        &[],
    ),
    (
        "AWS_ENDPOINT_URL",
        "empty, or the http or https address of an AWS endpoint",
        &["nonsense", "ftp://127.0.0.1", "http://", "127.0.0.1:4566"],
    ),
    ("AWS_REGION", "the name of an AWS region", &[]),
    ("AWS_ACCESS_KEY_ID", "the id of an access key", &[]),
    ("AWS_SECRET_ACCESS_KEY", "a secret access key", &[]),
];

/// Read in place of the signing keys where the client has a secret at Kernel.
const CLIENT_SECRET: (&str, &str, &[&str]) = (
    "KERNEL_CLIENT_SECRET",
    "the name or ARN of the secret that holds the client secret at Kernel",
    &[],
);

/// Variables that may be empty.
const OPTIONAL: [&str; 2] = ["AWS_ENDPOINT_URL", "BASE_URL"];

fn functions() -> BTreeSet<&'static str> {
    operations()
        .iter()
        .map(|operation| operation.function)
        .collect()
}

/// The variables with this one taken out and, where there is a value, put back with that.
fn with(variables: &Variables, name: &str, value: Option<OsString>) -> Variables {
    let others = variables.iter().filter(|(other, _)| other != name).cloned();
    others
        .chain(value.map(|value| (name.to_owned(), value)))
        .collect()
}

/// Every way in which this variable can be wrong.
fn wrong(name: &str, values: &[&str]) -> Vec<Option<OsString>> {
    let mut all: Vec<Option<OsString>> = values.iter().map(|&value| Some(value.into())).collect();
    if !OPTIONAL.contains(&name) {
        // Where one may be empty, empty counts as absent.
        all.extend([
            None,
            Some(OsString::new()),
            Some(OsString::from_vec(vec![0xff])),
        ]);
    }
    all
}

fn says_why(ended: &Ended, name: &str, rule: &str, value: Option<&OsString>) {
    let what = format!("{name} = {value:?}: {ended:#?}");
    assert_eq!(ended.status.code(), Some(1), "{what}");
    assert_eq!(ended.polls, 0, "no event may be taken: {what}");
    assert_eq!(ended.lines.len(), 1, "{what}");
    let line: serde_json::Value = serde_json::from_str(&ended.lines[0]).unwrap_or_default();
    let cause = line["cause"].as_str().unwrap_or_default();
    let expected = [
        format!("environment variable {name} is missing: it must be {rule}"),
        format!("environment variable {name} is malformed: it must be {rule}"),
    ];
    assert!(expected.iter().any(|expected| cause == expected), "{what}");
    assert_eq!(line["level"], "ERROR", "{what}");
}

async fn stops(function: &str, good: &Variables, (name, rule, values): (&str, &str, &[&str])) {
    for value in wrong(name, values) {
        let bootstrap = Bootstrap::start(function, with(good, name, value.clone())).await;
        says_why(&bootstrap.ended().await, name, rule, value.as_ref());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_that_is_missing_or_malformed_stops_the_function_and_is_named() {
    let desk = Desk::start().await;
    for function in functions() {
        let good = variables(function, &desk.env);
        let read = good.iter().filter(|(name, _)| name != CLIENT_SECRET.0);
        let its_own = read.map(|(name, _)| {
            let rule = RULES.iter().find(|rule| rule.0 == name);
            *rule.unwrap_or_else(|| panic!("no rule for {name}"))
        });
        join_all(its_own.map(|rule| stops(function, &good, rule))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_secret_is_needed_where_it_is_used_and_the_signing_keys_are_not() {
    let desk = Desk::start().await;
    let good = variables("user-registration", &desk.env);
    let basic = with(
        &good,
        "KERNEL_CLIENT_AUTHENTICATION",
        Some("client_secret_basic".into()),
    );
    stops("user-registration", &basic, CLIENT_SECRET).await;
    let without_keys = with(&basic, "SIGNING_KEYS_SECRET", None);
    let without_secret = with(&good, CLIENT_SECRET.0, None);
    for enough in [without_keys, without_secret] {
        let bootstrap = Bootstrap::start("user-registration", enough).await;
        bootstrap.initialised().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_is_quoted() {
    let desk = Desk::start().await;
    let good = variables("user-removal", &desk.env);
    let bad = with(&good, "LOG_LEVEL", Some("s3cret-value".into()));
    let ended = Bootstrap::start("user-removal", bad).await.ended().await;
    assert!(
        !ended.lines.concat().contains("s3cret-value"),
        "{:?}",
        ended.lines
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_other_programs_change_nothing() {
    let desk = Desk::start().await;
    let mut variables = variables("user-lookup", &desk.env);
    let others = [
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "nonsense"),
        ("AWS_PROFILE", "nobody"),
        ("RUST_LOG", "trace"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
    ];
    variables.extend(others.map(|(name, value)| (name.to_owned(), value.into())));
    let bootstrap = Bootstrap::start("user-lookup", variables).await;
    bootstrap.initialised().await;
    let event = tests::events::fresh(&desk, "user-lookup", "get_user");
    assert_eq!(bootstrap.invoke(&event).await.status, 404);
}
