//! Direct Line tokens under load, and while a slot of the secret is replaced: nobody waits for a connection or is refused.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dev_server::secrets_stand_in::SecretsStandIn;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tests::{Answer, Desk, Fault};

/// So many requests, so many of them at once.
async fn ask(desk: &Desk, requests: usize, at_once: usize) -> Vec<Answer> {
    let key = desk.key("web", shared::api_key::Scope::Public);
    let asked = (0..requests).map(|at| {
        let path = if at % 2 == 0 { "/token" } else { "/token/wss" };
        let headers = [("authorization", key.clone())];
        async move {
            let headers = headers.each_ref().map(|(name, value)| (*name, &**value));
            desk.call("GET", path, &headers).await
        }
    });
    stream::iter(asked)
        .buffer_unordered(at_once)
        .collect()
        .await
}

fn assert_good(answers: &[Answer]) {
    let failed = answers.iter().find(|answer| answer.status != 200);
    assert!(failed.is_none(), "{failed:?}");
}

/// Makes this secret anew, in the store and so at the stand-in. The instances know in 5 minutes at the latest.
fn replace(secrets: &SecretsStandIn, name: &str, slot: &str, text: &str) {
    let texts = secrets.get(name).unwrap_or_default();
    let mut texts: Value = serde_json::from_str(&texts).unwrap_or_default();
    texts[slot] = json!(text);
    let put = secrets.put(name, texts.to_string(), None, 0);
    put.unwrap_or_else(|error| panic!("{error}"));
}

/// How often this slot was refused.
fn refused(desk: &Desk, slot: &str) -> u64 {
    let flushers = desk.flushers.iter();
    let of = |flusher: &shared::metrics::Flusher| {
        let counts = flusher.metrics().counts();
        let mut series = counts.family("direct_line_secrets_refused");
        series
            .find(|(labels, _)| labels == &[slot])
            .map_or(0, |(_, numbers)| numbers[0])
    };
    flushers.map(of).sum()
}

/// On one thread, as the functions run: with more, a request can overtake the connection that is on its way back to the pool.
#[tokio::test]
async fn two_thousand_requests_make_no_connection_and_every_caller_gets_another_token() {
    let desk = Desk::start().await;
    assert_good(&ask(&desk, 500, 96).await);
    drop(desk.direct_line.take_calls());
    let before = desk.direct_line.connections();
    let answers = ask(&desk, 2_000, 64).await;
    assert_good(&answers);
    let tokens: BTreeSet<_> = answers.iter().map(|answer| answer.text("token")).collect();
    assert_eq!(tokens.len(), 2_000, "none twice");
    assert_eq!(desk.direct_line.take_calls().len(), 2_000, "none kept");
    assert_eq!(desk.direct_line.connections(), before);
}

#[tokio::test]
async fn the_first_request_takes_the_connection_that_init_made() {
    let desk = Desk::start().await;
    let router = desk.more_instances().await;
    let before = desk.direct_line.connections();
    let calls = desk.direct_line.take_calls();
    let paths: Vec<_> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(paths, ["/"], "nothing is asked for");
    assert!(!calls[0].headers.contains_key("authorization"), "no secret");
    let key = desk.bot();
    let headers = [("authorization", key.as_bytes())];
    let answer = tests::desk::send(&router, "GET", "/token", &headers).await;
    assert_eq!(answer.status, 200);
    assert_eq!(desk.direct_line.connections(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_replaced_under_load_fails_nobody() {
    let desk = Desk::start().await;
    let (secrets, name) = (
        Arc::clone(&desk.secrets),
        desk.names.direct_line_secret.clone(),
    );
    let mut calls = 0;
    desk.direct_line.plan(move |_| {
        calls += 1;
        if calls == 500 {
            replace(&secrets, &name, "primary", "made-anew-one");
        }
        Fault::None
    });
    assert_good(&ask(&desk, 1_500, 32).await);
    let first = refused(&desk, "primary");
    assert!((1..=32).contains(&first), "known from then on: {first}");
    // A minute later the first is tried again, in vain: the instance has the old one.
    desk.clock.advance(Duration::from_mins(1));
    assert_good(&ask(&desk, 10, 1).await);
    assert_eq!(refused(&desk, "primary"), first + 1);
    // Then it reads the new one, and the second can be replaced.
    desk.clock.advance(Duration::from_mins(5));
    assert_good(&ask(&desk, 10, 1).await);
    assert_eq!(refused(&desk, "primary"), first + 1);
    let name = &desk.names.direct_line_secret;
    replace(&desk.secrets, name, "secondary", "made-anew-two");
    assert_good(&ask(&desk, 100, 8).await);
    assert_eq!(refused(&desk, "secondary"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_secret_alone_is_enough_and_none_is_502_until_it_is_there() {
    let desk = Desk::start().await;
    let name = &desk.names.direct_line_secret;
    let put = |text: Value| {
        let put = desk.secrets.put(name, text.to_string(), None, 0);
        put.unwrap();
    };
    put(json!({ "primary": "only-one" }));
    desk.clock.advance(Duration::from_mins(6));
    assert_good(&ask(&desk, 2, 1).await);
    put(json!({ "primary": "another-one" }));
    drop(desk.direct_line.take_calls());
    for answer in ask(&desk, 2, 1).await {
        assert_eq!(answer.status, 502, "{answer:?}");
    }
    assert_eq!(desk.direct_line.take_calls().len(), 2, "each tried once");
    desk.clock.advance(Duration::from_mins(6));
    assert_good(&ask(&desk, 2, 1).await);
}
