//! `GET /users/aura-id-global/{aura_id_global}`: the last valid login of a channel.

use std::time::Duration;

use tests::{Answer, Desk};

async fn latest(desk: &Desk, global: &str, channel: &str) -> Answer {
    let path = format!("/users/aura-id-global/{global}");
    desk.call(
        "GET",
        &path,
        &[("authorization", &desk.kernel()), ("x-channel-id", channel)],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_valid_login_of_that_channel_is_found() {
    let desk = Desk::start().await;
    let first = desk.register("u1", "a1", "app", None).await;
    let global = first.text("auraIdGlobal");
    assert_eq!(latest(&desk, &global, "app").await.body, first.body);
    assert_eq!(latest(&desk, &global, "web").await.status, 404);
    let second = desk.register("u1", "a2", "app", None).await;
    assert_eq!(latest(&desk, &global, "app").await.body, second.body);
    desk.clock.advance(Duration::from_hours(3 * 24));
    assert_eq!(latest(&desk, &global, "app").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_person_is_404_and_unknown_channel_400() {
    let desk = Desk::start().await;
    assert_eq!(latest(&desk, "nobody", "app").await.status, 404);
    assert_eq!(latest(&desk, "nobody", "fax").await.status, 400);
}
