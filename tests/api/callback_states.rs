//! States that are not good, at both callbacks: one answer for all, nothing done, and the reason for the operators only
//! (contract 4.3, decision 9).

use std::time::Duration;

use futures_util::future::join_all;
use http::HeaderMap;
use serde_json::Value;
use shared::jwe::{self, Purpose};
use shared::key_ring::KeyRing;
use shared::metrics::Flusher;
use shared::sealed_state::SealedState;
use tests::login::{BROWSER, LOGIN, LOGOUT};
use tests::samples::{Samples, scrape};
use tests::{Answer, Desk, Fault};
use uuid::Uuid;

use crate::access_matrix::everything_stored;
use crate::linking::{
    ALLOWED, ANA, Link, assert_bad_state, assert_nothing_of, assert_page, in_language, redirected,
};

mod bad;

use bad::{bad_claims, unsound};

/// A callback, and the purpose of its states.
#[derive(Clone, Copy)]
struct Callback(&'static str, Purpose, Purpose);

const CALLBACKS: [Callback; 2] = [
    Callback(LOGIN, Purpose::LoginState, Purpose::LogoutState),
    Callback(LOGOUT, Purpose::LogoutState, Purpose::LoginState),
];

/// What is wrong, the query, and the reason that is counted.
type Bad = (String, String, &'static str);

/// The clock at a whole second, as `iat` is.
fn at_a_whole_second(desk: &Desk) {
    let over = desk.clock.now().millis().rem_euclid(1000);
    desk.clock.advance(Duration::from_millis(
        u64::try_from(1000 - over).unwrap_or(0),
    ));
}

/// A state that would say a lot if anybody listened to it.
fn talkative(desk: &Desk) -> SealedState {
    in_language(
        redirected(desk.state("conversation:1", "app"), ALLOWED),
        "de",
    )
}

fn payload(desk: &Desk) -> Value {
    serde_json::to_value(talkative(desk)).unwrap_or_default()
}

fn sealed(ring: &KeyRing, purpose: Purpose, payload: &Value) -> String {
    let payload = payload.to_string();
    jwe::seal(purpose, ring, payload.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

/// An answer but for what differs between any two.
fn parts(answer: &Answer) -> (u16, HeaderMap, Vec<u8>) {
    (
        answer.status.as_u16(),
        answer.headers.clone(),
        answer.body.to_vec(),
    )
}

async fn visit(desk: &Desk, path: &str, query: &str, accept: &str) -> Answer {
    let url = format!("{path}?{query}&code=some-code");
    let headers = [
        ("accept", accept),
        ("accept-language", "es"),
        ("x-correlator", "same"),
    ];
    desk.call("GET", &url, &headers).await
}

/// How often each reason was counted.
async fn refused(desk: &Desk) -> Vec<(String, u64)> {
    join_all(desk.flushers.iter().map(Flusher::flush)).await;
    let numbers = Samples::of(&scrape(desk, &desk.router, "*/*").await);
    let reasons = numbers.beginning("states_refused_total{");
    let reasons = reasons.map(|(series, count)| {
        let reason = series.split('"').nth(1).unwrap_or_default().to_owned();
        (reason, count.parse().unwrap_or(0))
    });
    reasons.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_state_gets_one_answer_and_costs_nothing() {
    for callback in CALLBACKS {
        let path = callback.0;
        let desk = Desk::start().await;
        at_a_whole_second(&desk);
        let mut bad = unsound(&desk, callback);
        bad.extend(bad_claims(&desk, callback));
        let document = visit(&desk, path, "", "*/*").await;
        let page = visit(&desk, path, "", BROWSER).await;
        assert_bad_state(&document, path);
        assert_page(&page, 400, "es-ES", path);
        let before = everything_stored(&desk).await;
        drop(desk.proxy.take_calls());
        let mut reasons = std::collections::BTreeMap::from([("missing".to_owned(), 2)]);
        for (case, query, reason) in &bad {
            let case = &format!("{path}: {case}");
            for (accept, expected) in [("*/*", &document), (BROWSER, &page)] {
                let answer = visit(&desk, path, query, accept).await;
                assert_eq!(parts(&answer), parts(expected), "{case}");
                let sent = query.trim_start_matches("state=");
                if sent.len() > 8 {
                    assert_nothing_of(&answer, &[sent, "7781"], case);
                }
            }
            assert_eq!(desk.proxy.take_operations(), [""; 0], "{case}");
            assert_eq!(desk.kernel.take_operations(), [""; 0], "{case}");
            *reasons.entry((*reason).to_owned()).or_default() += 2;
        }
        assert!(everything_stored(&desk).await == before, "{path}");
        assert_eq!(
            refused(&desk).await,
            reasons.into_iter().collect::<Vec<_>>(),
            "{path}"
        );
    }
}

/// A character of the header can make it no JSON, another header, or another kid: all the same to the visitor.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_with_any_character_changed_is_bad() {
    let desk = Desk::start().await;
    let good = desk.login_state(&desk.state("conversation:1", "app"));
    let expected = visit(&desk, LOGIN, "", "*/*").await;
    drop(desk.proxy.take_calls());
    for at in 0..good.len() {
        let mut bad = good.clone();
        let other = if &good[at..=at] == "A" { "Q" } else { "A" };
        bad.replace_range(at..=at, other);
        let answer = visit(&desk, LOGIN, &format!("state={bad}"), "*/*").await;
        assert_eq!(parts(&answer), parts(&expected), "{at}: {bad}");
    }
    assert!(desk.proxy.take_calls().is_empty());
    assert!(desk.kernel.take_calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_no_apikey() {
    let desk = Desk::start().await;
    let state = desk.state("conversation:1", "app");
    let ring = desk.key_ring();
    for sealed in [
        desk.login_state(&state),
        desk.logout_state(&state),
        state.seal(Purpose::LoginState, &ring).unwrap(),
    ] {
        let headers = [("authorization", &*format!("APIKEY {sealed}"))];
        for path in ["/users/conversation:1", "/ping"] {
            assert_eq!(desk.call("GET", path, &headers).await.status, 401);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_good_for_ten_minutes_and_a_minute_ahead_to_the_second() {
    for Callback(path, purpose, _) in CALLBACKS {
        let desk = Desk::start().await;
        at_a_whole_second(&desk);
        for (age, good) in [
            (600, true),
            (601, false),
            (0, true),
            (-60, true),
            (-61, false),
        ] {
            let mut state = desk.state("conversation:1", "app");
            state.iat -= age;
            let code = desk.code(&state, ANA).await;
            let query = format!("{path}?state={}&code={code}", desk.sealed(&state, purpose));
            let answer = Link(query).open(&desk).await;
            assert_eq!(
                answer.status,
                if good { 200 } else { 400 },
                "{path}, {age} s: {answer:?}"
            );
        }
        let mut state = desk.state("conversation:1", "app");
        state.iat -= 600;
        desk.clock.advance(Duration::from_millis(1));
        let link = format!("{path}?state={}&code=x", desk.sealed(&state, purpose));
        assert_bad_state(&Link(link).open(&desk).await, path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claimed_and_a_used_state_answer_as_every_bad_one_and_cost_one_write() {
    let desk = Desk::start().await;
    let document = visit(&desk, LOGIN, "", "*/*").await;
    let page = visit(&desk, LOGIN, "", BROWSER).await;
    let state = talkative(&desk);
    let query = format!("state={}", desk.login_state(&state));
    desk.kernel.plan(|_| Fault::Hang(Duration::from_mins(1)));
    let first = Link::login(&desk, &state, ANA).await;
    let held = tokio::time::timeout(Duration::from_millis(500), first.open(&desk)).await;
    assert!(held.is_err(), "it waits for Kernel");
    desk.kernel.heal();
    drop((desk.proxy.take_calls(), desk.kernel.take_calls()));
    for case in ["claimed", "used"] {
        for (accept, expected) in [("*/*", &document), (BROWSER, &page)] {
            let answer = visit(&desk, LOGIN, &query, accept).await;
            assert_eq!(parts(&answer), parts(expected), "{case}");
        }
        // A refusal beside it is no way to tell either.
        let refusal = format!("{query}&error=access_denied");
        let answer = visit(&desk, LOGIN, &refusal, "*/*").await;
        assert_eq!(parts(&answer), parts(&document), "{case}");
        assert_eq!(desk.proxy.take_operations(), ["PutItem"; 3], "{case}");
        assert!(desk.kernel.take_calls().is_empty(), "{case}");
        if case == "claimed" {
            desk.clock.advance(Duration::from_millis(15_001));
            let done = Link::login(&desk, &state, ANA).await.open(&desk).await;
            assert_eq!(done.status, 302, "{done:?}");
            // The control data is old by now.
            assert_eq!(visit(&desk, LOGIN, &query, "*/*").await.status, 400);
            drop((desk.proxy.take_calls(), desk.kernel.take_calls()));
        }
    }
    assert_eq!(
        refused(&desk).await,
        [("missing".to_owned(), 2), ("used".to_owned(), 7)]
    );
}

/// The id of a state is what it is used up by: a state of the same id is the same state, whatever else it says.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_used_once() {
    let desk = Desk::start().await;
    let first = desk.state("conversation:1", "app");
    assert_eq!(
        Link::login(&desk, &first, ANA)
            .await
            .open(&desk)
            .await
            .status,
        200
    );
    let second = SealedState {
        jti: first.jti,
        ..desk.state("conversation:2", "web")
    };
    assert_bad_state(
        &Link::login(&desk, &second, ANA).await.open(&desk).await,
        "at the same callback",
    );
    assert_bad_state(
        &Link::logout(&desk, &second).open(&desk).await,
        "at the other",
    );
    let third = SealedState {
        jti: Uuid::new_v4(),
        ..second
    };
    assert_eq!(
        Link::login(&desk, &third, ANA)
            .await
            .open(&desk)
            .await
            .status,
        200
    );
}
