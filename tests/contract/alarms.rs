//! Every metric of this API's own that an alarm or the dashboard names is one that the functions print, in the dimensions that
//! they print it in. AWS's own metrics are checked by `.ci/transform`.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use dev_server::bundle::{Bundle, bundle};
use dev_server::local_env::ENVIRONMENT;
use futures_util::future::join_all;
use serde_json::Value as Json;
use serde_yaml_ng::Value;
use shared::api_key::Refusal;
use shared::error::{Denial, Error};
use shared::jwe::OpenError;
use shared::metrics::{Family, Flusher};
use shared::settings::Env;
use shared::upstream::FailureKind;
use tests::{Desk, Fault, desk};

use crate::template_file::{Template, mapping, text};

/// Where CloudWatch keeps them.
const NAMESPACE: &str = "AuraAuthentication";

/// A metric's name and dimensions, as one line.
type Printed = BTreeSet<String>;

/// A metric by its name and its dimensions' names and values.
fn shown(name: &str, mut dimensions: Vec<(String, String)>) -> String {
    dimensions.sort();
    format!("{name} {dimensions:?}")
}

/// Where the lines go: there is no place to hand in at a function pointer.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What the lines that were told declare.
fn printed() -> Printed {
    let lines = std::mem::take(&mut *LINES.lock().unwrap());
    let mut printed = Printed::new();
    for line in lines {
        let line: Json = serde_json::from_str(&line).unwrap();
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], NAMESPACE);
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(line[name].is_u64(), "{name} has no value");
            for set in directive["Dimensions"].as_array().unwrap() {
                let names = set
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|name| name.as_str().unwrap());
                let value = |name: &str| line[name].as_str().unwrap().to_owned();
                let dimensions = names.map(|name| (name.to_owned(), value(name)));
                printed.insert(shown(name, dimensions.collect()));
            }
        }
    }
    printed
}

/// The reasons that a key is refused for.
fn refusals() -> Vec<Error> {
    let open = [
        OpenError::Malformed,
        OpenError::Header,
        OpenError::UnknownKid,
        OpenError::Tag,
    ];
    let keys = [
        Refusal::Missing,
        Refusal::Scheme,
        Refusal::Claims,
        Refusal::Environment,
        Refusal::Scope,
        Refusal::NotYetValid,
        Refusal::Expired,
        Refusal::Lifetime,
        Refusal::Revoked,
    ];
    let keys = keys.into_iter().chain(open.map(Refusal::Open));
    let denied = [Denial::Scope, Denial::Mode, Denial::Groups];
    let denied = denied.map(Error::PermissionDenied);
    keys.map(Error::Unauthenticated).chain(denied).collect()
}

