//! `aura-admin keyring`: a rotation loses no valid key.

use std::time::Duration;

use tests::Operator;

const ISSUE: [&str; 6] = [
    "apikey", "issue", "--app", "aura-bot", "--scope", "internal",
];
const REFRESH: Duration = Duration::from_secs(301);

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_step_by_step_refuses_no_valid_key_until_the_old_one_is_retired() {
    let operator = Operator::start().await;
    let clock = &operator.desk.clock;
    let first = operator.desk.key_ring().active().0.to_owned();
    // Ids tell their age to the second.
    clock.advance(Duration::from_secs(1));
    let old = operator.run(&ISSUE, "").await.out;
    let added = operator.done(&["keyring", "rotate", "--ring", "key"]).await;
    let early = operator
        .run(&["keyring", "rotate", "--ring", "key", "--activate"], "")
        .await;
    assert_eq!(early.code, 2, "instances do not know it yet: {early:?}");
    clock.advance(REFRESH + Duration::from_mins(1));
    assert_eq!(operator.status_with(old.trim()).await, 404);
    let active = operator
        .done(&["keyring", "rotate", "--ring", "key", "--activate"])
        .await;
    assert_eq!(active["kid"], added["kid"]);
    let new = operator.run(&ISSUE, "").await.out;
    for key in [&old, &new] {
        assert_eq!(operator.status_with(key.trim()).await, 404);
    }
    operator
        .done(&["keyring", "retire", &first, "--ring", "key"])
        .await;
    clock.advance(REFRESH);
    assert_eq!(operator.status_with(old.trim()).await, 401);
    assert_eq!(operator.status_with(new.trim()).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_active_key_stays_and_no_key_is_shown() {
    let operator = Operator::start().await;
    let ring = operator
        .desk
        .secrets
        .get(&operator.desk.names.state_ring_secret)
        .unwrap();
    let ring: serde_json::Value = serde_json::from_str(&ring).unwrap();
    let active = ring["active"].as_str().unwrap();
    let refused = operator
        .run(
            &["--yes", "keyring", "retire", active, "--ring", "state"],
            "",
        )
        .await;
    assert_eq!(refused.code, 2, "{refused:?}");
    let shown = operator.run(&["keyring", "show"], "").await;
    assert!(shown.out.contains(active));
    assert!(!format!("{shown:?}{refused:?}").contains(ring["keys"][active].as_str().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_initialised_deployment_is_left_as_it_is() {
    let operator = Operator::start().await;
    let before = operator
        .desk
        .secrets
        .get(&operator.desk.names.digest_key_secret);
    let outcome = operator.done(&["keyring", "init"]).await;
    assert_eq!(outcome["changed"], false);
    assert_eq!(
        operator
            .desk
            .secrets
            .get(&operator.desk.names.digest_key_secret),
        before
    );
}
