//! Secrets of Copilot Connect that are replaced while others ask (contract 5): no good token is refused, no dead one taken.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be read fails the test that reads it"
)]

use std::time::Duration;

use futures_util::future::join_all;
use shared::access_token::{AccessToken, NO_DEVICE, Role, SETTLING};
use tests::Desk;
use tests::copilot::{
    AUTHENTICATE, CLIENT, CLIENT_SECRET, CREATE_SESSION, GENERATE, GRANT, NOT_VALID, UNAUTHORIZED,
    asking, basic, post, valid,
};

const STEP: Duration = Duration::from_secs(37);
/// Longer than any refresh, without being a multiple of the step.
const ROUNDS: u32 = 40;

/// The token of a key that the API itself hands out.
fn token_of(key: &tests::Answer) -> String {
    use base64::Engine as _;
    let json = base64::engine::general_purpose::STANDARD
        .decode(key.text("auth_key"))
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    json["access_token"].as_str().unwrap().to_owned()
}

/// Sessions and tokens of one instance, taken by another, both at whatever age their copies of the secrets are: all that were made.
async fn one_makes_and_others_take(
    desk: &Desk,
    instances: &[axum::Router],
    user: &str,
) -> Vec<String> {
    let client = basic(CLIENT, CLIENT_SECRET);
    let body = serde_json::json!({ "user_id": user }).to_string();
    let made = join_all(instances.iter().map(|maker| async {
        let session = post(maker, CREATE_SESSION, &client, GRANT).await;
        let key = post(maker, GENERATE, &client, body.clone()).await;
        (session.text("access_token"), token_of(&key))
    }));
    let mut tokens = Vec::new();
    for (session, token) in made.await {
        let session_token = &format!("Bearer {session}");
        let asked = instances
            .iter()
            .map(|taker| post(taker, AUTHENTICATE, session_token, asking(&token)));
        for answer in join_all(asked).await {
            assert_eq!(
                answer.body,
                valid(user, Role::AppUser),
                "{:?}",
                desk.clock.now()
            );
        }
        tokens.extend([session, token]);
    }
    tokens
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_under_load_refuses_no_good_token() {
    let desk = Desk::start().await;
    let user = desk.user("person-1").await;
    let mut instances = Vec::new();
    for _ in 0..4 {
        // Each reads the secrets at another time.
        desk.clock.advance(Duration::from_secs(71));
        instances.push(desk.more_instances().await);
    }
    for role in Role::ALL {
        let old = desk.copilot_secrets();
        let rotated = old.rotated(role, desk.clock.now()).unwrap();
        desk.put_copilot_secrets(&rotated);
        let mut signed_by_new = 0;
        for _ in 0..ROUNDS {
            let made = one_makes_and_others_take(&desk, &instances, &user).await;
            let now = desk.clock.now();
            let unknown_to_old = |token: &&String| AccessToken::open(token, &old, now).is_err();
            signed_by_new += made.iter().filter(unknown_to_old).count();
            desk.clock.advance(STEP);
        }
        let settled = (0..ROUNDS).filter(|round| STEP * *round >= SETTLING);
        assert_eq!(signed_by_new, settled.count() * instances.len(), "{role:?}");
        let retired = desk.copilot_secrets().retired(role).unwrap();
        desk.put_copilot_secrets(&retired);
        for _ in 0..10 {
            one_makes_and_others_take(&desk, &instances, &user).await;
            desk.clock.advance(STEP);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_previous_secret_is_dropped_its_tokens_are_refused() {
    for role in Role::ALL {
        let desk = Desk::start().await;
        let user = desk.user("person-1").await;
        let old = desk.copilot_secrets();
        let [token, session] =
            [(Role::AppUser, &*user), (Role::ServiceAccount, CLIENT)].map(|(role, user_id)| {
                let token = AccessToken {
                    role,
                    user_id: user_id.to_owned(),
                    device_id: NO_DEVICE.to_owned(),
                    expires_at: desk.clock.now().plus(Duration::from_hours(1)),
                };
                token.sign(&old, desk.clock.now()).unwrap()
            });
        let session = format!("Bearer {session}");
        let ask = async || desk.post(AUTHENTICATE, &session, asking(&token)).await;
        let rotated = old.rotated(role, desk.clock.now()).unwrap();
        desk.put_copilot_secrets(&rotated);
        desk.clock.advance(SETTLING);
        assert_eq!(ask().await.body, valid(&user, Role::AppUser), "{role:?}");
        desk.put_copilot_secrets(&rotated.retired(role).unwrap());
        desk.clock.advance(Duration::from_millis(300_001));
        let refused = match role {
            Role::AppUser => (200, NOT_VALID),
            Role::ServiceAccount => (401, UNAUTHORIZED),
        };
        let answer = ask().await;
        assert_eq!(answer.status, refused.0, "{role:?}");
        assert_eq!(answer.body, refused.1, "{role:?}");
    }
}

/// With what an operator put in by mistake nobody is let in, and nobody is told that a token is bad.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_cannot_be_read_serve_for_an_hour_and_then_not_at_all() {
    let desk = crate::store_faults::desk_with_own_retries().await;
    let user = desk.user("person-1").await;
    let name = desk.names.copilot_secret.clone();
    let ask = async |session: &str, token: &str| {
        post(&desk.router, AUTHENTICATE, session, asking(token))
            .await
            .status
            .as_u16()
    };
    let fresh = || (desk.session(), desk.token(Role::AppUser, &user));
    let hour = Duration::from_secs(3595);
    let claims_later = {
        desk.clock.advance(hour);
        fresh()
    };
    let text = desk.secrets.get(&name).unwrap();
    desk.secrets.put(&name, "garbage".into(), None, 0).unwrap();
    assert_eq!(
        ask(&claims_later.0, &claims_later.1).await,
        200,
        "the last good one"
    );
    desk.clock.advance(Duration::from_secs(10));
    assert_eq!(ask(&claims_later.0, &claims_later.1).await, 503);
    desk.secrets.put(&name, text, None, 0).unwrap();
    desk.clock.advance(Duration::from_secs(2));
    assert_eq!(ask(&claims_later.0, &claims_later.1).await, 200);
}
