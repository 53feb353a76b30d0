//! `GET /token`: a token of Direct Line, and nothing else.

use std::collections::BTreeSet;

use axum::body::Body;
use http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use shared::api_key::{Mode, Scope};
use tests::{Answer, Desk, Fault, keys};

/// Asks with this key.
async fn ask(desk: &Desk, key: &str) -> Answer {
    let headers = [("authorization", key), ("x-correlator", "corr-1")];
    desk.call("GET", "/token", &headers).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_valid_key_gets_a_token_of_its_own_and_its_life() {
    let desk = Desk::start().await;
    let mut reader = keys::payload("web", Scope::Public, desk.clock.now());
    reader.mode = Mode::Read;
    let reader = keys::authorization(&reader, &desk.key_ring());
    let mut tokens = BTreeSet::new();
    for key in [desk.bot(), desk.kernel(), reader.clone(), reader] {
        let answer = ask(&desk, &key).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let token = answer.text("token");
        assert_eq!(answer.json(), json!({ "token": token, "expires_in": 1800 }));
        tokens.insert(token);
    }
    assert_eq!(tokens.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn direct_line_gets_a_secret_and_the_correlator_and_no_user() {
    let desk = Desk::start().await;
    let secrets = desk.secrets.get(&desk.names.direct_line_secret).unwrap();
    let secrets: Value = serde_json::from_str(&secrets).unwrap();
    ask(&desk, &desk.bot()).await;
    let [call] = &desk.direct_line.take_calls()[..] else {
        panic!("not one call")
    };
    assert_eq!(call.operation, "/v3/directline/tokens/generate");
    assert_eq!(call.body, "");
    let bearer = format!("Bearer {}", secrets["primary"].as_str().unwrap());
    let mut headers: Vec<_> = call.headers.iter().collect();
    headers.retain(|(name, _)| *name != "host");
    let mut headers: Vec<_> = headers
        .into_iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    headers.sort_unstable();
    let expected = [
        ("accept", "application/json"),
        ("authorization", &*bearer),
        ("content-length", "0"),
        ("x-correlator", "corr-1"),
    ];
    assert_eq!(headers, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_direct_line_returns_is_dropped() {
    let desk = Desk::start().await;
    let body = r#"{"conversationId":"c1","token":"t1","expires_in":3600,"user":{"id":"dl_1"}}"#;
    desk.direct_line
        .plan(move |_| Fault::Answer(200, body.into()));
    let answer = ask(&desk, &desk.bot()).await;
    assert_eq!(answer.body, r#"{"token":"t1","expires_in":3600}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_a_conversation_of_its_own() {
    let desk = Desk::start().await;
    let token = ask(&desk, &desk.bot()).await.text("token");
    let url = format!("{}/v3/directline/conversations", desk.direct_line.url());
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    for status in [201, 200] {
        let request = Request::post(&url).header("authorization", format!("Bearer {token}"));
        let started = client.request(request.body(Body::empty()).unwrap()).await;
        assert_eq!(started.unwrap().status(), status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_secrets_it_is_503_and_direct_line_is_not_asked() {
    for text in ["", "{}", r#"{"primary":"s3cret 1"}"#] {
        let desk = Desk::start().await;
        let name = &desk.names.direct_line_secret;
        desk.secrets.put(name, text.to_owned(), None, 0).unwrap();
        let router = desk.more_instances().await;
        drop(desk.direct_line.take_calls());
        let key = desk.bot();
        let headers = [("authorization", key.as_bytes())];
        let answer = tests::desk::send(&router, "GET", "/token", &headers).await;
        assert_eq!(answer.status, 503, "{text}");
        assert_eq!(answer.text("code"), "UNAVAILABLE");
        assert!(!answer.header("retry-after").is_empty());
        assert_eq!(desk.direct_line.take_operations(), Vec::<String>::new());
    }
}
