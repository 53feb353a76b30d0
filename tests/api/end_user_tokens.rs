//! Every way in which an end user's token can be wrong: one answer for all (contract 5.2).
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be read fails the test that reads it"
)]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha384;
use shared::access_token::Role;
use tests::Desk;
use tests::copilot::{AUTHENTICATE, CLIENT, HEADER, NOT_VALID, asking, signed, valid};

/// Somebody who is there, and what makes tokens for them.
struct Scene {
    desk: Desk,
    user: String,
    secret: Vec<u8>,
}

impl Scene {
    async fn set() -> Self {
        let desk = Desk::start().await;
        let user = desk.user("person-1").await;
        let secret = desk.copilot_secret(Role::AppUser);
        Self { desk, user, secret }
    }

    fn claims(&self) -> Value {
        self.desk.claims(Role::AppUser, &self.user)
    }

    fn with(&self, claim: &str, value: Value) -> String {
        let mut claims = self.claims();
        claims[claim] = value;
        signed(&self.secret, HEADER, &claims.to_string())
    }

    fn under(&self, header: &str) -> String {
        signed(&self.secret, header, &self.claims().to_string())
    }

    async fn is_valid(&self, token: &str) -> bool {
        let answer = self.desk.authenticate(token).await;
        assert_eq!(answer.status, 200, "{token}");
        let good = valid(&self.user, Role::AppUser);
        assert!(
            answer.body == good || answer.body == NOT_VALID,
            "{answer:?}"
        );
        answer.body == good
    }

    /// Times, types and values of claims.
    fn bad_claims(&self) -> Vec<(String, String)> {
        let now = self.desk.clock.now().millis();
        let wrong = [
            ("expiration_time", json!(now)),
            ("expiration_time", json!(now - 1)),
            ("expiration_time", json!((now + 60_000) / 1000)),
            ("expiration_time", json!((now + 60_000).to_string())),
            ("expiration_time", json!(1.8e12)),
            ("expiration_time", json!(-now)),
            ("expiration_time", json!((1_u64 << 53) + 1)),
            ("expiration_time", json!(u64::MAX)),
            ("expiration_time", Value::Null),
            ("jwtVersion", json!("jwt2")),
            ("jwtVersion", json!("JWT1")),
            ("jwtVersion", Value::Null),
            ("user_role", json!("SERVICE_ACCOUNT")),
            ("user_role", json!("ADMIN")),
            ("user_role", json!("appuser")),
            ("user_id", json!("nobody")),
            ("user_id", json!("aura-id")),
            ("user_id", json!("a b")),
            ("user_id", json!("")),
            ("user_id", json!(CLIENT)),
            ("device_id", json!(1)),
            ("pwd_expired", json!("false")),
        ];
        let wrong =
            wrong.map(|(claim, value)| (format!("{claim} {value}"), self.with(claim, value)));
        wrong.into()
    }

