//! Whatever a caller sends to Copilot Connect, the answer is one of the documented shapes, and never a 5xx (contract 5).

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use shared::access_token::Role;
use tests::copilot::{
    AUTHENTICATE, CLIENT, CLIENT_SECRET, CREATE_SESSION, GENERATE, GRANT, HEADER, NOT_VALID,
    UNAUTHORIZED, asking, basic, signed, valid,
};
use tests::{Answer, Desk, desk};
use tokio::runtime::Runtime;

/// One request.
#[derive(Clone, Debug)]
struct Sent {
    path: &'static str,
    authorization: Option<Vec<u8>>,
    kind: &'static str,
    body: Vec<u8>,
}

/// What good parts are made from.
#[derive(Clone)]
struct Parts {
    session: String,
    token: String,
    app_user: Vec<u8>,
    claims: Value,
}

fn visible() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![9 => 0x20..0x7f_u8, 1 => 0x80..=0xff_u8], 0..200)
}

/// Any JSON, of no great depth.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map("[a-z_]{0,12}", inner, 0..6)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

/// A good text with some of it replaced.
fn mutated(good: String) -> impl Strategy<Value = String> {
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), 0x20..0x7f_u8), 0..3);
    edits.prop_map(move |edits| {
        let mut bytes = good.clone().into_bytes();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Tokens: good ones, nearly good ones, and with any claims and headers under the true secret.
fn token(parts: &Parts) -> impl Strategy<Value = String> + use<> {
    let claims = parts.claims.clone();
    let secret = parts.app_user.clone();
    let other = parts.app_user.clone();
    let names = [
        "pwd_expired",
        "user_role",
        "device_id",
        "user_id",
        "expiration_time",
        "jwtVersion",
    ];
    prop_oneof![
        Just(parts.token.clone()),
        Just(parts.session.clone()),
        mutated(parts.token.clone()),
        ".{0,80}",
        (prop::sample::select(names.to_vec()), json_value()).prop_map(move |(name, value)| {
            let mut claims = claims.clone();
            claims[name] = value;
            signed(&secret, HEADER, &claims.to_string())
        }),
        (json_value(), json_value()).prop_map(move |(header, claims)| {
            signed(&other, &header.to_string(), &claims.to_string())
        }),
    ]
}

fn body(parts: &Parts) -> impl Strategy<Value = Vec<u8>> + use<> {
    let user = parts.claims["user_id"].clone();
    prop_oneof![
        token(parts).prop_map(|token| asking(&token).into_bytes()),
        token(parts).prop_map(|token| serde_json::json!({ "access_token": token })
            .to_string()
            .into()),
        mutated(GRANT.to_owned()).prop_map(String::into_bytes),
        json_value().prop_map(move |value| {
            serde_json::json!({ "user_id": user, "device_id": value })
                .to_string()
                .into()
        }),
        json_value().prop_map(|value| value.to_string().into()),
        proptest::collection::vec(any::<u8>(), 0..300),
        (8000..9000_usize).prop_map(|size| vec![b'['; size]),
    ]
}

fn request(parts: &Parts) -> impl Strategy<Value = Sent> + use<> {
    let good = [
        basic(CLIENT, CLIENT_SECRET),
        format!("Bearer {}", parts.session),
    ];
    let authorization = prop_oneof![
        4 => prop::sample::select(good.to_vec()).prop_map(|text| Some(text.into_bytes())),
        1 => mutated(good[0].clone()).prop_map(|text| Some(text.into_bytes())),
        1 => mutated(good[1].clone()).prop_map(|text| Some(text.into_bytes())),
        1 => visible().prop_map(Some),
        1 => Just(None),
    ];
    let paths = prop::sample::select(vec![CREATE_SESSION, AUTHENTICATE, GENERATE]);
    let kinds = [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "",
    ];
    (
        paths,
        authorization,
        prop::sample::select(kinds.to_vec()),
        body(parts),
    )
        .prop_map(|(path, authorization, kind, body)| Sent {
            path,
            authorization,
            kind,
            body,
        })
}

async fn send(desk: &Desk, sent: &Sent) -> Answer {
    let mut headers = vec![("content-type", sent.kind.as_bytes())];
    let authorization = sent.authorization.as_deref();
    headers.extend(authorization.map(|value| ("authorization", value)));
    let body = sent.body.clone().into();
    desk::send_body(&desk.router, "POST", sent.path, &headers, body).await
}

/// Whether this is one of the shapes that the operation is documented with.
fn is_documented(sent: &Sent, answer: &Answer, user: &str) -> bool {
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let members: Vec<&str> = json
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| &**name)
        .collect();
    let refusal = members == ["error_message", "reason"];
    match (answer.status.as_u16(), sent.path) {
        (200, CREATE_SESSION) => members == ["access_token", "expires_in", "token_type"],
        (200, GENERATE) => members == ["auth_key"],
        (200, _) => {
            let good = [
                valid(user, Role::AppUser),
                valid(CLIENT, Role::ServiceAccount),
            ];
            answer.body == NOT_VALID || good.iter().any(|good| answer.body == *good)
        }
        (401, _) => answer.body == UNAUTHORIZED,
        (400, _) => refusal && json["reason"] == "COMMON.REQUEST_VALIDATION",
        (404, GENERATE) => refusal && json["reason"] == "COMMON.ENTITY_NOT_FOUND",
        (413, _) => {
            refusal && json["reason"] == "COMMON.PAYLOAD_TOO_LARGE" && sent.body.len() > 8192
        }
        _ => false,
    }
}

#[test]
fn every_answer_is_one_of_the_documented_shapes() {
    let runtime = Runtime::new().unwrap();
    let (desk, user) = runtime.block_on(async {
        let desk = Desk::start().await;
        let user = desk.user("person-1").await;
        (desk, user)
    });
    let parts = Parts {
        session: desk.token(Role::ServiceAccount, CLIENT),
        token: desk.token(Role::AppUser, &user),
        app_user: desk.copilot_secret(Role::AppUser),
        claims: desk.claims(Role::AppUser, &user),
    };
    let config = Config {
        cases: 800,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&request(&parts), |sent| {
        let answer = runtime.block_on(send(&desk, &sent));
        prop_assert!(is_documented(&sent, &answer, &user), "{answer:?}");
        prop_assert!(!answer.header("x-correlator").is_empty());
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
