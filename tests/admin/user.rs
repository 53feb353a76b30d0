//! `aura-admin user`: persons are found and erased.

use std::time::Duration;

use tests::{Fault, table};

use tests::Operator;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_shown_by_every_handle() {
    let operator = Operator::start().await;
    let login = operator
        .desk
        .register("u1", "a1", "app", Some("+34600000001"))
        .await;
    for handle in [
        ["--user-id", "u1"],
        ["--aura-id", &*login.text("auraId")],
        ["--phone-number", "34600000001"],
    ] {
        let shown = operator
            .done(&[&["user", "show"][..], &handle].concat())
            .await;
        assert_eq!(
            shown["persons"][0]["auraIdGlobal"],
            login.text("auraIdGlobal"),
            "{handle:?}"
        );
    }
    let nobody = operator.run(&["user", "show", "--user-id", "u2"], "").await;
    assert_eq!(nobody.code, 1, "{nobody:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_leaves_nothing_but_its_record() {
    let operator = Operator::start().await;
    let desk = &operator.desk;
    desk.register("u1", "a1", "app", Some("+34600000001")).await;
    let unasked = operator
        .run(&["user", "erase", "--phone-number", "+34600000001"], "")
        .await;
    assert_eq!(unasked.code, 2, "{unasked:?}");
    let receipt = operator
        .done(&["user", "erase", "--phone-number", "+34600000001"])
        .await;
    assert_eq!(receipt["erasedUsers"], 1);
    let left = table::users(&desk.dynamodb, &desk.names.users_table).await;
    assert!(
        left.iter().all(|item| !item.contains_key("auraIdGlobal")),
        "{left:?}"
    );
    let records = table::scan(&desk.dynamodb, &desk.names.erasure_table).await;
    assert_eq!(records[0]["keyId"].as_s().unwrap(), "operator");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_under_erasure_takes_no_registration_until_the_lease_runs_out() {
    let operator = Operator::start().await;
    let desk = &operator.desk;
    desk.register("u1", "a1", "app", Some("+34600000001")).await;
    desk.proxy.plan(|call| {
        if call.operation == "Query" {
            Fault::Error(500, "InternalServerError")
        } else {
            Fault::None
        }
    });
    assert_eq!(desk.erase("+34600000001").await.status, 503);
    desk.proxy.heal();
    let refused = desk.register("u2", "a1", "app", Some("+34600000001")).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("retry-after")),
        (503, "5")
    );
    desk.clock.advance(Duration::from_secs(31));
    assert_eq!(
        desk.register("u2", "a1", "app", Some("+34600000001"))
            .await
            .status,
        200
    );
    // An operator takes the unfinished erasure up, under its receipt.
    let receipt = operator
        .done(&["user", "erase", "--phone-number", "+34600000001"])
        .await;
    assert_eq!(receipt["erasedUsers"], 2);
}
