//! `POST …/authenticate` (contract 5.2): who may ask, how they ask, and what they are told of a token that is good.

use axum::body::Body;
use shared::access_token::Role;
use tests::copilot::{
    AUTHENTICATE, CLIENT, CLIENT_SECRET, HEADER, NOT_VALID, UNAUTHORIZED, asking, basic, signed,
    valid,
};
use tests::{Desk, Fault, desk};

/// The product's own example of a session's token, of March 2019.
const SAMPLE: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJwd2RfZXhwaXJlZCI6ZmFsc2UsInVzZXJfcm9sZSI6IlNFUlZJQ0VfQUNDT1VOVCIsImRldmljZV9pZCI6ImVtcHR5IiwidXNlcl9pZCI6IjVjNTA4MmNjZmFmZWYyNTM3M2JiMzc1MiIsImV4cGlyYXRpb25fdGltZSI6MTU1MjQxMjczNzUwNSwiand0VmVyc2lvbiI6Imp3dDEifQ.pF25GcYW1HNLeG1KRVPcD7Zys8MSTdTKBCURS5DF984";
/// Bodies without a token in them.
const NO_TOKENS: [&str; 22] = [
    "",
    " ",
    "null",
    "1",
    "{",
    "Bearer x",
    "access_token=Bearer x",
    "{}",
    r#"["Bearer x"]"#,
    r#"[{"access_token":"Bearer x"}]"#,
    r#"{"accessToken":"Bearer x"}"#,
    r#"{"access_token":null}"#,
    r#"{"access_token":1}"#,
    r#"{"access_token":true}"#,
    r#"{"access_token":["Bearer x"]}"#,
    r#"{"access_token":{}}"#,
    r#"{"access_token":""}"#,
    r#"{"access_token":"  \t\n "}"#,
    r#"{"access_token":"Bearer x","access_token":"Bearer x"}"#,
    r#"{"access_token":"Bearer x"}{}"#,
    r#"{"access_token":"\ud800"}"#,
    "\u{feff}{\"access_token\":\"Bearer x\"}",
];
const NO_TOKEN: &str = r#"{"reason":"COMMON.REQUEST_VALIDATION","error_message":"access token to authenticate must be provided on the body"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn good_tokens_are_told_with_whose_they_are_with_a_slash_and_without() {
    let desk = Desk::start().await;
    let user = desk.user("person-1").await;
    for (role, id) in [(Role::AppUser, &*user), (Role::ServiceAccount, CLIENT)] {
        let token = desk.token(role, id);
        for path in [AUTHENTICATE.to_owned(), format!("{AUTHENTICATE}/")] {
            let answer = desk.post(&path, &desk.session(), asking(&token)).await;
            assert_eq!(
                (answer.status.as_u16(), &*answer.body),
                (200, valid(id, role).as_bytes())
            );
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

/// The documents' own example expired long ago; its claims under our secrets are good while they are fresh.
#[tokio::test(flavor = "multi_thread")]
async fn the_documents_own_example_of_a_session() {
    let desk = Desk::start().await;
    let sample = format!("Bearer {SAMPLE}");
    let old = desk.post(AUTHENTICATE, &sample, asking(SAMPLE)).await;
    assert_eq!(
        (old.status.as_u16(), &*old.body),
        (401, UNAUTHORIZED.as_bytes())
    );
    assert_eq!(desk.authenticate(SAMPLE).await.body, NOT_VALID);
    let id = "5c5082ccfafef25373bb3752";
    desk.client(id, "s3cret").await;
    let fresh = desk.token(Role::ServiceAccount, id);
    let session = format!("Bearer {fresh}");
    let answer = desk.post(AUTHENTICATE, &session, asking(&fresh)).await;
    assert_eq!(answer.body, valid(id, Role::ServiceAccount));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_token_of_a_living_session_lets_anybody_ask() {
    let desk = Desk::start().await;
    let user = desk.user("person-1").await;
    let token = desk.token(Role::AppUser, &user);
    let session = desk.session();
    let bare = session.trim_start_matches("Bearer ");
    let claims = desk.claims(Role::ServiceAccount, CLIENT);
    let mut expired = claims.clone();
    expired["expiration_time"] = desk.clock.now().millis().into();
    let service_account = desk.copilot_secret(Role::ServiceAccount);
    let app_user = desk.copilot_secret(Role::AppUser);
    for authorization in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        bare.to_owned(),
        format!("Basic {bare}"),
        format!("Bearer\t{bare}"),
        format!("{session},{session}"),
        format!("{session}x"),
        format!("Bearer {token}"),
        format!("Bearer {}", desk.token(Role::ServiceAccount, "NOBODY")),
        format!(
            "Bearer {}",
            signed(&service_account, HEADER, &expired.to_string())
        ),
        format!("Bearer {}", signed(&app_user, HEADER, &claims.to_string())),
        basic(CLIENT, CLIENT_SECRET),
        desk.bot(),
    ] {
        for body in [asking(&token), String::new(), "x".repeat(9000)] {
            let answer = desk.post(AUTHENTICATE, &authorization, body).await;
            assert_eq!(answer.status, 401, "{authorization}");
            assert_eq!(answer.body, UNAUTHORIZED, "{authorization}");
            assert_eq!(
                answer.header("www-authenticate"),
                r#"Bearer realm="copilot""#
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_may_be_in_any_case_and_the_header_there_once() {
    let desk = Desk::start().await;
    let session = desk.session();
    let headers = [("authorization", session.as_bytes()); 2];
    let body = Body::from(asking("x"));
    let twice = desk::send_body(&desk.router, "POST", AUTHENTICATE, &headers, body).await;
    assert_eq!(twice.status, 401);
    let any_case = session.replace("Bearer", "bEARER");
    let answer = desk.post(AUTHENTICATE, &any_case, asking("x")).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_a_token_is_400() {
    let desk = Desk::start().await;
    let deep = format!(
        r#"{{"access_token":{}1{}}}"#,
        "[".repeat(4000),
        "]".repeat(4000)
    );
    let mut not_utf8 = br#"{"access_token":"Bearer "#.to_vec();
    not_utf8.extend(b"\xff\"}");
    let texts = NO_TOKENS.into_iter().chain([&*deep]);
    let bodies = texts.map(|text| text.as_bytes().to_vec()).chain([not_utf8]);
    for body in bodies {
        let shown = String::from_utf8_lossy(&body).into_owned();
        let answer = desk.post(AUTHENTICATE, &desk.session(), body).await;
        assert_eq!(answer.status, 400, "{shown}");
        assert_eq!(answer.body, NO_TOKEN, "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_more_than_8_kib_is_413_and_one_of_8_kib_is_read() {
    let desk = Desk::start().await;
    let padded = |size: usize| {
        let frame = asking("").len();
        asking(&"x".repeat(size - frame))
    };
    let longest = desk.post(AUTHENTICATE, &desk.session(), padded(8192)).await;
    assert_eq!(longest.body, NOT_VALID);
    for size in [8193, 100_000] {
        let answer = desk.post(AUTHENTICATE, &desk.session(), padded(size)).await;
        assert_eq!(answer.status, 413);
        let expected = r#"{"reason":"COMMON.PAYLOAD_TOO_LARGE","error_message":"The body must have at most 8192 bytes."}"#;
        assert_eq!(answer.body, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_cannot_be_told_nobody_is_told_false() {
    let desk = crate::store_faults::desk_with_own_retries().await;
    let user = desk.user("person-1").await;
    let token = desk.token(Role::AppUser, &user);
    desk.proxy
        .fail("GetItem", Fault::Error(500, "InternalServerError"));
    for _ in 0..2 {
        let answer = desk.authenticate(&token).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.text("reason"), "COMMON.UNAVAILABLE");
        assert!(
            answer
                .header("retry-after")
                .parse::<u64>()
                .is_ok_and(|seconds| seconds > 0)
        );
        // The list of clients serves for a minute without the store.
        desk.clock.advance(std::time::Duration::from_secs(70));
    }
    desk.proxy.heal();
    assert_eq!(
        desk.authenticate(&token).await.body,
        valid(&user, Role::AppUser)
    );
}
