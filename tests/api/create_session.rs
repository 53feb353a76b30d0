//! `POST …/auth/token` (contract 5.1).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use tests::copilot::{
    AUTHENTICATE, CLIENT, CLIENT_SECRET, CREATE_SESSION, GRANT, NOT_VALID, UNAUTHORIZED, asking,
    basic,
};
use tests::{Answer, Desk, desk};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const CHARSET: &str = "Application/X-WWW-Form-Urlencoded; charset=utf-8";

/// Bodies by their type, and what they get.
const GRANTS: [(&str, &str, u16); 21] = [
    (JSON, GRANT, 200),
    ("text/plain", GRANT, 200),
    (
        JSON,
        r#" { "scope":"x", "grant_type" : "client\u005fcredentials" } "#,
        200,
    ),
    (FORM, "grant_type=client_credentials", 200),
    (CHARSET, "a=b&grant_type=client%5Fcredentials", 200),
    (FORM, GRANT, 200),
    (JSON, "grant_type=client_credentials", 400),
    (
        FORM,
        "grant_type=client_credentials&grant_type=client_credentials",
        400,
    ),
    (FORM, "grant_type=password", 400),
    (FORM, "", 400),
    (JSON, "", 400),
    (JSON, "{}", 400),
    (JSON, "[]", 400),
    (JSON, "null", 400),
    (JSON, r#"["client_credentials"]"#, 400),
    (JSON, r#"{"grant_type":null}"#, 400),
    (JSON, r#"{"grant_type":"password"}"#, 400),
    (JSON, r#"{"grant_type":"CLIENT_CREDENTIALS"}"#, 400),
    (JSON, r#"{"grant_type":["client_credentials"]}"#, 400),
    (
        JSON,
        r#"{"grant_type":"client_credentials","grant_type":"client_credentials"}"#,
        400,
    ),
    (JSON, r#"{"grant_type":"client_credentials"}}"#, 400),
];

fn client() -> String {
    basic(CLIENT, CLIENT_SECRET)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_own_example_gets_a_session_for_ten_minutes() {
    let desk = Desk::start().await;
    let sample = "Basic QUJBQkFCQUJRUUlSWjprOUgyTmQzVDVqNUVXMkZ1MTYwbDExSGFsM3gzb2E=";
    assert_eq!(client(), sample);
    // The example has a slash at the end.
    for path in [CREATE_SESSION.to_owned(), format!("{CREATE_SESSION}/")] {
        let answer = desk.post(&path, sample, GRANT).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-type"), "application/json");
        let token = answer.text("access_token");
        let expected =
            format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":600}}"#);
        assert_eq!(answer.body, expected);
        let claims = URL_SAFE_NO_PAD
            .decode(token.split('.').nth(1).unwrap())
            .unwrap();
        let expected = format!(
            r#"{{"pwd_expired":false,"user_role":"SERVICE_ACCOUNT","device_id":"empty","user_id":"{CLIENT}","expiration_time":{},"jwtVersion":"jwt1"}}"#,
            desk.clock.now().millis() + 600_000
        );
        assert_eq!(String::from_utf8(claims).unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_good_until_it_ends() {
    let desk = Desk::start().await;
    let token = desk
        .post(CREATE_SESSION, &client(), GRANT)
        .await
        .text("access_token");
    let session = format!("Bearer {token}");
    let ask = || desk.post(AUTHENTICATE, &session, asking("x"));
    desk.clock
        .advance(std::time::Duration::from_millis(599_999));
    assert_eq!(ask().await.body, NOT_VALID);
    desk.clock.advance(std::time::Duration::from_millis(1));
    assert_eq!(ask().await.status, 401);
}

fn assert_unauthorized(answer: &Answer, scheme: &str, case: &str) {
    assert_eq!(answer.status, 401, "{case}: {answer:?}");
    assert_eq!(answer.body, UNAUTHORIZED, "{case}");
    assert_eq!(answer.header("content-type"), "application/json", "{case}");
    let challenge = format!(r#"{scheme} realm="copilot""#);
    assert_eq!(answer.header("www-authenticate"), challenge, "{case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_client_gets_nothing_before_the_body_is_looked_at() {
    let desk = Desk::start().await;
    let encoded = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
    let good = client();
    for authorization in [
        String::new(),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !".to_owned(),
        good.replace("Basic ", "Bearer "),
        good.replace("Basic ", "Basic\t"),
        good.replace("Basic ", ""),
        format!("{good},{good}"),
        format!("{good}="),
        good.trim_end_matches('=').to_owned(),
        encoded(CLIENT),
        encoded(&format!("{CLIENT}:")),
        encoded(&format!(":{CLIENT_SECRET}")),
        encoded(&format!("{CLIENT}::{CLIENT_SECRET}")),
        encoded(&format!("{CLIENT}:{CLIENT_SECRET} ")),
        encoded(&format!("{CLIENT}:{}", CLIENT_SECRET.to_lowercase())),
        encoded(&format!("{}:{CLIENT_SECRET}", CLIENT.to_lowercase())),
        encoded(&format!("OTHER:{CLIENT_SECRET}")),
        desk.session(),
        desk.bot(),
    ] {
        for body in [GRANT, "", "{", &"x".repeat(9000)] {
            let answer = desk
                .post(CREATE_SESSION, &authorization, body.to_owned())
                .await;
            assert_unauthorized(&answer, "Basic", &authorization);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_may_be_in_any_case_and_the_header_there_once() {
    let desk = Desk::start().await;
    let good = client();
    let without = desk::send(&desk.router, "POST", CREATE_SESSION, &[]).await;
    assert_unauthorized(&without, "Basic", "no header");
    let twice = [("authorization", good.as_bytes()); 2];
    let twice = desk::send(&desk.router, "POST", CREATE_SESSION, &twice).await;
    assert_unauthorized(&twice, "Basic", "two headers");
    for scheme in ["basic", "BASIC", "bAsIc"] {
        let any_case = good.replace("Basic", scheme);
        assert_eq!(
            desk.post(CREATE_SESSION, &any_case, GRANT).await.status,
            200
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grant_comes_in_json_or_in_a_form() {
    let desk = Desk::start().await;
    let client = client();
    for (kind, body, status) in GRANTS {
        let headers = [
            ("authorization", client.as_bytes()),
            ("content-type", kind.as_bytes()),
        ];
        let body_sent = body.to_owned().into();
        let answer =
            desk::send_body(&desk.router, "POST", CREATE_SESSION, &headers, body_sent).await;
        assert_eq!(answer.status, status, "{kind} {body}");
        if status == 400 {
            let Value::Object(told) = answer.json() else {
                panic!("{answer:?}")
            };
            assert_eq!(told["reason"], "COMMON.REQUEST_VALIDATION", "{body}");
            let message = told["error_message"].as_str().unwrap();
            assert!(
                message.contains("grant_type") && told.len() == 2,
                "{message}"
            );
        }
    }
}

/// As it came, and as the gateway joins it.
#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_is_given_twice_is_refused_by_name() {
    let desk = Desk::start().await;
    let client = client();
    let (json, form): (&[u8], &[u8]) = (b"application/json", b"application/x-www-form-urlencoded");
    let joined = [json, b",", form].concat();
    for kinds in [vec![form, json], vec![joined.as_slice()]] {
        let mut headers = vec![("authorization", client.as_bytes())];
        headers.extend(kinds.into_iter().map(|kind| ("content-type", kind)));
        let answer =
            desk::send_body(&desk.router, "POST", CREATE_SESSION, &headers, GRANT.into()).await;
        assert_eq!(answer.status, 400, "{headers:?}");
        let message = answer.text("error_message");
        assert!(message.contains("content-type"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_no_route() {
    let desk = Desk::start().await;
    let client = client();
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        for path in [CREATE_SESSION.to_owned(), format!("{CREATE_SESSION}/")] {
            let answer = desk
                .call(method, &path, &[("authorization", &client)])
                .await;
            assert_eq!(answer.status, 404, "{method}");
        }
    }
    for path in [format!("{CREATE_SESSION}//"), format!("{CREATE_SESSION}/x")] {
        assert_eq!(desk.post(&path, &client, GRANT).await.status, 404, "{path}");
    }
}