/// The functions once more, each with these variables instead, told to print.
async fn instances(desk: &Desk, changes: &[(&str, &str)]) -> Bundle {
    let env = |name: &str| {
        let given = desk.env.template_variables(name).into_iter();
        let variables = given.map(|(name, value)| {
            let change = changes.iter().find(|change| change.0 == name);
            (name, change.map_or(value, |change| change.1.to_owned()))
        });
        // A region of their own: the SDK keeps one budget of repeats for each.
        let lambda = [
            ("AWS_REGION", "alarms"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
        ];
        let lambda = lambda.map(|(name, value)| (name, value.to_owned()));
        Env::from_pairs(variables.chain(lambda))
    };
    let bundle = bundle(env, &desk.clock.clock()).await.unwrap();
    for flusher in &bundle.flushers {
        flusher.tell_cloudwatch(|line| LINES.lock().unwrap().push(line.to_owned()));
    }
    bundle
}

async fn call(desk: &Desk, bundle: &Bundle, method: &str, path: &str) -> u16 {
    let key = if path.contains("token") {
        desk.bot()
    } else {
        desk.kernel()
    };
    let headers = [("authorization", key.as_bytes())];
    desk::send(&bundle.router, method, path, &headers)
        .await
        .status
        .as_u16()
}

async fn flush(bundle: &Bundle) {
    join_all(bundle.flushers.iter().map(Flusher::flush)).await;
}

/// Everything that can go wrong does, and what can be counted is.
async fn a_bad_day() -> Printed {
    let desk = Desk::start().await;
    let forbidden = || Fault::Error(400, "AccessDeniedException");
    desk.proxy.plan(move |_| forbidden());
    for method in ["private_key_jwt", "client_secret_basic"] {
        let changes = [("KERNEL_CLIENT_AUTHENTICATION", method)];
        let started = instances(&desk, &changes).await;
        flush(&started).await;
        flush(&started).await;
    }
    desk.proxy.heal();
    let bundle = instances(&desk, &[]).await;
    assert_eq!(call(&desk, &bundle, "GET", "/healthz").await, 200);
    desk.direct_line.plan(|_| Fault::Error(403, "refused"));
    assert_eq!(call(&desk, &bundle, "GET", "/token").await, 502);
    let bad_state = "/users/auraid/integrated?state=bad&code=c";
    assert_eq!(call(&desk, &bundle, "GET", bad_state).await, 400);
    desk.proxy.fail("UpdateItem", forbidden());
    let number = "/admin/users/phone-numbers/34600000001";
    assert_eq!(call(&desk, &bundle, "DELETE", number).await, 503);
    desk.proxy.heal();
    for flusher in &bundle.flushers {
        count_words(flusher);
    }
    flush(&bundle).await;
    for function in Template::read().functions() {
        count_upstreams(&desk, &function).await;
    }
    printed()
}

/// What any function may count: each word for what it is.
fn count_words(flusher: &Flusher) {
    let metrics = flusher.metrics();
    for refusal in refusals() {
        let reason = refusal.key_refused().unwrap();
        metrics.count(Family::KeysRefused, &[&reason]);
    }
    for family in [Family::ClientsRefused, Family::TokensRefused] {
        metrics.count(family, &["secret"]);
    }
    for family in [
        Family::UsersRegistered,
        Family::UsersRemoved,
        Family::UsersErased,
    ] {
        metrics.count(family, &[]);
    }
    for status in ["200", "400", "503"] {
        let labels = ["GET", "h", "/p", status];
        for family in [Family::Requests, Family::Outgoing] {
            metrics.observe(family, &labels, Duration::ZERO);
        }
        metrics.observe(Family::TokenExchanges, &[status], Duration::ZERO);
    }
}

/// The failures of the upstream that a function has, if it has one.
async fn count_upstreams(desk: &Desk, function: &crate::template_file::Function) {
    let upstream = if function.variables.contains_key("KERNEL_CLIENT_ID") {
        "kernel"
    } else if function.variables.contains_key("DIRECT_LINE_URL") {
        "direct-line"
    } else {
        return;
    };
    let bundle = instances(desk, &[]).await;
    let started = |flusher: &&Flusher| {
        let counts = flusher.metrics().counts();
        let mut started = counts.family(Family::ColdStarts.description().name);
        started.any(|(labels, _)| labels == [function.package.clone()])
    };
    let flusher = bundle.flushers.iter().find(started).unwrap();
    for kind in [
        FailureKind::RefusedSecret,
        FailureKind::RateLimited,
        FailureKind::ServerError,
        FailureKind::Timeout,
        FailureKind::Connection,
        FailureKind::Broken,
        FailureKind::TooLong,
        FailureKind::UnexpectedStatus,
    ] {
        kind.count(flusher.metrics(), upstream);
    }
    flusher.flush().await;
}

/// The metrics of this API in an alarm: of its own, or of what it calculates with.
fn named(template: &Template, alarm: &Value) -> Vec<String> {
    let of_math = alarm["Metrics"].as_sequence().into_iter().flatten();
    let of_math = of_math.map(|query| &query["MetricStat"]["Metric"]);
    let all = std::iter::once(alarm).chain(of_math);
    let own = all.filter(|metric| metric["Namespace"].as_str() == Some(NAMESPACE));
    own.map(|metric| {
        let dimensions = metric["Dimensions"].as_sequence().unwrap().iter();
        let dimensions = dimensions.map(|one| {
            let value = template.resolved(&one["Value"], ENVIRONMENT);
            (text(&one["Name"]), value)
        });
        shown(&text(&metric["MetricName"]), dimensions.collect())
    })
    .collect()
}

/// The metrics of this API on the dashboard.
fn on_dashboard(dashboard: &Value) -> Vec<String> {
    let body = text(&dashboard["Properties"]["DashboardBody"]);
    let body: Json = serde_json::from_str(&body.replace("${Environment}", ENVIRONMENT)).unwrap();
    let widgets = body["widgets"].as_array().unwrap().iter();
    let rows = widgets.filter_map(|widget| widget["properties"]["metrics"].as_array());
    let rows = rows.flatten().map(|row| {
        let words = row.as_array().unwrap().iter();
        words
            .filter_map(Json::as_str)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    let own = rows.filter(|row| row[0] == NAMESPACE);
    own.map(|row| {
        let dimensions = row[2..]
            .chunks(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()));
        shown(&row[1], dimensions.collect())
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_and_dashboard_look_at_metrics_that_the_functions_print() {
    let template = Template::read();
    let mut wanted = Vec::new();
    for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        let metrics = named(&template, &alarm["Properties"]).into_iter();
        wanted.extend(metrics.map(|metric| (id.clone(), metric)));
    }
    for (id, dashboard) in template.resources("AWS::CloudWatch::Dashboard") {
        let metrics = on_dashboard(dashboard).into_iter();
        wanted.extend(metrics.map(|metric| (id.clone(), metric)));
    }
    assert!(wanted.len() > 100, "only {}", wanted.len());
    let printed = a_bad_day().await;
    let lost: Vec<_> = wanted
        .iter()
        .filter(|(_, metric)| !printed.contains(metric))
        .collect();
    assert!(
        lost.is_empty(),
        "nobody prints {lost:#?} among {printed:#?}"
    );
}

#[test]
fn what_an_environment_needs_to_hear_of_has_an_alarm() {
    let template = Template::read();
    let alarms = template.resources("AWS::CloudWatch::Alarm").into_iter();
    let watched: String = alarms
        .flat_map(|(_, alarm)| named(&template, &alarm["Properties"]))
        .collect();
    for metric in [
        "ApiKeysRefused",
        "ApiKeysRefused.revoked",
        "CopilotClientsRefused",
        "DirectLineSecretsRefused.primary",
        "ErasuresUnfinished",
        "HttpRequestsFailed",
        "MetricsFlushesFailed",
        "RefreshesFailed.Copilot-secrets",
        "RefreshesFailed.control-data",
        "RefreshesFailed.key-ring",
        "RotationAge.copilot",
        "RotationAge.signing-key",
        "StatesRefused",
        "UpstreamFailures",
    ] {
        assert!(watched.contains(&format!("{metric} [")), "{metric}");
    }
    let tables = template.resources("AWS::DynamoDB::Table");
    for (table, _) in tables {
        for kind in ["Throttles", "Errors", "Capacity"] {
            let alarm = format!("{table}{kind}Alarm");
            let resources = template.section("Resources");
            assert!(!mapping(&resources[alarm.as_str()]).is_empty(), "{alarm}");
        }
    }
}
