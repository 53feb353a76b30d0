//! `aura-admin apikey`: issued keys open, revoked ones do not.

use std::time::Duration;

use tests::Operator;

const ISSUE: [&str; 6] = [
    "apikey", "issue", "--app", "aura-bot", "--scope", "internal",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_issued_key_opens_what_it_was_made_for() {
    let operator = Operator::start().await;
    let issued = operator.run(&ISSUE, "").await;
    assert_eq!(
        (issued.code, operator.status_with(issued.out.trim()).await),
        (0, 404),
        "{issued:?}"
    );
    let elsewhere = [&ISSUE[..], &["--group", "user-removal"]].concat();
    let issued = operator.run(&elsewhere, "").await;
    assert_eq!(operator.status_with(issued.out.trim()).await, 403);
    let refused = operator
        .run(
            &["apikey", "issue", "--app", "web", "--scope", "kernel"],
            "",
        )
        .await;
    assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_dead_within_five_seconds_and_listed() {
    let operator = Operator::start().await;
    let key = operator.run(&ISSUE, "").await.out;
    assert_eq!(operator.status_with(key.trim()).await, 404);
    let unasked = operator.run(&["apikey", "revoke", "-"], &key).await;
    assert_eq!(unasked.code, 2, "nobody to confirm it: {unasked:?}");
    let revoked = operator
        .run(&["--yes", "--json", "apikey", "revoke", "-"], &key)
        .await;
    assert_eq!(revoked.code, 0, "{revoked:?}");
    operator.desk.clock.advance(Duration::from_millis(5001));
    assert_eq!(operator.status_with(key.trim()).await, 401);
    let listed = operator.done(&["apikey", "list-revoked"]).await;
    assert_eq!(listed["revoked"][0]["jti"], revoked.json()["jti"]);
    let inspected = operator
        .run(&["--json", "apikey", "inspect", "-"], &key)
        .await;
    assert_eq!(
        (inspected.code, &inspected.json()["revoked"]),
        (1, &true.into())
    );
    assert!(
        !format!("{inspected:?}{revoked:?}{unasked:?}").contains(key.trim()),
        "no output has the key"
    );
}
