//! Every sample event, answered by the function that it is for.

use std::collections::{BTreeMap, BTreeSet};

use dev_server::bundle::operations;
use tests::{Answer, Bootstrap, Desk, events};

/// In this order: what each event finds is what those before it left.
const WALK: [(&str, &str, u16); 25] = [
    ("user-lookup", "get_user", 404),
    ("user-lookup", "get_latest_user", 404),
    ("user-removal", "delete_user", 404),
    ("user-registration", "find_or_create_user", 200),
    ("user-registration", "create_user", 200),
    ("user-lookup", "get_user", 200),
    ("user-removal", "delete_user", 204),
    ("user-lookup", "get_user", 404),
    ("user-registration", "link_account", 200),
    ("user-lookup", "get_user", 200),
    ("end-user-authentication", "create_session", 200),
    ("end-user-authentication", "generate_user_auth_key", 200),
    ("end-user-authentication", "authenticate_end_user", 200),
    ("user-removal", "unlink_account", 200),
    ("end-user-authentication", "generate_user_auth_key", 404),
    ("end-user-authentication", "authenticate_end_user", 200),
    ("user-removal", "erase_users_by_phone_number", 200),
    ("direct-line-token", "issue_token", 200),
    ("direct-line-token", "issue_stream_token", 200),
    ("openid", "get_openid_configuration", 200),
    ("openid", "get_jwk_set", 200),
    ("monitoring", "check_health", 200),
    ("monitoring", "ping", 200),
    ("monitoring", "get_config", 200),
    ("monitoring", "get_metrics", 200),
];

async fn every_function(desk: &Desk) -> BTreeMap<&'static str, Bootstrap> {
    let mut functions = BTreeMap::new();
    for function in operations().iter().map(|operation| operation.function) {
        if !functions.contains_key(function) {
            functions.insert(function, Bootstrap::ready(function, &desk.env).await);
        }
    }
    functions
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_answered_as_documented() {
    let desk = Desk::start().await;
    let functions = every_function(&desk).await;
    for (at, (function, operation, status)) in WALK.into_iter().enumerate() {
        let event = events::fresh(&desk, function, operation);
        let answer = functions[function].invoke(&event).await;
        assert_eq!(answer.status, status, "{at} {operation}: {:?}", answer.body);
        has_the_headers_of_every_answer(&answer, operation);
    }
    let walked: BTreeSet<_> = WALK.iter().map(|row| (row.0, row.1)).collect();
    let all = operations();
    let all: BTreeSet<_> = all.iter().map(|row| (row.function, row.doc.name)).collect();
    assert_eq!(walked, all, "an operation that no step asks for");
}

fn has_the_headers_of_every_answer(answer: &Answer, operation: &str) {
    let expected = match answer.status.as_u16() {
        200 if operation == "get_metrics" => "text/plain; version=0.0.4; charset=utf-8",
        200 if operation.ends_with("link_account") => "text/html; charset=utf-8",
        200 => "application/json",
        204 => "",
        _ if operation == "generate_user_auth_key" => "application/json",
        _ => "application/problem+json",
    };
    assert_eq!(answer.header("content-type"), expected, "{operation}");
    let cached = match operation {
        "get_openid_configuration" | "get_jwk_set" => "public, max-age=300",
        _ => "no-store",
    };
    assert_eq!(answer.header("cache-control"), cached, "{operation}");
    assert_eq!(
        answer.header("x-content-type-options"),
        "nosniff",
        "{operation}"
    );
    assert!(!answer.header("x-correlator").is_empty(), "{operation}");
    assert_eq!(answer.body.is_empty(), answer.status == 204, "{operation}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_function_stores_another_finds() {
    let desk = Desk::start().await;
    let functions = every_function(&desk).await;
    let register = events::fresh(&desk, "user-registration", "find_or_create_user");
    let registered = functions["user-registration"].invoke(&register).await;
    let global = registered.text("auraIdGlobal");
    let mut latest = events::fresh(&desk, "user-lookup", "get_latest_user");
    events::set_parameter(&mut latest, &global);
    let found = functions["user-lookup"].invoke(&latest).await;
    assert_eq!(found.status, 200, "{:?}", found.body);
    assert_eq!(found.json(), registered.json());
    let mut erase = events::fresh(&desk, "user-removal", "erase_users_by_phone_number");
    erase["headers"]["x-correlator"] = "walk-1".into();
    let erased = functions["user-removal"].invoke(&erase).await;
    assert_eq!(erased.header("x-correlator"), "walk-1");
    assert_eq!(
        (
            &erased.json()["erasedUsers"],
            &erased.json()["erasedLogins"]
        ),
        (&1.into(), &1.into())
    );
    assert_eq!(
        functions["user-lookup"].invoke(&latest).await.status,
        404,
        "erased"
    );
}
