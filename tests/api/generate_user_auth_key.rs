//! `POST …/generate_user_auth_key` (contract 5.3).
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be read fails the test that reads it"
)]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::access_token::Role;
use tests::copilot::{CLIENT, CLIENT_SECRET, GENERATE, NOT_VALID, UNAUTHORIZED, basic, valid};
use tests::{Answer, Desk, Fault};

async fn generate(desk: &Desk, body: &Value) -> Answer {
    let client = basic(CLIENT, CLIENT_SECRET);
    desk.post(GENERATE, &client, body.to_string()).await
}

/// What the key holds, as text and as JSON.
fn opened(answer: &Answer) -> (String, Value) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let key = answer.text("auth_key");
    assert_eq!(answer.body, json!({ "auth_key": key }).to_string());
    let text = String::from_utf8(STANDARD.decode(key).unwrap()).unwrap();
    let json = serde_json::from_str(&text).unwrap();
    (text, json)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_gets_a_token_that_is_good_for_fifty_minutes() {
    let desk = Desk::start().await;
    let user = desk.user("person-1").await;
    let client = basic(CLIENT, CLIENT_SECRET);
    let slash = format!("{GENERATE}/");
    let body = json!({ "user_id": user }).to_string();
    let with_slash = desk.post(&slash, &client, body).await;
    assert_eq!(with_slash.status, 200);
    let answer = generate(&desk, &json!({ "user_id": user, "device_id": "phone é" })).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let (text, key) = opened(&answer);
    let token = key["access_token"].as_str().unwrap();
    let expected =
        format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3000}}"#);
    assert_eq!(text, expected);
    let good = valid(&user, Role::AppUser);
    assert_eq!(desk.authenticate(token).await.body, good);
    desk.clock.advance(Duration::from_millis(2_999_999));
    assert_eq!(desk.authenticate(token).await.body, good);
    desk.clock.advance(Duration::from_millis(1));
    assert_eq!(desk.authenticate(token).await.body, NOT_VALID);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_never_outlives_its_login_and_says_so() {
    let desk = Desk::start().await;
    let user = desk.user("person-1").await;
    desk.clock
        .advance(Duration::from_secs(3 * 86_400 - 100) + Duration::from_millis(1));
    let (_, key) = opened(&generate(&desk, &json!({ "user_id": user })).await);
    assert_eq!(key["expires_in"], 99);
    desk.clock.advance(Duration::from_secs(100));
    let gone = generate(&desk, &json!({ "user_id": user })).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_404_in_the_products_words() {
    let desk = Desk::start().await;
    let user = desk.user("person-1").await;
    let renewed = desk.register("person-1", "grant-2", "app", None).await;
    assert_ne!(renewed.text("auraId"), user);
    for nobody in ["nobody", &user] {
        let answer = generate(&desk, &json!({ "user_id": nobody })).await;
        assert_eq!(answer.status, 404);
        let expected = r#"{"reason":"COMMON.ENTITY_NOT_FOUND","error_message":"user_id names no valid login"}"#;
        assert_eq!(answer.body, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_are_400_and_name_what_is_wrong() {
    let desk = Desk::start().await;
    let user = desk.user("person-1").await;
    let client = basic(CLIENT, CLIENT_SECRET);
    let long = "x".repeat(129);
    for (body, word) in [
        (String::new(), "user_id"),
        ("{}".into(), "user_id"),
        (json!([user]).to_string(), "user_id"),
        (json!({ "user_id": null }).to_string(), "user_id"),
        (json!({ "user_id": 1 }).to_string(), "user_id"),
        (json!({ "user_id": "" }).to_string(), "user_id"),
        (json!({ "user_id": "a b" }).to_string(), "user_id"),
        (json!({ "user_id": "aura-id" }).to_string(), "user_id"),
        (json!({ "user_id": "a/../b" }).to_string(), "user_id"),
        (
            json!({ "user_id": user, "device_id": 1 }).to_string(),
            "device_id",
        ),
        (
            json!({ "user_id": user, "device_id": "" }).to_string(),
            "device_id",
        ),
        (
            json!({ "user_id": user, "device_id": "a\nb" }).to_string(),
            "device_id",
        ),
        (
            json!({ "user_id": user, "device_id": long }).to_string(),
            "device_id",
        ),
    ] {
        let answer = desk.post(GENERATE, &client, body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.text("reason"), "COMMON.REQUEST_VALIDATION", "{body}");
        let message = answer.text("error_message");
        assert!(
            message.contains(word) && !message.contains("a b"),
            "{message}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_is_413_and_null_for_a_device_is_none() {
    let desk = Desk::start().await;
    let user = desk.user("person-1").await;
    let client = basic(CLIENT, CLIENT_SECRET);
    let too_long = format!("{{\"user_id\":\"{user}\",\"x\":\"{}\"}}", "x".repeat(8192));
    assert_eq!(desk.post(GENERATE, &client, too_long).await.status, 413);
    let null = json!({ "user_id": user, "device_id": null });
    assert_eq!(generate(&desk, &null).await.status, 200, "null is absent");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_client_with_its_secret_gets_one() {
    let desk = Desk::start().await;
    let user = desk.user("person-1").await;
    let body = json!({ "user_id": user }).to_string();
    for authorization in [
        basic(CLIENT, "wrong"),
        desk.session(),
        desk.bot(),
        String::new(),
    ] {
        let answer = desk.post(GENERATE, &authorization, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.body),
            (401, UNAUTHORIZED.as_bytes())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_503_in_the_products_words() {
    let desk = crate::store_faults::desk_with_own_retries().await;
    let user = desk.user("person-1").await;
    desk.proxy
        .fail("GetItem", Fault::Error(500, "InternalServerError"));
    let answer = generate(&desk, &json!({ "user_id": user })).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.text("reason"), "COMMON.UNAVAILABLE");
    assert!(
        answer
            .header("retry-after")
            .parse::<u64>()
            .is_ok_and(|seconds| seconds > 0)
    );
}
