//! `aura-admin signing-key`: whatever is signed can be checked, at every step of a rotation and wherever one is cut off.

use std::time::Duration;

use serde_json::{Value, json};
use shared::control::KeyState::{Current, Next, Previous};
use shared::jwk::SigningAlgorithm;
use shared::signing_keys::SigningKey;

use tests::operator::Outcome;

mod cut_off;
mod list;
mod setup;

use setup::{
    ADD, LIST, PROMOTE, PUBLIC_AFTER_USE, PUBLIC_BEFORE_USE, RETIRE, private, put, rotated,
    signing, start, states, text,
};

fn just_before(span: Duration) -> Duration {
    span.saturating_sub(Duration::from_millis(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_signs_six_minutes_after_it_was_published_and_no_sooner() {
    let operator = start().await;
    let clock = &operator.desk.clock;
    let first = text(&operator.done(&ADD).await["kid"]);
    let promoted = operator.done(&PROMOTE).await;
    assert_eq!(promoted["kid"], first, "the first one at once");
    let added = operator.done(&ADD).await;
    let second = text(&added["kid"]);
    let from = clock.now().plus(PUBLIC_BEFORE_USE);
    assert_eq!(added["promoteFrom"], from.rfc3339());
    let before = [(Next, second.clone()), (Current, first.clone())];
    assert_eq!(states(&operator).await, before);
    clock.advance(just_before(PUBLIC_BEFORE_USE));
    let early = operator.run(&PROMOTE, "").await;
    assert_eq!((early.code, early.out.as_str()), (2, ""), "{early:?}");
    assert_eq!(signing(&operator), Some(first.clone()));
    assert_eq!(states(&operator).await, before);
    clock.advance(Duration::from_millis(1));
    let promoted = operator.done(&PROMOTE).await;
    assert_eq!(
        (&promoted["kid"], &promoted["previous"]),
        (&json!(second), &json!(first))
    );
    assert_eq!(signing(&operator), Some(second.clone()));
    let after = [(Current, second), (Previous, first)];
    assert_eq!(states(&operator).await, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_when_nothing_that_it_signed_is_in_use_and_no_sooner() {
    let operator = start().await;
    let clock = &operator.desk.clock;
    let first = rotated(&operator).await;
    operator.done(&ADD).await;
    clock.advance(PUBLIC_BEFORE_USE);
    let promoted = operator.done(&PROMOTE).await;
    let second = text(&promoted["kid"]);
    let from = clock.now().plus(PUBLIC_AFTER_USE);
    assert_eq!(promoted["retireFrom"], from.rfc3339());
    clock.advance(just_before(PUBLIC_AFTER_USE));
    let early = operator.run(&["--yes", "signing-key", "retire"], "").await;
    assert_eq!((early.code, early.out.as_str()), (2, ""), "{early:?}");
    assert!(private(&operator).key(&first).is_some());
    let both = [(Current, second.clone()), (Previous, first.clone())];
    assert_eq!(states(&operator).await, both);
    clock.advance(Duration::from_millis(1));
    let retired = operator.done(&RETIRE).await;
    assert_eq!(retired, json!({ "retired": first, "current": second }));
    assert_eq!(states(&operator).await, [(Current, second)]);
    assert_eq!(private(&operator).keys().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_command_changes_nothing() {
    let operator = start().await;
    let added = operator.done(&ADD).await;
    operator.desk.clock.advance(Duration::from_secs(10));
    let again = operator.done(&["signing-key", "add"]).await;
    assert_eq!(
        (&added["changed"], &again["changed"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&again["kid"], &again["publishedAt"]),
        (&added["kid"], &added["publishedAt"])
    );
    let other = operator
        .run(&["signing-key", "add", "--alg", "RS256"], "")
        .await;
    assert_eq!(
        other.code, 2,
        "another algorithm than the next key's: {other:?}"
    );
    operator.done(&PROMOTE).await;
    let kid = text(&added["kid"]);
    let again = operator.done(&["signing-key", "promote", &kid]).await;
    assert_eq!(
        (&again["changed"], &again["previous"]),
        (&json!(false), &Value::Null)
    );
    let none_next = operator.run(&PROMOTE, "").await;
    assert_eq!(none_next.code, 2, "{none_next:?}");
    rotated(&operator).await;
    operator.desk.clock.advance(PUBLIC_AFTER_USE);
    operator.done(&["signing-key", "retire", &kid]).await;
    let again = operator.run(&["signing-key", "retire", &kid], "").await;
    assert_eq!(again.code, 1, "there is none any more: {again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_made_when_nothing_is_said_signs_rs256() {
    let operator = start().await;
    let added = operator.done(&["signing-key", "add"]).await;
    assert_eq!(added["alg"], "RS256");
    let keys = private(&operator);
    let key = keys.key(&text(&added["kid"])).unwrap();
    assert_eq!(key.algorithm(), SigningAlgorithm::Rs256);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_key_is_never_retired_and_a_next_one_at_any_time() {
    let operator = start().await;
    let current = rotated(&operator).await;
    let refused = operator
        .run(&["--yes", "signing-key", "retire", &current, "--force"], "")
        .await;
    assert_eq!(refused.code, 2, "{refused:?}");
    let next = text(&operator.done(&ADD).await["kid"]);
    let unasked = operator.run(&["signing-key", "retire", &next], "").await;
    assert_eq!(unasked.code, 2, "nobody to confirm it: {unasked:?}");
    operator.done(&["signing-key", "retire", &next]).await;
    assert_eq!(states(&operator).await, [(Current, current)]);
    assert!(private(&operator).key(&next).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compromised_key_is_replaced_and_dropped_at_once_by_force() {
    let operator = start().await;
    let compromised = rotated(&operator).await;
    let replacement = text(&operator.done(&ADD).await["kid"]);
    operator.done(&["signing-key", "promote", "--force"]).await;
    operator
        .done(&["signing-key", "retire", &compromised, "--force"])
        .await;
    assert_eq!(states(&operator).await, [(Current, replacement)]);
    assert!(private(&operator).key(&compromised).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_previous_key_that_is_named_signs_again() {
    let operator = start().await;
    let first = rotated(&operator).await;
    let second = rotated(&operator).await;
    operator.done(&["signing-key", "promote", &first]).await;
    assert_eq!(
        states(&operator).await,
        [(Current, first), (Previous, second)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_public_does_not_sign_even_by_force() {
    let operator = start().await;
    rotated(&operator).await;
    let mut keys = private(&operator);
    let hidden = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
    let kid = hidden.kid().to_owned();
    keys.add(hidden);
    put(&operator, &keys);
    let refused = operator
        .run(&["signing-key", "promote", &kid, "--force"], "")
        .await;
    assert_eq!(refused.code, 2, "{refused:?}");
    let unknown = operator
        .run(&["signing-key", "promote", &"A".repeat(43), "--force"], "")
        .await;
    assert_eq!(unknown.code, 1, "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_output_has_a_private_key() {
    let operator = start().await;
    let mut outcomes: Vec<Outcome> = Vec::new();
    for command in [ADD.to_vec(), PROMOTE.to_vec(), LIST.to_vec()] {
        outcomes.push(operator.run(&command, "").await);
        outcomes.push(
            operator
                .run(&[&["--json"][..], &command].concat(), "")
                .await,
        );
    }
    let secret = operator
        .desk
        .secrets
        .get(&operator.desk.names.signing_keys_secret);
    let secret: Value = serde_json::from_str(&secret.unwrap()).unwrap();
    let keys = secret["keys"].as_object().unwrap();
    assert_eq!(keys.len(), 1);
    for key in keys.values() {
        assert!(!format!("{outcomes:?}").contains(&text(&key["pkcs8"])));
    }
    // A secret that is not signing keys is told without its text.
    let desk = &operator.desk;
    let garbled = r#"{"current":null,"keys":{"s3cret":1}}"#.to_owned();
    let name = &desk.names.signing_keys_secret;
    desk.secrets.put(name, garbled, None, 0).unwrap();
    let refused = operator.run(&LIST, "").await;
    assert_eq!(refused.code, 3);
    assert!(!format!("{refused:?}").contains("s3cret"), "{refused:?}");
}