    /// Claims that are missing or there twice, and payloads that are no object.
    fn bad_payloads(&self) -> Vec<(String, String)> {
        let (claims, good) = (self.claims(), self.claims().to_string());
        let mut payloads = vec![String::new(), "{}".into(), "[]".into(), format!("[{good}]")];
        for (claim, value) in claims.as_object().into_iter().flatten() {
            let member = format!(r#""{claim}":{value}"#);
            payloads.push(good.replace(&member, r#""x":1"#));
            payloads.push(good.replace(&member, &format!("{member},{member}")));
        }
        let payloads = payloads.into_iter();
        payloads
            .map(|text| (text.clone(), signed(&self.secret, HEADER, &text)))
            .collect()
    }

    /// Headers, and signatures of other kinds.
    fn bad_headers(&self) -> Vec<(String, String)> {
        let headers = [
            r#"{"typ":"JWT","alg":"none"}"#,
            r#"{"typ":"JWT","alg":"noNe"}"#,
            r#"{"typ":"JWT","alg":"HS384"}"#,
            r#"{"typ":"JWT","alg":"RS256"}"#,
            r#"{"typ":"JWT","alg":"HS256","kid":"1"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"typ":"JWT"}"#,
        ];
        let mut all: Vec<_> = headers
            .map(|header| (header.to_owned(), self.under(header)))
            .into();
        let unsigned = self.under(headers[0]);
        let message = unsigned
            .rsplit_once('.')
            .map(|(message, _)| message)
            .unwrap();
        all.push(("unsigned".into(), format!("{message}.")));
        let message = self.under(headers[2]);
        let message = message
            .rsplit_once('.')
            .map(|(message, _)| message.to_owned())
            .unwrap();
        let mut mac = Hmac::<Sha384>::new_from_slice(&self.secret).unwrap();
        mac.update(message.as_bytes());
        let tag = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        all.push(("a good HS384".into(), format!("{message}.{tag}")));
        all
    }

    /// Signed with something else that somebody could take for the secret.
    async fn other_secrets(&self) -> Vec<(String, String)> {
        let jwks = self.desk.call("GET", "/openid/jwk", &[]).await;
        let public = jwks.json()["keys"][0].clone();
        let modulus = URL_SAFE_NO_PAD
            .decode(public["n"].as_str().unwrap())
            .unwrap();
        let text = shared_text(&self.secret);
        let claims = self.claims().to_string();
        let secrets = [
            ("the public key", public.to_string().into_bytes()),
            ("its modulus", modulus),
            (
                "the other role's secret",
                self.desk.copilot_secret(Role::ServiceAccount),
            ),
            ("the secret's own text", text.into_bytes()),
            ("nothing", Vec::new()),
        ];
        let rs256 = r#"{"typ":"JWT","alg":"RS256"}"#;
        let sign = |(name, secret): (&str, Vec<u8>)| {
            [HEADER, rs256].map(|header| (name.to_owned(), signed(&secret, header, &claims)))
        };
        secrets.into_iter().flat_map(sign).collect()
    }

    /// A good token, cut, lengthened or changed.
    fn bad_bytes(&self) -> Vec<(String, String)> {
        let good = self.under(HEADER);
        let parts: Vec<&str> = good.split('.').collect();
        let json = json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] });
        let mut all = vec![
            ("JSON serialisation".to_owned(), json.to_string()),
            ("dots missing".into(), parts.concat()),
            ("a dot missing".into(), format!("{}.{}", parts[0], parts[1])),
            ("a dot more".into(), format!("{good}.")),
            ("a part more".into(), format!("{good}.{}", parts[2])),
            ("an empty part".into(), good.replacen('.', "..", 1)),
            ("padding".into(), format!("{good}=")),
            ("a blank before it".into(), format!(" {good}")),
            ("a blank after it".into(), format!("{good} ")),
            ("not ASCII".into(), format!("{good}é")),
            ("7 kB".into(), format!("{good}{}", "A".repeat(7000))),
        ];
        let mut at = 0;
        for part in &parts {
            for place in [0, part.len() / 2, part.len() - 2] {
                let mut bytes = good.clone().into_bytes();
                bytes[at + place] = if bytes[at + place] == b'A' {
                    b'B'
                } else {
                    b'A'
                };
                all.push((
                    format!("changed at {}", at + place),
                    String::from_utf8(bytes).unwrap(),
                ));
            }
            at += part.len() + 1;
        }
        all
    }
}

