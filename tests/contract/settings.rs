//! The settings: what the template gives is enough, what it admits is taken, and `docs/settings.md` lists it all.

use std::collections::{BTreeMap, BTreeSet};

use dev_server::bundle::bundle;
use dev_server::local_env::ENVIRONMENT;
use shared::clock::Clock;
use shared::settings::Env;
use tests::{Desk, desk, events};

use crate::difference::{assert_same, listed};
use crate::template_file::{Template, text};

/// What Lambda itself sets.
const CREDENTIALS: [(&str, &str); 3] = [
    ("AWS_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "local"),
    ("AWS_SECRET_ACCESS_KEY", "local"),
];

/// What a deployment has to give.
const GIVEN: [(&str, &str); 3] = [
    // Another one than the default: no test shall call that.
    ("DIRECT_LINE_URL", "https://directline.example"),
    ("KERNEL_URL", "https://kernel.example"),
    ("STORAGE_NAME", "aurastorage"),
];

/// The template's own variables of every function as they are in this environment, with these changes.
fn environments(aws_url: &str, changes: &[(&str, String)]) -> BTreeMap<String, Env> {
    let template = Template::read();
    let of = |function: &crate::template_file::Function| {
        let names = function.variables.iter();
        let declared = names.map(|(name, value)| (name.clone(), value));
        let value = |(name, value)| {
            let change = changes.iter().find(|change| change.0 == name);
            let given = GIVEN.iter().find(|given| given.0 == name);
            let value = match (change, given) {
                (Some((_, other)), _) => other.clone(),
                (None, Some((_, given))) => (*given).to_owned(),
                (None, None) if name == "AWS_ENDPOINT_URL" => aws_url.to_owned(),
                (None, None) => template.resolved(value, ENVIRONMENT),
            };
            (name, value)
        };
        let lambda = CREDENTIALS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Env::from_pairs(declared.map(value).chain(lambda))
    };
    let all = template.functions();
    all.iter()
        .map(|function| (function.package.clone(), of(function)))
        .collect()
}

async fn starts(aws_url: &str, changes: &[(&str, String)]) -> Result<axum::Router, String> {
    let environments = environments(aws_url, changes);
    let started = bundle(|name| environments[name].clone(), &Clock::system()).await;
    started
        .map(|bundle| bundle.router)
        .map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_templates_variables_are_enough_to_start_and_to_serve() {
    let desk = Desk::start().await;
    let router = starts(&desk.aws_url, &[]).await.unwrap();
    let key = desk.bot();
    let headers = [("authorization", key.as_bytes())];
    let answer = desk::send(&router, "GET", "/users/nobody", &headers).await;
    assert_eq!(answer.status, 404, "{:?}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_of_ones_own_and_its_base_path_are_in_the_issuer() {
    let desk = Desk::start().await;
    for (given, base) in [
        (
            &[("DomainName", "api.example")][..],
            "https://api.example/aura-services/v1",
        ),
        (
            &[("DomainName", "api.example"), ("BasePath", "auth")],
            "https://api.example/auth",
        ),
        (
            &[
                ("DomainName", "api.example"),
                ("BaseUrl", "https://front.example/a"),
            ],
            "https://front.example/a",
        ),
    ] {
        let template = Template::read().given(given);
        let functions = template.functions().into_iter();
        let mut openid = functions.filter(|function| function.package == openid::NAME);
        let value = openid.next().unwrap().variables["BASE_URL"].clone();
        let value = template.resolved(&value, ENVIRONMENT);
        assert_eq!(value, base);
        let router = starts(&desk.aws_url, &[("BASE_URL", value)]).await.unwrap();
        let path = "/openid/issuer/.well-known/openid-configuration";
        let answer = desk::send(&router, "GET", path, &[]).await;
        assert_eq!(answer.text("issuer"), format!("{base}/openid/issuer"));
        assert_eq!(answer.text("jwks_uri"), format!("{base}/openid/jwk"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_admits_the_numbers_that_the_functions_take_and_no_others() {
    let desk = Desk::start().await;
    let template = Template::read();
    for (parameter, variable) in [
        ("PersonRetentionDays", "PERSON_RETENTION_DAYS"),
        ("EndUserTokenSeconds", "END_USER_TOKEN_SECONDS"),
    ] {
        let limit = |which: &str| {
            let parameter = &template.section("Parameters")[parameter];
            parameter[which].as_i64().unwrap()
        };
        let (min, max) = (limit("MinValue"), limit("MaxValue"));
        for (value, good) in [(min - 1, false), (min, true), (max, true), (max + 1, false)] {
            let started = starts(&desk.aws_url, &[(variable, value.to_string())]).await;
            assert_eq!(started.is_ok(), good, "{variable}={value}");
        }
    }
}

#[test]
fn every_environment_is_given_what_has_no_default() {
    let settings = std::fs::read_to_string(events::root().join("samconfig.toml")).unwrap();
    let overrides = settings
        .lines()
        .filter(|line| line.starts_with("parameter_overrides"));
    let overrides: Vec<_> = overrides.collect();
    // Three environments, each with its way back.
    assert_eq!(overrides.len(), 6, "{overrides:?}");
    for parameter in Template::read().required_parameters() {
        for line in &overrides {
            assert!(
                line.contains(&format!("\"{parameter}=")),
                "{parameter}: {line}"
            );
        }
    }
}

#[test]
fn the_template_admits_the_levels_that_the_functions_take() {
    let template = Template::read();
    let levels = &template.section("Parameters")["LogLevel"]["AllowedValues"];
    let levels = levels.as_sequence().unwrap().iter().map(text);
    let taken = |level: &String| Env::from_pairs([("LOG_LEVEL", level.as_str())]).log_level();
    let levels: BTreeSet<_> = levels.map(|level| taken(&level).unwrap()).collect();
    assert_eq!(levels.len(), 5);
}

/// The first cell of each row of a table, where it is a variable.
fn documented(markdown: &str) -> Vec<String> {
    let cell = |line: &str| {
        let name = line.strip_prefix("| `")?.split_once("` |")?.0.to_owned();
        let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        name.chars().all(fits).then_some(name)
    };
    markdown.lines().filter_map(cell).collect()
}

#[test]
fn the_documents_list_every_variable_of_the_template() {
    let path = events::root().join("docs/settings.md");
    let markdown = std::fs::read_to_string(path).unwrap_or_default();
    let functions = Template::read().functions().into_iter();
    let declared: BTreeSet<String> = functions
        .flat_map(|function| function.variables.into_keys())
        .collect();
    assert_same(
        &listed("template.yaml", declared),
        &listed("docs/settings.md", documented(&markdown)),
    );
}

#[test]
fn rows_of_variables_are_told_from_others() {
    let markdown =
        "| variable | what |\n|---|---|\n| `LOG_LEVEL` | x |\n| `--port` | y |\ntext `A`\n";
    assert_eq!(documented(markdown), ["LOG_LEVEL"]);
}
