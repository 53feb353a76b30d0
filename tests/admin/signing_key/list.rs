//! What `signing-key list` tells, also after one of secret and table was lost or restored.

use std::time::Duration;

use serde_json::{Value, json};
use shared::control::KeyState;
use shared::jwk::SigningAlgorithm;
use shared::signing_keys::{SigningKey, SigningKeys};

use super::setup::{
    ADD, LIST, PROMOTE, PUBLIC_AFTER_USE, RETIRE, private, public, put, rotated, start, states,
    text,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_list_tells_what_may_be_done_when_and_no_key_is_1() {
    let operator = start().await;
    let none = operator.run(&LIST, "").await;
    assert_eq!(none.code, 1, "{none:?}");
    let added = operator.done(&ADD).await;
    let listed = operator.done(&LIST).await;
    assert_eq!(
        listed["keys"][0]["promoteFrom"], added["publishedAt"],
        "at once"
    );
    operator.done(&PROMOTE).await;
    rotated(&operator).await;
    operator.desk.clock.advance(Duration::from_hours(49));
    let next = operator.done(&ADD).await;
    let listed = operator.done(&LIST).await;
    let [first, second, third] = &listed["keys"].as_array().unwrap()[..] else {
        panic!("{listed}");
    };
    assert_eq!(
        (&first["kid"], &first["promoteFrom"]),
        (&next["kid"], &next["promoteFrom"])
    );
    assert_eq!(
        (&second["state"], &second["promoteFrom"]),
        (&json!("current"), &Value::Null)
    );
    assert_eq!(second["ageSeconds"], 49 * 3600 + 11 * 60);
    assert_eq!(
        (&third["state"], &third["retireFrom"].is_string()),
        (&json!("previous"), &true)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_a_table_of_the_keys() {
    let operator = start().await;
    rotated(&operator).await;
    rotated(&operator).await;
    operator.desk.clock.advance(Duration::from_hours(49));
    operator.done(&ADD).await;
    let shown = operator.run(&LIST, "").await.out;
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines[0].starts_with("KID") && lines.len() == 4, "{shown}");
    assert!(
        lines[1].contains("promote from") && lines[3].contains("retire from"),
        "{shown}"
    );
    assert!(
        lines[2].contains("2 d") && lines[2].contains("ES256"),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_tells_where_secret_and_table_disagree() {
    let operator = start().await;
    let current = rotated(&operator).await;
    let mut keys = private(&operator);
    let hidden = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
    let kid = hidden.kid().to_owned();
    keys.add(hidden);
    put(&operator, &keys);
    let problem = async |kid: &str| {
        let listed = operator.done(&LIST).await;
        let mut keys = listed["keys"].as_array().unwrap().iter();
        let key = keys.find(|key| key["kid"] == kid).unwrap();
        key["problem"].as_str().unwrap_or_default().to_owned()
    };
    assert!(problem(&kid).await.contains("signing-key add"));
    operator.done(&ADD).await;
    assert_eq!(problem(&kid).await, "");
    keys.promote(&kid).unwrap();
    put(&operator, &keys);
    assert!(problem(&kid).await.contains("signing-key promote"));
    assert!(problem(&current).await.contains("signing-key promote"));
    operator.done(&PROMOTE).await;
    keys.drop_key(&current).unwrap();
    put(&operator, &keys);
    assert!(
        problem(&current)
            .await
            .contains(&format!("signing-key retire {current}"))
    );
    let shown = operator.run(&LIST, "").await.out;
    assert!(shown.ends_with("takes it back.\n"), "{shown}");
    operator.desk.clock.advance(PUBLIC_AFTER_USE);
    operator.done(&RETIRE).await;
    assert_eq!(states(&operator).await, [(KeyState::Current, kid)]);
}

/// The secret was restored, or lost its value: the table's keys stay public, and new ones can be made.
#[tokio::test(flavor = "multi_thread")]
async fn after_the_secret_is_lost_another_key_takes_over_at_once() {
    let operator = start().await;
    let lost = rotated(&operator).await;
    put(&operator, &SigningKeys::default());
    operator.done(&ADD).await;
    let promoted = operator.done(&PROMOTE).await;
    assert_eq!(promoted["previous"], lost);
    assert_eq!(states(&operator).await.len(), 2);
}

/// The table was restored to a time before the current key.
#[tokio::test(flavor = "multi_thread")]
async fn after_the_table_is_restored_the_current_key_is_published_again() {
    let operator = start().await;
    let current = rotated(&operator).await;
    let control = operator.desk.control();
    control
        .publish(&public(&operator).await, &[])
        .await
        .unwrap();
    let listed = operator.done(&LIST).await;
    assert!(text(&listed["keys"][0]["problem"]).contains("signing-key promote"));
    operator.done(&PROMOTE).await;
    assert_eq!(states(&operator).await, [(KeyState::Current, current)]);
}
