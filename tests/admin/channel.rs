//! `aura-admin channel`: what is set is admitted.

use std::time::Duration;

use tests::Operator;

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_admits_logins_of_its_lifetime_until_it_is_removed() {
    let operator = Operator::start().await;
    let desk = &operator.desk;
    assert_eq!(desk.register("u1", "a1", "tv", None).await.status, 400);
    operator
        .done(&[
            "channel",
            "set",
            "--id",
            "tv",
            "--name",
            "Television",
            "--lifetime-seconds",
            "60",
        ])
        .await;
    desk.clock.advance(Duration::from_millis(5001));
    let login = desk.register("u1", "a1", "tv", None).await;
    assert_eq!(login.status, 200, "{:?}", login.body);
    desk.clock.advance(Duration::from_secs(59));
    assert_eq!(desk.get_user(&login.text("auraId")).await.status, 200);
    desk.clock.advance(Duration::from_secs(1));
    assert_eq!(desk.get_user(&login.text("auraId")).await.status, 404);
    let listed = operator.done(&["channel", "list"]).await;
    assert_eq!(listed["channels"].as_array().map(Vec::len), Some(4));
    operator.done(&["channel", "remove", "tv"]).await;
    desk.clock.advance(Duration::from_millis(5001));
    assert_eq!(desk.register("u1", "a2", "tv", None).await.status, 400);
    assert_eq!(
        operator
            .run(&["--yes", "channel", "remove", "tv"], "")
            .await
            .code,
        1,
        "there is none"
    );
}
