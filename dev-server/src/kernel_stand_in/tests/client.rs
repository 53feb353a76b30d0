//! How the client proves itself, and what proves nothing.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;

fn invalid_client() -> (u16, String) {
    (401, "invalid_client".to_owned())
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

impl Stand {
    /// Asks for nothing that exists, proving itself by this assertion: 200 says that the proof is good.
    async fn asserted(&self, assertion: &str) -> Answer {
        let form = [proof(assertion), vec![("token", "none".to_owned())]].concat();
        self.post("/introspect", &form, None).await
    }

    async fn with_claims(&self, claims: &Value) -> Answer {
        self.asserted(&self.key.sign(claims).unwrap()).await
    }
}

#[tokio::test]
async fn every_name_of_this_server_is_a_good_audience_and_no_other_is() {
    let stand = Stand::new();
    let token = format!("{KERNEL}/token");
    for (aud, status) in [
        (json!(KERNEL), 200),
        (json!(token), 200),
        (json!(format!("{KERNEL}/introspect")), 200),
        (json!([token, "https://other.example"]), 200),
        (json!("https://other.example/token"), 401),
        (json!(format!("{token}/")), 401),
        (json!([]), 401),
        (json!(1), 401),
        (Value::Null, 401),
    ] {
        let mut claims = stand.claims();
        claims["aud"] = aud.clone();
        assert_eq!(stand.with_claims(&claims).await.status, status, "{aud}");
    }
}

#[tokio::test]
async fn an_assertion_is_good_for_5_minutes_at_most_and_never_ahead_of_time() {
    let stand = Stand::new();
    for (claim, offset, status) in [
        ("exp", 1, 200),
        ("exp", 300, 200),
        ("exp", 301, 401),
        ("exp", 0, 401),
        ("exp", -1, 401),
        ("iat", 60, 200),
        ("iat", 61, 401),
        ("nbf", 60, 200),
        ("nbf", 61, 401),
    ] {
        let mut claims = stand.claims();
        claims[claim] = json!(1_700_000_000 + offset);
        let answer = stand.with_claims(&claims).await;
        assert_eq!(answer.status, status, "{claim} {offset}: {}", answer.body);
    }
}

#[tokio::test]
async fn claims_of_another_kind_are_refused() {
    let stand = Stand::new();
    for (claim, value) in [
        ("iss", json!("another")),
        ("sub", json!("another")),
        ("iss", Value::Null),
        ("sub", Value::Null),
        ("exp", Value::Null),
        ("exp", json!("1700000060")),
        ("exp", json!(1_700_000_060.5)),
        ("jti", Value::Null),
        ("jti", json!("")),
    ] {
        let mut claims = stand.claims();
        claims[claim] = value.clone();
        let refused = stand.with_claims(&claims).await.refused();
        assert_eq!(refused, invalid_client(), "{claim} {value}");
    }
    let mut claims = stand.claims();
    (claims["iss"], claims["sub"]) = (json!("another"), json!("another"));
    let refused = stand.with_claims(&claims).await.refused();
    assert_eq!(refused, invalid_client(), "signed by us, of somebody else");
}

#[tokio::test]
async fn an_assertion_serves_once() {
    let stand = Stand::new();
    let claims = stand.claims();
    assert_eq!(stand.with_claims(&claims).await.status, 200);
    let refused = stand.with_claims(&claims).await.refused();
    assert_eq!(refused, invalid_client());
    // Also at the other endpoint.
    let form = stand.proof(&claims);
    let refused = stand.post("/token", &form, None).await.refused();
    assert_eq!(refused, invalid_client());
}

/// A JWT in its three parts.
fn parts(jwt: &str) -> [String; 3] {
    let parts: Vec<String> = jwt.split('.').map(str::to_owned).collect();
    let count = parts.len();
    parts.try_into().unwrap_or_else(|_| panic!("{count} parts"))
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn no_header_makes_another_signature_count() {
    let stand = Stand::new();
    let kid = stand.key.kid();
    let good = stand.key.sign(&stand.claims()).unwrap();
    let [_, payload, signature] = parts(&good);
    for header in [
        json!({ "alg": "none", "kid": kid }),
        json!({ "alg": "HS256", "kid": kid }),
        json!({ "alg": "RS256", "kid": kid }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "ES256", "kid": "another" }),
        json!({ "alg": "ES256", "kid": kid, "crit": ["x"] }),
        json!({ "alg": "ES256", "kid": kid }),
        json!([]),
    ] {
        for signature in [signature.as_str(), ""] {
            let bad = format!("{}.{payload}.{signature}", encode(&header));
            let refused = stand.asserted(&bad).await.refused();
            assert_eq!(refused, invalid_client(), "{header}");
        }
    }
    assert_eq!(stand.asserted(&good).await.status, 200);
}

#[tokio::test]
async fn only_what_a_published_key_signed_counts() {
    let stand = Stand::new();
    let good = stand.key.sign(&stand.claims()).unwrap();
    let [header, payload, signature] = parts(&good);
    let stranger = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
    let strangers = stranger.sign(&stand.claims()).unwrap();
    let (_, strangers_rest) = strangers.split_once('.').unwrap();
    let mut others = stand.claims();
    others["exp"] = json!(1_700_000_299);
    for (bad, why) in [
        (strangers.clone(), "a stranger's key"),
        (format!("{header}.{strangers_rest}"), "under our kid"),
        (
            format!("{header}.{}.{signature}", encode(&others)),
            "other claims",
        ),
        (
            format!("{header}.{payload}.{}", "A".repeat(86)),
            "no signature",
        ),
        (format!("{header}.{payload}."), "an empty signature"),
        (format!("{header}.{payload}"), "a part is missing"),
        (format!("{good}.{signature}"), "a part too much"),
        ("nonsense".to_owned(), "nonsense"),
    ] {
        assert_eq!(
            stand.asserted(&bad).await.refused(),
            invalid_client(),
            "{why}"
        );
    }
    assert_eq!(stand.asserted(&good).await.status, 200);
}

#[tokio::test]
async fn without_the_published_keys_nobody_can_tell() {
    let mut stand = Stand::new();
    let api = Router::new().route("/openid/jwk", get(async || StatusCode::SERVICE_UNAVAILABLE));
    stand.router = router(stand.desk(api));
    let refused = stand.with_claims(&stand.claims()).await.refused();
    assert_eq!(refused, (503, "temporarily_unavailable".to_owned()));
}

#[tokio::test]
async fn the_secret_serves_as_well_and_a_wrong_one_does_not() {
    let stand = Stand::new();
    let form = vec![("token", "none".to_owned())];
    for (authorization, status) in [
        (basic(KERNEL_CLIENT_ID, SECRET), 200),
        (
            basic(KERNEL_CLIENT_ID, SECRET).replace("Basic", "bASIC"),
            200,
        ),
        (basic("aura%2Dauthentication", "the%2Dclients-secret"), 200),
        (basic(KERNEL_CLIENT_ID, "another"), 401),
        (basic(KERNEL_CLIENT_ID, ""), 401),
        (basic("another", SECRET), 401),
        (
            basic(KERNEL_CLIENT_ID, SECRET).replace("Basic", "Bearer"),
            401,
        ),
        ("Basic".to_owned(), 401),
        ("Basic !".to_owned(), 401),
    ] {
        let answer = stand.post("/introspect", &form, Some(&authorization)).await;
        assert_eq!(answer.status, status, "{authorization}");
        if status == 401 {
            assert_eq!(answer.refused(), invalid_client());
            let scheme = answer.headers["www-authenticate"].to_str().unwrap();
            assert!(scheme.starts_with("Basic realm="), "{scheme}");
        }
    }
}

#[tokio::test]
async fn nothing_half_an_assertion_and_two_proofs_prove_nothing() {
    let stand = Stand::new();
    let good = stand.proof(&stand.claims());
    let authorization = basic(KERNEL_CLIENT_ID, SECRET);
    for (form, authorization, refused) in [
        (vec![("token", "none".to_owned())], None, invalid_client()),
        (good[1..].to_vec(), None, invalid_client()),
        (good[..1].to_vec(), None, invalid_client()),
        (
            [good.clone(), vec![("client_id", "another".to_owned())]].concat(),
            None,
            invalid_client(),
        ),
        (
            good.clone(),
            Some(authorization.as_str()),
            (400, "invalid_request".to_owned()),
        ),
        (
            [good.clone(), good].concat(),
            None,
            (400, "invalid_request".to_owned()),
        ),
    ] {
        let answer = stand.post("/token", &form, authorization).await;
        assert_eq!(answer.refused(), refused, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let stand = Stand::new();
    for path in ["/token", "/introspect"] {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("authorization", basic(KERNEL_CLIENT_ID, SECRET))
            .body(Body::from(r#"{"token":"none"}"#));
        let refused = stand.send(request.unwrap()).await.refused();
        assert_eq!(refused, (400, "invalid_request".to_owned()));
    }
}
