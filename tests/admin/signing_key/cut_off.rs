//! Runs that are cut off, and two operators at once: repeating a command finishes it, and nothing is done twice.

use std::time::Duration;

use serde_json::json;
use shared::control::KeyState;
use tests::Fault;

use super::setup::{
    ADD, LIST, PROMOTE, PUBLIC_AFTER_USE, PUBLIC_BEFORE_USE, RETIRE, private, public, rotated,
    signing, start, states, text,
};
use tests::Operator;

/// Lets so many calls through and no more.
fn cut_off_after(operator: &Operator, calls: usize) {
    let mut left = calls;
    operator.desk.proxy.plan(move |_| {
        if left == 0 {
            return Fault::Error(400, "AccessDeniedException");
        }
        left -= 1;
        Fault::None
    });
}

/// What the secret says of the key that signs, everybody can check.
async fn assert_the_signing_key_is_public(operator: &Operator) {
    let keys = private(operator);
    let public = public(operator).await;
    if let Some(current) = keys.current() {
        assert!(public.key(current.kid()).is_some(), "{public:?}");
    }
}

/// Runs a command that is cut off after every possible number of calls, and again: each time it comes to the same.
async fn assert_it_is_finished_by_repeating(before: &[&[&str]], command: &[&str], calls: usize) {
    let command = [&["--yes", "--json"][..], command].concat();
    for cut in 0..=calls {
        let operator = start().await;
        for step in before {
            operator.done(step).await;
            operator.desk.clock.advance(PUBLIC_AFTER_USE);
        }
        cut_off_after(&operator, cut);
        let first = operator.run(&command, "").await;
        let expected = if cut == calls { 0 } else { 3 };
        assert_eq!(
            first.code, expected,
            "{command:?} cut off after {cut}: {first:?}"
        );
        assert_the_signing_key_is_public(&operator).await;
        operator.desk.proxy.heal();
        if cut < calls {
            let again = operator.run(&command, "").await;
            assert_eq!(again.code, 0, "{command:?} cut off after {cut}: {again:?}");
        }
        let listed = operator.done(&LIST).await;
        let keys = listed["keys"].as_array().cloned().unwrap_or_default();
        assert!(keys.iter().all(|key| key["problem"].is_null()), "{listed}");
        let expected: &[&str] = match command[3] {
            "add" => &["next", "current"],
            "promote" => &["current", "previous"],
            _ => &["current"],
        };
        let states: Vec<_> = keys.iter().map(|key| text(&key["state"])).collect();
        assert_eq!(states, expected, "{command:?} cut off after {cut}");
        let current = keys.iter().find(|key| key["state"] == "current");
        assert_eq!(signing(&operator), current.map(|key| text(&key["kid"])));
    }
}