fn shared_text(secret: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_a_token_is_answered_alike() {
    let scene = Scene::set().await;
    assert!(scene.is_valid(&scene.under(HEADER)).await);
    let mut all = scene.bad_claims();
    all.extend(scene.bad_payloads());
    all.extend(scene.bad_headers());
    all.extend(scene.other_secrets().await);
    all.extend(scene.bad_bytes());
    assert!(all.len() > 70, "{}", all.len());
    for (name, token) in all {
        assert!(!scene.is_valid(&token).await, "{name}: {token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_bearer_token_is_answered_like_a_bad_one() {
    let scene = Scene::set().await;
    let token = scene.under(HEADER);
    for text in [
        token.clone(),
        format!("bearer {token}"),
        format!("BEARER {token}"),
        format!("Bearer  {token}"),
        format!("Bearer\t{token}"),
        format!(" Bearer {token}"),
        format!("Bearer {token} {token}"),
        format!("Basic {token}"),
        format!("APIKEY {token}"),
        "Bearer".into(),
        "Bearer ".into(),
        "Bearer    ".into(),
        "x".into(),
    ] {
        let body = json!({ "access_token": text }).to_string();
        let answer = scene
            .desk
            .post(AUTHENTICATE, &scene.desk.session(), body)
            .await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.body),
            (200, NOT_VALID.as_bytes()),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_at_the_millisecond_it_says_and_header_members_come_in_any_order() {
    let scene = Scene::set().await;
    let now = scene.desk.clock.now().millis();
    let last = scene.with("expiration_time", json!(now + 1));
    assert!(scene.is_valid(&last).await, "a millisecond is left");
    scene.desk.clock.advance(Duration::from_millis(1));
    assert!(!scene.is_valid(&last).await);
    assert!(
        scene
            .is_valid(&scene.under(r#"{"alg":"HS256","typ":"JWT"}"#))
            .await
    );
    assert!(
        scene
            .is_valid(&scene.with("device_id", json!("phone")))
            .await
    );
    assert!(
        scene.is_valid(&scene.with("iat", json!(now / 1000))).await,
        "ignored"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_dies_at_once_with_its_login() {
    let scene = Scene::set().await;
    let desk = &scene.desk;
    let key = desk.bot();
    let removed = scene.under(HEADER);
    assert!(scene.is_valid(&removed).await);
    let path = format!("/users/{}", scene.user);
    assert_eq!(
        desk.call("DELETE", &path, &[("authorization", &key)])
            .await
            .status,
        204
    );
    assert!(!scene.is_valid(&removed).await, "removed");
    let first = desk.user("person-2").await;
    let superseded = desk.token(Role::AppUser, &first);
    assert_eq!(
        desk.authenticate(&superseded).await.body,
        valid(&first, Role::AppUser)
    );
    let second = desk
        .register("person-2", "grant-2", "app", Some("+34600000001"))
        .await;
    assert_eq!(
        desk.authenticate(&superseded).await.body,
        NOT_VALID,
        "superseded"
    );
    let erased = desk.token(Role::AppUser, &second.text("auraId"));
    assert_eq!(desk.erase("+34600000001").await.status, 200);
    assert_eq!(desk.authenticate(&erased).await.body, NOT_VALID, "erased");
    let third = desk.user("person-3").await;
    desk.clock.advance(Duration::from_hours(72));
    let expired = desk.token(Role::AppUser, &third);
    assert_eq!(
        desk.authenticate(&expired).await.body,
        NOT_VALID,
        "the login expired"
    );
}

/// Signed with the secret of the other role, a token is nobody's; in its own role it is what it is.
#[tokio::test(flavor = "multi_thread")]
async fn roles_are_not_confused() {
    let scene = Scene::set().await;
    let desk = &scene.desk;
    let session = desk.session();
    let session = session.trim_start_matches("Bearer ");
    assert_eq!(
        desk.authenticate(session).await.body,
        valid(CLIENT, Role::ServiceAccount)
    );
    let ids = [
        (Role::AppUser, &*scene.user),
        (Role::ServiceAccount, CLIENT),
    ];
    for (role, id) in ids {
        let claims = desk.claims(role, id).to_string();
        for (other, _) in ids {
            let token = signed(&desk.copilot_secret(other), HEADER, &claims);
            let body = desk.authenticate(&token).await.body;
            assert_eq!(body == valid(id, role), role == other);
            let asked = desk
                .post(AUTHENTICATE, &format!("Bearer {token}"), asking(session))
                .await;
            let may_ask = role == other && role == Role::ServiceAccount;
            assert_eq!(asked.status == 200, may_ask);
        }
    }
}
