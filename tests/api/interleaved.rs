//! Calls of one person that overtake each other at the worst moment: each history is made by holding single store calls back.

use std::time::Duration;

use futures_util::future::join;
use tests::{Answer, Call, Desk, Fault};

const NUMBER: &str = "+34600000001";
const SHORT: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_millis(900);

async fn create(desk: &Desk, authorization: &str) -> Answer {
    let headers = [
        ("authorization", &*desk.bot()),
        ("x-user-id", "u1"),
        ("x-authorization-id", authorization),
        ("x-channel-id", "whatsapp"),
    ];
    desk.call("GET", "/users/aura-id/w1", &headers).await
}

/// Whether this is the transaction of the registration with this authorization.
fn registers(call: &Call, authorization: &str) -> bool {
    call.operation == "TransactWriteItems"
        && String::from_utf8_lossy(&call.body).contains(authorization)
}

/// The person that returns counts its changes from one again, as the erased one did.
#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_was_read_before_an_erasure_brings_nothing_back() {
    let desk = Desk::start().await;
    let erased = desk.register("u1", "grant-1", "app", Some(NUMBER)).await;
    desk.proxy.plan(|call| {
        if registers(call, "grant-late") {
            Fault::Delay(LONG)
        } else {
            Fault::None
        }
    });
    let late = desk.register("u1", "grant-late", "web", None);
    let meanwhile = async {
        tokio::time::sleep(SHORT).await;
        assert_eq!(desk.erase(NUMBER).await.json()["erasedUsers"], 1);
        desk.register("u1", "grant-2", "app", Some(NUMBER)).await
    };
    let (late, returned) = join(late, meanwhile).await;
    assert_eq!(late.status, 200, "{:?}", late.body);
    assert_eq!(late.text("auraIdGlobal"), returned.text("auraIdGlobal"));
    assert_ne!(late.text("auraIdGlobal"), erased.text("auraIdGlobal"));
    assert_eq!(desk.get_user(&erased.text("auraId")).await.status, 404);
    for login in [&late, &returned] {
        assert_eq!(desk.get_user(&login.text("auraId")).await.status, 200);
    }
    assert_eq!(desk.erase(NUMBER).await.json()["erasedLogins"], 2);
}

/// A login's id was lost for a moment, and is the person's again when the superseding login is made.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_came_back_meanwhile_is_superseded_all_the_same() {
    let desk = Desk::start().await;
    assert_eq!(create(&desk, "grant-1").await.status, 200);
    let (mut held, mut reads) = (false, 0);
    desk.proxy.plan(move |call| {
        if registers(call, "grant-late") && !held {
            held = true;
            return Fault::Delay(LONG / 2);
        }
        // After it was held back: two reads are the removal's, the third looks at the person again.
        reads += usize::from(held && call.operation == "GetItem");
        if reads == 3 && call.operation == "GetItem" {
            Fault::Delay(LONG)
        } else {
            Fault::None
        }
    });
    let late = desk.register("u1", "grant-late", "whatsapp", None);
    let meanwhile = async {
        tokio::time::sleep(SHORT).await;
        let removed = desk
            .call("DELETE", "/users/w1", &[("authorization", &desk.bot())])
            .await;
        assert_eq!(removed.status, 204);
        tokio::time::sleep(LONG / 2 + SHORT).await;
        assert_eq!(create(&desk, "grant-2").await.status, 200);
    };
    let (late, ()) = join(late, meanwhile).await;
    assert_eq!(late.status, 200, "{:?}", late.body);
    let valid = [
        desk.get_user("w1").await,
        desk.get_user(&late.text("auraId")).await,
    ];
    assert_eq!(valid.map(|login| login.status.as_u16()), [404, 200]);
}

/// DynamoDB tells of a conflict beside a condition that failed only because the other is not finished yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_beside_a_failed_condition_is_no_verdict() {
    let desk = Desk::start().await;
    assert_eq!(create(&desk, "grant-1").await.status, 200);
    let mut once = true;
    desk.proxy.plan(move |call| {
        let first = call.operation == "TransactWriteItems" && std::mem::take(&mut once);
        let reasons = &["TransactionConflict", "None", "ConditionalCheckFailed"];
        if first {
            Fault::CancelledAs(reasons)
        } else {
            Fault::None
        }
    });
    let renewed = create(&desk, "grant-2").await;
    assert_eq!(renewed.status, 200, "{:?}", renewed.body);
}
