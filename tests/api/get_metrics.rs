//! `GET /metrics`: what is shown and how, literally. How the numbers add up is in `metrics_add_up.rs`.

use std::sync::Mutex;
use std::time::Duration;

use dev_server::bundle::bundle;
use futures_util::future::join_all;
use serde_json::Value;
use shared::api_key::Scope;
use shared::metrics::{Family, Flusher, Kind};
use tests::samples::{Samples, scrape};
use tests::{Answer, Desk, Fault, desk};

use crate::store_faults::{assert_unavailable, desk_with_own_retries, started_with_own_retries};

/// What Prometheus 3 sends.
const PROMETHEUS: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

/// The numbers once everything counted so far is written.
async fn numbers(desk: &Desk) -> Samples {
    join_all(desk.flushers.iter().map(Flusher::flush)).await;
    Samples::of(&scrape(desk, &desk.router, "*/*").await)
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// `http_request_duration_seconds_count` of these labels.
fn requests(method: &str, path: &str, status: u16) -> String {
    format!(
        r#"http_request_duration_seconds_count{{method="{method}",host="api.example",path="{path}",status_code="{status}"}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_route_and_status() {
    let desk = Desk::start().await;
    let login = desk.register("u1", "a1", "app", Some("34600000001")).await;
    desk.get_user(&login.text("auraId")).await;
    for unknown in ["nobody", "somebody", "any%20body"] {
        desk.get_user(unknown).await;
    }
    desk.call("GET", "/users/nobody", &[]).await;
    desk.call("GET", "/users/x", &[("authorization", &desk.kernel())])
        .await;
    desk.erase("+34600000001").await;
    let seen = numbers(&desk).await;
    let expected = [
        (requests("GET", "/users/aura-id", 200), 1),
        (requests("GET", "/users/{auraId}", 200), 1),
        (requests("GET", "/users/{auraId}", 404), 2),
        (requests("GET", "/users/{auraId}", 400), 1),
        (requests("GET", "/users/{auraId}", 401), 1),
        (requests("GET", "/users/{auraId}", 403), 1),
        (
            requests("DELETE", "/admin/users/phone-numbers/{phone_number}", 200),
            1,
        ),
    ];
    for (series, count) in &expected {
        assert_eq!(seen.count(series), *count, "{series}");
    }
    let shown = seen.beginning("http_request_duration_seconds_count");
    assert_eq!(shown.count(), expected.len(), "and no others: {seen:?}");
    // The clock of this test stands still: everything took no time.
    let bucket = r#"http_request_duration_seconds_bucket{le="0.001",method="GET",host="api.example",path="/users/{auraId}",status_code="404"}"#;
    assert_eq!(seen.count(bucket), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_are_counted_by_reason() {
    let desk = Desk::start().await;
    desk.register("u1", "a1", "app", Some("34600000001")).await;
    desk.call("GET", "/users/nobody", &[]).await;
    desk.call("GET", "/users/x", &[("authorization", &desk.kernel())])
        .await;
    desk.erase("+34600000001").await;
    let seen = numbers(&desk).await;
    for (series, count) in [
        (r#"api_keys_refused_total{reason="missing"}"#, 1),
        (r#"api_keys_refused_total{reason="denied-scope"}"#, 1),
        ("users_registered_total", 1),
        ("users_erased_total", 1),
        ("users_removed_total", 0),
        (r#"cold_starts_total{function="user-lookup"}"#, 1),
        (r#"cold_starts_total{function="monitoring"}"#, 1),
    ] {
        assert_eq!(seen.count(series), count, "{series}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_is_cut_counts_as_unfinished_and_one_that_ends_does_not() {
    let desk = Desk::start().await;
    let instances = started_with_own_retries(&desk).await;
    desk.register("u1", "a1", "app", Some("34600000001")).await;
    let key = desk.kernel();
    let erase = async || {
        let path = "/admin/users/phone-numbers/34600000001";
        let headers = [("authorization", key.as_bytes())];
        desk::send(&instances.router, "DELETE", path, &headers).await
    };
    let counted = async || {
        join_all(instances.flushers.iter().map(Flusher::flush)).await;
        let seen = Samples::of(&scrape(&desk, &desk.router, "*/*").await);
        ["erasures_unfinished_total", "users_erased_total"].map(|series| seen.count(series))
    };
    for (operation, unfinished) in [("UpdateItem", 1), ("TransactWriteItems", 2)] {
        let fault = Fault::Error(400, "AccessDeniedException");
        desk.proxy.fail(operation, fault);
        assert_unavailable(&erase().await, operation);
        desk.proxy.heal();
        assert_eq!(counted().await, [unfinished, 0], "{operation}");
    }
    assert_eq!(erase().await.status, 200);
    assert_eq!(counted().await, [2, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_matched_no_route_is_unmatched_and_never_its_path() {
    let desk = Desk::start().await;
    let env = desk.env.variables(monitoring::NAME);
    let function = monitoring::start(env, desk.clock.clock()).await.unwrap();
    for (method, path) in [
        ("GET", "/secret/path"),
        ("HEAD", "/ping"),
        ("BREW", "/ping"),
    ] {
        let answer = desk::send(&function.router, method, path, &[]).await;
        assert_eq!(answer.status, 404);
    }
    function.flusher.flush().await;
    let answer = scrape(&desk, &desk.router, "*/*").await;
    let seen = Samples::of(&answer);
    for method in ["GET", "HEAD", "other"] {
        assert_eq!(
            seen.count(&requests(method, "unmatched", 404)),
            1,
            "{method}"
        );
    }
    assert!(!text(&answer).contains("/secret"), "{answer:?}");
    assert!(!text(&answer).contains("BREW"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_the_store_are_counted_by_operation_and_status() {
    let desk = desk_with_own_retries().await;
    let instances = bundle(|name| desk.env.variables(name), &desk.clock.clock()).await;
    let instances = instances.unwrap();
    let key = desk.bot();
    desk.proxy.plan(|call| match &*call.operation {
        "GetItem" => Fault::Error(400, "AccessDeniedException"),
        _ => Fault::None,
    });
    let headers = [("authorization", key.as_bytes())];
    let answer = desk::send(&instances.router, "GET", "/users/nobody", &headers).await;
    assert_eq!(answer.status, 503);
    desk.proxy.heal();
    join_all(instances.flushers.iter().map(Flusher::flush)).await;
    let seen = Samples::of(&scrape(&desk, &desk.router, "*/*").await);
    let host = desk.proxy.url().strip_prefix("http://").unwrap();
    let calls = |operation: &str, status: u16| {
        format!(
            r#"outgoing_request_duration_seconds_count{{method="POST",host="{host}",path="{operation}",status="{status}"}}"#
        )
    };
    assert_eq!(seen.count(&calls("GetItem", 400)), 1);
    assert!(seen.count(&calls("GetSecretValue", 200)) > 0);
    assert_eq!(
        seen.count(&calls("PutItem", 200)),
        0,
        "flushes are not counted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_family_is_declared_before_its_first_use_in_both_formats() {
    let desk = Desk::start().await;
    let plain = text(&scrape(&desk, &desk.router, "*/*").await);
    let open = text(&scrape(&desk, &desk.router, PROMETHEUS).await);
    for family in Family::ALL.map(Family::description) {
        let (kind, suffix) = match family.kind {
            Kind::Counter => ("counter", "_total"),
            Kind::Histogram => ("histogram", ""),
        };
        let (name, help) = (family.name, family.help);
        let declared = format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
        assert!(open.contains(&declared), "{declared}{open}");
        let declared = format!("# HELP {name}{suffix} {help}\n# TYPE {name}{suffix} {kind}\n");
        assert!(plain.contains(&declared), "{declared}{plain}");
    }
    for text in [&plain, &open] {
        assert!(text.contains("\nusers_registered_total 0\n"), "{text}");
        assert!(
            text.contains("# TYPE rotation_age_seconds gauge\n"),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_format_is_the_one_that_the_scraper_prefers() {
    let desk = Desk::start().await;
    for (accept, content_type) in [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain", "text/plain; version=0.0.4; charset=utf-8"),
        ("nonsense", "text/plain; version=0.0.4; charset=utf-8"),
        (
            PROMETHEUS,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
    ] {
        let answer = scrape(&desk, &desk.router, accept).await;
        assert_eq!(answer.status, 200, "{accept}");
        assert_eq!(answer.header("content-type"), content_type, "{accept}");
        assert_eq!(answer.header("cache-control"), "no-store");
        let ends = text(&answer).ends_with("\n# EOF\n");
        assert_eq!(ends, accept == PROMETHEUS, "{accept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_only_read_will_do() {
    let desk = Desk::start().await;
    let mut payload = tests::keys::payload("prometheus", Scope::Public, desk.clock.now());
    payload.mode = shared::api_key::Mode::Read;
    let key = tests::keys::authorization(&payload, &desk.key_ring());
    let answer = desk
        .call("GET", "/metrics", &[("authorization", &key)])
        .await;
    assert_eq!(answer.status, 200);
}

fn ages(seen: &Samples) -> Vec<(&str, u64)> {
    let ages = seen.beginning("rotation_age_seconds");
    ages.map(|(series, age)| {
        let key = series.strip_prefix("rotation_age_seconds{key=\"");
        let key = key.and_then(|rest| rest.strip_suffix("\"}"));
        (key.unwrap_or_default(), age.parse().unwrap_or_default())
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_age_of_every_key_is_shown_where_it_is_known() {
    let desk = Desk::start().await;
    let before = numbers(&desk).await;
    let before = ages(&before);
    let known: Vec<_> = before.iter().map(|(key, _)| *key).collect();
    assert_eq!(
        known,
        [
            "copilot",
            "direct-line",
            "key-ring",
            "signing-key",
            "state-ring"
        ]
    );
    for (key, age) in &before {
        assert!(*age < 60, "made just now: {key} {age}");
    }
    // Another version of the Direct Line secrets, and half an hour later nothing else was changed.
    desk.clock.advance(Duration::from_mins(30));
    let secret = &desk.names.direct_line_secret;
    let now = desk.clock.now().secs();
    desk.secrets
        .put(secret, "{}".to_owned(), None, now)
        .unwrap();
    desk.clock.advance(Duration::from_secs(100));
    let after = numbers(&desk).await;
    let after = ages(&after);
    let expected = before.iter().map(|(key, age)| match *key {
        "direct-line" => (*key, 100),
        _ => (*key, age + 1900),
    });
    let off: Vec<_> = after
        .iter()
        .zip(expected)
        .filter(|((key, age), (other, expected))| key != other || age.abs_diff(*expected) > 1)
        .collect();
    assert!(
        off.is_empty() && after.len() == before.len(),
        "{off:?} {after:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_age_that_cannot_be_read_is_left_out() {
    let desk = desk_with_own_retries().await;
    desk.clock.advance(Duration::from_mins(61));
    desk.proxy.plan(|call| {
        let body = String::from_utf8_lossy(&call.body);
        if call.operation == "ListSecretVersionIds" || body.contains("state-ring") {
            Fault::Error(400, "AccessDeniedException")
        } else {
            Fault::None
        }
    });
    let seen = Samples::of(&scrape(&desk, &desk.router, "*/*").await);
    let known: Vec<_> = ages(&seen).into_iter().map(|(key, _)| key).collect();
    assert_eq!(known, ["key-ring", "signing-key"]);
}

/// Where the lines for CloudWatch go: there is no place to hand in at a function pointer.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[tokio::test(flavor = "multi_thread")]
async fn cloudwatch_gets_the_ages_too() {
    let desk = Desk::start().await;
    for flusher in &desk.flushers {
        flusher.tell_cloudwatch(|line| {
            if let Ok(mut lines) = LINES.lock() {
                lines.push(line.to_owned());
            }
        });
    }
    desk.call("GET", "/healthz", &[]).await;
    join_all(desk.flushers.iter().map(Flusher::flush)).await;
    let lines = LINES.lock().unwrap().clone();
    let lines = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let with_ages: Vec<_> = lines
        .filter(|line| line["RotationAge.key-ring"].is_u64())
        .map(|line| line["Function"].clone())
        .collect();
    assert_eq!(with_ages, ["monitoring"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_in_whole_is_503() {
    let desk = desk_with_own_retries().await;
    let good = scrape(&desk, &desk.router, "*/*").await;
    assert_eq!(good.status, 200);
    for operation in ["Query", "GetItem"] {
        for fault in [
            Fault::Error(400, "ProvisionedThroughputExceededException"),
            Fault::Error(500, "InternalServerError"),
            Fault::Refused,
            Fault::HalfAnswer,
            Fault::Hang(Duration::from_mins(1)),
        ] {
            let case = format!("{operation} {fault:?}");
            desk.proxy.plan(move |call| {
                let counts = String::from_utf8_lossy(&call.body).contains("METRICS");
                if call.operation == operation && counts {
                    fault.clone()
                } else {
                    Fault::None
                }
            });
            assert_unavailable(&scrape(&desk, &desk.router, "*/*").await, &case);
        }
    }
    desk.proxy.heal();
    assert_eq!(scrape(&desk, &desk.router, "*/*").await.status, 200);
}
