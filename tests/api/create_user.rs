//! `GET /users/aura-id/{auraId}`: whose an id is, and when it can pass on.

use std::time::Duration;

use tests::{Answer, Desk};

const QUARANTINE: Duration = Duration::from_mins(50);

async fn create(
    desk: &Desk,
    aura_id: &str,
    user: &str,
    authorization: &str,
    channel: &str,
) -> Answer {
    let headers = [
        ("authorization", &*desk.bot()),
        ("x-user-id", user),
        ("x-authorization-id", authorization),
        ("x-channel-id", channel),
    ];
    desk.call("GET", &format!("/users/aura-id/{aura_id}"), &headers)
        .await
}

async fn delete(desk: &Desk, aura_id: &str) -> Answer {
    desk.call(
        "DELETE",
        &format!("/users/{aura_id}"),
        &[("authorization", &desk.bot())],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_is_the_callers_and_repeating_changes_nothing() {
    let desk = Desk::start().await;
    let first = create(&desk, "whatsapp:34600000001", "u1", "a1", "whatsapp").await;
    assert_eq!(first.status, 200, "{:?}", first.body);
    assert_eq!(first.text("auraId"), "whatsapp:34600000001");
    assert_eq!(
        (&*first.text("userId"), &*first.text("authorizationId")),
        ("u1", "a1")
    );
    assert_eq!(
        create(&desk, "whatsapp:34600000001", "u1", "a1", "whatsapp")
            .await
            .body,
        first.body
    );
    assert_eq!(desk.get_user("whatsapp:34600000001").await.body, first.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_authorization_or_expiry_renews_the_login_under_its_id() {
    let desk = Desk::start().await;
    let first = create(&desk, "w1", "u1", "a1", "whatsapp").await;
    desk.clock.advance(Duration::from_mins(1));
    let renewed = create(&desk, "w1", "u1", "a2", "whatsapp").await;
    assert_eq!(renewed.text("authorizationId"), "a2");
    assert!(renewed.text("expiresAt") > first.text("expiresAt"));
    desk.clock.advance(Duration::from_hours(3 * 24));
    assert_eq!(desk.get_user("w1").await.status, 404);
    assert_eq!(
        create(&desk, "w1", "u1", "a2", "whatsapp").await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_supersedes_the_persons_other_login_in_that_channel() {
    let desk = Desk::start().await;
    let random = desk.register("u1", "a1", "whatsapp", None).await;
    let elsewhere = desk.register("u1", "a1", "app", None).await;
    assert_eq!(
        create(&desk, "w1", "u1", "a1", "whatsapp").await.status,
        200
    );
    assert_eq!(desk.get_user(&random.text("auraId")).await.status, 404);
    assert_eq!(desk.get_user(&elsewhere.text("auraId")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_another_person_or_channel_is_a_conflict_that_changes_nothing() {
    let desk = Desk::start().await;
    let first = create(&desk, "w1", "u1", "a1", "whatsapp").await;
    for (user, channel) in [("u2", "whatsapp"), ("u1", "app")] {
        let refused = create(&desk, "w1", user, "a1", channel).await;
        assert_eq!(
            (refused.status.as_u16(), &*refused.text("code")),
            (409, "CONFLICT"),
            "{user} {channel}"
        );
    }
    assert_eq!(desk.get_user("w1").await.body, first.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_id_is_its_persons_at_once_and_others_after_the_quarantine() {
    let desk = Desk::start().await;
    create(&desk, "w1", "u1", "a1", "whatsapp").await;
    assert_eq!(delete(&desk, "w1").await.status, 204);
    assert_eq!(
        create(&desk, "w1", "u2", "a1", "whatsapp").await.status,
        409
    );
    assert_eq!(
        create(&desk, "w1", "u1", "a1", "whatsapp").await.status,
        200
    );
    assert_eq!(delete(&desk, "w1").await.status, 204);
    desk.clock
        .advance(QUARANTINE.saturating_sub(Duration::from_millis(1)));
    assert_eq!(
        create(&desk, "w1", "u2", "a1", "whatsapp").await.status,
        409
    );
    desk.clock.advance(Duration::from_millis(1));
    assert_eq!(
        create(&desk, "w1", "u2", "a1", "whatsapp").await.status,
        200
    );
    assert_eq!(
        create(&desk, "w1", "u1", "a1", "whatsapp").await.status,
        409
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_id_passes_on_and_its_former_person_lets_it_be() {
    let desk = Desk::start().await;
    create(&desk, "w1", "u1", "a1", "whatsapp").await;
    desk.clock.advance(Duration::from_hours(3 * 24));
    assert_eq!(
        create(&desk, "w1", "u2", "a1", "whatsapp").await.status,
        409,
        "expired a moment ago"
    );
    desk.clock.advance(QUARANTINE);
    let passed = create(&desk, "w1", "u2", "a1", "whatsapp").await;
    assert_eq!(passed.status, 200);
    // The former person logs in anew and is erased: the other's login is not touched.
    assert_eq!(
        desk.register("u1", "a2", "whatsapp", Some("+34600000001"))
            .await
            .status,
        200
    );
    assert_eq!(desk.erase("+34600000001").await.json()["erasedUsers"], 1);
    assert_eq!(desk.get_user("w1").await.body, passed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_id_is_nobodys_until_the_quarantine_ends() {
    let desk = Desk::start().await;
    let headers = [
        ("authorization", &*desk.bot()),
        ("x-user-id", "u1"),
        ("x-authorization-id", "a1"),
        ("x-channel-id", "whatsapp"),
        ("x-phone-number", "+34600000001"),
    ];
    let first = desk.call("GET", "/users/aura-id/w1", &headers).await;
    assert_eq!(desk.erase("+34600000001").await.json()["erasedLogins"], 1);
    assert_eq!(
        create(&desk, "w1", "u1", "a1", "whatsapp").await.status,
        409,
        "nothing links the person to it"
    );
    desk.clock.advance(QUARANTINE);
    let again = create(&desk, "w1", "u1", "a1", "whatsapp").await;
    assert_eq!(again.status, 200);
    assert_ne!(again.text("auraIdGlobal"), first.text("auraIdGlobal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_with_an_own_channel_stays_one_with_a_new_number() {
    let desk = Desk::start().await;
    let first = create(&desk, "w1", "u1", "a1", "whatsapp").await;
    desk.register("u1", "a1", "web", Some("+34600000001")).await;
    let headers = [
        ("authorization", &*desk.bot()),
        ("x-user-id", "u1"),
        ("x-authorization-id", "a1"),
        ("x-channel-id", "app"),
        ("x-phone-number", "+34600000002"),
    ];
    let refused = desk.call("GET", "/users/aura-id/w1", &headers).await;
    assert_eq!(refused.status, 409, "{:?}", refused.body);
    let after = desk.get_user("w1").await;
    assert_eq!(after.text("phoneNumber"), "+34600000001", "nothing changed");
    assert_eq!(after.text("expiresAt"), first.text("expiresAt"));
}
