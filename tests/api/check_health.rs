//! `GET /healthz`: what is looked at, how often, how long it may take, and what a failure tells.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tests::{Answer, Call, Desk, Fault};

use crate::store_faults::{assert_unavailable, desk_with_own_retries};

async fn health(desk: &Desk) -> Answer {
    desk.call("GET", "/healthz", &[]).await
}

/// The look at the table or at the secrets, and no other call.
fn is_look(call: &Call, what: &str) -> bool {
    let body = String::from_utf8_lossy(&call.body);
    match what {
        "table" => call.operation == "GetItem" && body.contains("METRICS#TOTAL"),
        _ => call.operation == "GetSecretValue" && body.contains("key-ring"),
    }
}

fn fail(desk: &Desk, failing: &'static [&'static str], fault: Fault) {
    desk.proxy.plan(move |call| {
        let fails = failing.iter().any(|what| is_look(call, what));
        if fails { fault.clone() } else { Fault::None }
    });
}

/// How often each was looked at since the last time this was asked.
fn looks(desk: &Desk) -> [usize; 2] {
    let calls = desk.proxy.take_calls();
    let count = |what| calls.iter().filter(|call| is_look(call, what)).count();
    [count("table"), count("secrets")]
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well() {
    let desk = Desk::start().await;
    let answer = health(&desk).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let expected = r#"{"status":"ok","checks":{"table":"ok","secrets":"ok"}}"#;
    assert_eq!(answer.body, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_is_named() {
    let faults = [
        Fault::Refused,
        Fault::Error(500, "InternalServerError"),
        Fault::Error(400, "AccessDeniedException"),
        Fault::HalfAnswer,
    ];
    let cases: [(&[&str], [&str; 2], &str); 3] = [
        (&["table"], ["failed", "ok"], "The table cannot be reached."),
        (
            &["secrets"],
            ["ok", "failed"],
            "The secrets cannot be reached.",
        ),
        (
            &["table", "secrets"],
            ["failed", "failed"],
            "The table and the secrets cannot be reached.",
        ),
    ];
    let desk = desk_with_own_retries().await;
    for fault in faults {
        for (failing, [table, secrets], detail) in cases {
            fail(&desk, failing, fault.clone());
            desk.clock.advance(Duration::from_secs(1));
            let answer = health(&desk).await;
            let case = format!("{failing:?} {fault:?}");
            assert_unavailable(&answer, &case);
            let body = answer.json();
            let checks = json!({ "table": table, "secrets": secrets });
            assert_eq!(body["checks"], checks, "{case}");
            assert_eq!(body["detail"], detail, "{case}");
            assert_eq!(body["status"], 503, "{case}");
        }
    }
    desk.proxy.heal();
    desk.clock.advance(Duration::from_secs(1));
    assert_eq!(health(&desk).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_serves_everybody_for_a_second_a_failure_too() {
    let desk = desk_with_own_retries().await;
    let together = async || join_all((0..50).map(|_| health(&desk))).await;
    for answer in together().await {
        assert_eq!(answer.status, 200);
    }
    assert_eq!(looks(&desk), [1, 1]);
    fail(
        &desk,
        &["table"],
        Fault::Error(400, "AccessDeniedException"),
    );
    desk.clock.advance(Duration::from_millis(999));
    assert_eq!(health(&desk).await.status, 200, "still the former");
    assert_eq!(looks(&desk), [0, 0]);
    desk.clock.advance(Duration::from_millis(1));
    for answer in together().await {
        assert_eq!(answer.status, 503);
    }
    assert_eq!(looks(&desk), [1, 1]);
    desk.proxy.heal();
    desk.clock.advance(Duration::from_millis(999));
    assert_eq!(health(&desk).await.status, 503, "still the former");
    desk.clock.advance(Duration::from_millis(1));
    assert_eq!(health(&desk).await.status, 200);
    assert_eq!(looks(&desk), [1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_has_an_answer_within_two_seconds_when_none_comes_from_the_store() {
    let desk = desk_with_own_retries().await;
    desk.clock.advance(Duration::from_secs(301)); // the ages of keys are read again, too
    desk.proxy.plan(|_| Fault::Hang(Duration::from_mins(1)));
    let all = join_all((0..20).map(|_| health(&desk)));
    let answers = tokio::time::timeout(Duration::from_secs(2), all).await;
    for answer in answers.unwrap() {
        assert_unavailable(&answer, "a hanging store");
        let both = json!({ "table": "failed", "secrets": "failed" });
        assert_eq!(answer.json()["checks"], both);
    }
    assert_eq!(looks(&desk)[0], 1, "the others waited for the one");
}

#[tokio::test(flavor = "multi_thread")]
async fn ages_that_cannot_be_read_are_no_matter_of_health() {
    let desk = desk_with_own_retries().await;
    desk.clock.advance(Duration::from_secs(301));
    desk.proxy.plan(|call| {
        let looked_at = is_look(call, "table") || is_look(call, "secrets");
        if looked_at {
            Fault::None
        } else {
            Fault::Error(400, "AccessDeniedException")
        }
    });
    assert_eq!(health(&desk).await.status, 200);
}
