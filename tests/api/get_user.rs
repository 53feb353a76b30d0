//! `GET /users/{auraId}`: what is found, and how a miss looks.

use tests::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_registered_a_moment_ago_is_found_with_all_fields() {
    let desk = Desk::start().await;
    let registered = desk.register("u1", "a1", "app", Some("34600000001")).await;
    let found = desk.get_user(&registered.text("auraId")).await;
    assert_eq!(found.status, 200);
    let (registered, found) = (registered.json(), found.json());
    for member in [
        "auraId",
        "auraIdGlobal",
        "channelId",
        "createdAt",
        "expiresAt",
    ] {
        assert_eq!(found[member], registered[member], "{member}");
    }
    assert_eq!(found["userId"], "u1");
    assert_eq!(found["authorizationId"], "a1");
    assert_eq!(found["phoneNumber"], "+34600000001");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_id_is_404() {
    let desk = Desk::start().await;
    let answer = desk.get_user("nobody").await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.text("code")),
        (404, "NOT_FOUND")
    );
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-correlator"), answer.text("correlator"));
}