/// Secret and table are read in four calls; the secret is written in three, the table in one.
const CALLS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn an_add_that_is_cut_off_is_finished_by_repeating_it() {
    assert_it_is_finished_by_repeating(&[&ADD, &PROMOTE], &ADD, CALLS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_that_is_cut_off_is_finished_by_repeating_it() {
    assert_it_is_finished_by_repeating(&[&ADD, &PROMOTE, &ADD], &PROMOTE, CALLS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retirement_that_is_cut_off_is_finished_by_repeating_it() {
    assert_it_is_finished_by_repeating(&[&ADD, &PROMOTE, &ADD, &PROMOTE], &RETIRE, CALLS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_finished_late_counts_from_when_it_was_finished() {
    let operator = start().await;
    let first = rotated(&operator).await;
    operator.done(&ADD).await;
    operator.desk.clock.advance(PUBLIC_BEFORE_USE);
    cut_off_after(&operator, CALLS - 1);
    assert_eq!(operator.run(&PROMOTE, "").await.code, 3);
    operator.desk.proxy.heal();
    let retire = ["--yes", "signing-key", "retire", &first];
    operator.desk.clock.advance(PUBLIC_AFTER_USE);
    let refused = operator.run(&retire, "").await;
    assert_eq!(refused.code, 2, "nobody knows since when: {refused:?}");
    let finished = operator.done(&PROMOTE).await;
    assert_eq!(
        (&finished["changed"], &finished["previous"]),
        (&json!(true), &json!(first))
    );
    assert_eq!(
        finished["retireFrom"],
        operator.desk.clock.now().plus(PUBLIC_AFTER_USE).rfc3339()
    );
    assert_eq!(operator.run(&retire, "").await.code, 2);
}

/// The key of a promotion that was cut off may have signed: it must not go as one that never did.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_promotion_that_was_cut_off_no_other_key_signs_before_it_is_finished() {
    let operator = start().await;
    let first = rotated(&operator).await;
    operator.done(&ADD).await;
    operator.desk.clock.advance(PUBLIC_BEFORE_USE);
    cut_off_after(&operator, CALLS - 1);
    assert_eq!(operator.run(&PROMOTE, "").await.code, 3);
    operator.desk.proxy.heal();
    let second = signing(&operator).unwrap_or_default();
    assert_ne!(second, first);
    let back = ["--yes", "signing-key", "promote", &first, "--force"];
    assert_eq!(operator.run(&back, "").await.code, 2);
    operator.done(&PROMOTE).await;
    assert_eq!(operator.run(&back, "").await.code, 0);
    let retire = ["--yes", "signing-key", "retire", &second];
    assert_eq!(operator.run(&retire, "").await.code, 2, "it has signed");
    operator.desk.clock.advance(PUBLIC_AFTER_USE);
    assert_eq!(operator.run(&retire, "").await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_lost_change_nothing_twice() {
    let operator = start().await;
    rotated(&operator).await;
    let lost = |operation: &'static str| {
        let mut lost = false;
        operator.desk.proxy.plan(move |call| {
            if call.operation == operation && !std::mem::replace(&mut lost, true) {
                return Fault::LostAnswer;
            }
            Fault::None
        });
    };
    for operation in ["PutSecretValue", "TransactWriteItems"] {
        lost(operation);
        operator.done(&ADD).await;
        assert_eq!(private(&operator).keys().count(), 2, "{operation}");
        operator.desk.clock.advance(PUBLIC_BEFORE_USE);
        lost(operation);
        operator.done(&PROMOTE).await;
        operator.desk.clock.advance(PUBLIC_AFTER_USE);
        lost(operation);
        operator.done(&RETIRE).await;
        assert_eq!(states(&operator).await.len(), 1, "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_operators_at_once_make_one_key_and_promote_it_once() {
    let operator = start().await;
    let first = rotated(&operator).await;
    let both = async |command: &[&str]| {
        // Both have read before either writes.
        operator.desk.proxy.plan(|call| match &*call.operation {
            "GetSecretValue" => Fault::Delay(Duration::from_millis(50)),
            _ => Fault::None,
        });
        let (one, other) = tokio::join!(operator.run(command, ""), operator.run(command, ""));
        let mut codes = [one.code, other.code];
        codes.sort_unstable();
        assert!(matches!(codes, [0, 0 | 2]), "{one:?} {other:?}");
        operator.desk.proxy.heal();
    };
    Box::pin(both(&ADD)).await;
    let next = states(&operator).await;
    assert_eq!((next.len(), next[0].0), (2, KeyState::Next), "{next:?}");
    assert_eq!(private(&operator).keys().count(), 2);
    operator.desk.clock.advance(PUBLIC_BEFORE_USE);
    Box::pin(both(&PROMOTE)).await;
    let second = next[0].1.clone();
    assert_eq!(
        states(&operator).await,
        [
            (KeyState::Current, second.clone()),
            (KeyState::Previous, first)
        ]
    );
    assert_eq!(signing(&operator), Some(second.clone()));
    operator.desk.clock.advance(PUBLIC_AFTER_USE);
    Box::pin(both(&["--yes", "signing-key", "retire"])).await;
    assert_eq!(states(&operator).await, [(KeyState::Current, second)]);
}
