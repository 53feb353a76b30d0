//! `GET /users/aura-id`: the same data, the same user.

use std::time::Duration;

use tests::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_data_gives_the_same_user() {
    let desk = Desk::start().await;
    let first = desk.register("u1", "a1", "app", Some("+34600000001")).await;
    assert_eq!(first.status, 200, "{:?}", first.body);
    let members: Vec<_> = first.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        members,
        [
            "auraId",
            "auraIdGlobal",
            "channelId",
            "createdAt",
            "expiresAt"
        ]
    );
    desk.clock.advance(Duration::from_secs(1));
    for number in [Some("+34600000001"), Some("34600000001"), None] {
        assert_eq!(
            desk.register("u1", "a1", "app", number).await.body,
            first.body,
            "{number:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_authorization_supersedes_the_login_and_keeps_the_person() {
    let desk = Desk::start().await;
    let old = desk.register("u1", "a1", "app", None).await;
    let new = desk.register("u1", "a2", "app", None).await;
    assert_ne!(old.text("auraId"), new.text("auraId"));
    assert_eq!(old.text("auraIdGlobal"), new.text("auraIdGlobal"));
    assert_eq!(desk.get_user(&old.text("auraId")).await.status, 404);
    assert_eq!(desk.get_user(&new.text("auraId")).await.status, 200);
    let back = desk.register("u1", "a1", "app", None).await;
    assert_ne!(
        back.text("auraId"),
        old.text("auraId"),
        "a superseded authorization is a new login"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_and_removed_logins_are_made_anew() {
    let desk = Desk::start().await;
    let first = desk.register("u1", "a1", "app", None).await;
    desk.clock.advance(Duration::from_hours(3 * 24));
    assert_eq!(
        desk.get_user(&first.text("auraId")).await.status,
        404,
        "expiry is exact"
    );
    let second = desk.register("u1", "a1", "app", None).await;
    assert_ne!(second.text("auraId"), first.text("auraId"));
    let path = format!("/users/{}", second.text("auraId"));
    assert_eq!(
        desk.call("DELETE", &path, &[("authorization", &desk.kernel())])
            .await
            .status,
        204
    );
    let third = desk.register("u1", "a1", "app", None).await;
    assert_ne!(third.text("auraId"), second.text("auraId"));
    assert_eq!(third.text("auraIdGlobal"), first.text("auraIdGlobal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_replaces_the_persons_in_every_login() {
    let desk = Desk::start().await;
    let app = desk.register("u1", "a1", "app", Some("+34600000001")).await;
    let web = desk.register("u1", "a1", "web", Some("+34600000002")).await;
    assert_eq!(
        desk.register("u1", "a1", "web", Some("+34600000003"))
            .await
            .body,
        web.body,
        "the login stays"
    );
    for login in [&app, &web] {
        assert_eq!(
            desk.get_user(&login.text("auraId"))
                .await
                .text("phoneNumber"),
            "+34600000003"
        );
    }
    for (number, erased) in [
        ("+34600000001", 0),
        ("+34600000002", 0),
        ("+34600000003", 1),
    ] {
        assert_eq!(
            desk.erase(number).await.json()["erasedUsers"],
            erased,
            "{number}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_channel_is_refused() {
    let desk = Desk::start().await;
    let answer = desk.register("u1", "a1", "fax", None).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.text("detail"),
        "header x-channel-id must be the id of a known channel"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_not_seen_for_the_retention_time_is_a_new_one() {
    let desk = Desk::start().await;
    let first = desk.register("u1", "a1", "app", Some("+34600000001")).await;
    desk.clock.advance(Duration::from_secs(396 * 86_400 - 1));
    let kept = desk.register("u1", "a1", "app", None).await;
    assert_eq!(kept.text("auraIdGlobal"), first.text("auraIdGlobal"));
    desk.clock.advance(Duration::from_hours(396 * 24));
    let new = desk.register("u1", "a1", "app", None).await;
    assert_ne!(new.text("auraIdGlobal"), first.text("auraIdGlobal"));
    assert_eq!(
        desk.get_user(&new.text("auraId"))
            .await
            .json()
            .get("phoneNumber"),
        None
    );
    assert_eq!(
        desk.erase("+34600000001").await.json()["erasedUsers"],
        0,
        "the number was forgotten too"
    );
}
