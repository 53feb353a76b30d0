//! What a problem document tells: what is wrong, never a value that was sent, never an id, a key or an inner word.

use serde_json::Value;
use shared::api_key::{Mode, Scope};
use tests::{Answer, Desk, keys};

/// Personal data and secrets of these requests.
const PERSONAL: [&str; 5] = [
    "person-7781",
    "grant-7781",
    "outside-7781",
    "34600007781",
    "fax-7781",
];
/// Words of the inside.
const INNER: [&str; 10] = [
    "dynamodb",
    "Dynamo",
    "aura-authentication-",
    "LOGIN#",
    "PERSON#",
    "panicked",
    "src/",
    ".rs",
    "127.0.0.1",
    "Error {",
];
/// The members of a problem document (contract 3).
const MEMBERS: [&str; 6] = ["code", "correlator", "detail", "status", "title", "type"];

fn assert_tells_nothing(case: &str, answer: &Answer, sent: &[(&str, &str)]) {
    assert!(answer.status.is_client_error(), "{case}: {answer:?}");
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{case}"
    );
    assert_eq!(answer.header("cache-control"), "no-store", "{case}");
    let Value::Object(problem) = answer.json() else {
        panic!("{case}: {answer:?}")
    };
    let mut members: Vec<_> = problem.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, MEMBERS, "{case}");
    let told = format!(
        "{:?} {}",
        answer.headers,
        String::from_utf8_lossy(&answer.body)
    );
    let values = sent
        .iter()
        .map(|(_, value)| *value)
        .filter(|value| !value.is_empty());
    for word in PERSONAL.into_iter().chain(INNER).chain(values) {
        assert!(!told.contains(word), "{case}: {word} in {told}");
    }
}

async fn check(
    desk: &Desk,
    case: &str,
    status: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) {
    let answer = desk.call(method, path, headers).await;
    assert_eq!(answer.status, status, "{case}: {answer:?}");
    assert_tells_nothing(case, &answer, headers);
}

/// A header of a registration, and what it must not be.
const BAD: [(&str, &str); 5] = [
    ("x-user-id", "person-7781 person-7782"),
    ("x-authorization-id", "grant-7781/"),
    ("x-channel-id", "fax-7781"),
    ("x-phone-number", "+34600007781x"),
    ("x-phone-number", "+34600007781,+34600007781"),
];

#[tokio::test(flavor = "multi_thread")]
async fn bad_arguments_are_named_but_not_quoted() {
    let desk = Desk::start().await;
    let kernel = desk.kernel();
    for (name, bad) in BAD {
        let mut headers = vec![("authorization", kernel.as_str()), (name, bad)];
        let good = [
            ("x-user-id", "person-7781"),
            ("x-authorization-id", "grant-7781"),
            ("x-channel-id", "web"),
        ];
        headers.extend(good.into_iter().filter(|(header, _)| *header != name));
        let answer = desk.call("GET", "/users/aura-id", &headers).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert!(answer.text("detail").contains(name), "{bad}");
        assert_tells_nothing(bad, &answer, &headers);
    }
    for path in [
        "/admin/users/phone-numbers/34600007781x",
        "/users/outside-7781%20",
    ] {
        check(
            &desk,
            path,
            400,
            "DELETE",
            path,
            &[("authorization", &kernel)],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_keys_are_not_explained() {
    let desk = Desk::start().await;
    let now = desk.clock.now();
    let ring = desk.key_ring();
    let mut old = keys::payload("kernel", Scope::Kernel, now);
    (old.iat, old.exp) = (now.secs() - 100, now.secs());
    let mut foreign = keys::payload("kernel", Scope::Kernel, now);
    foreign.env = "elsewhere".to_owned();
    let sealed = [&old, &foreign].map(|key| keys::authorization(key, &ring));
    let mut bodies = Vec::new();
    for key in [
        &sealed[0],
        &sealed[1],
        "APIKEY person-7781",
        "Basic cGVyc29uLTc3ODE=",
        "",
    ] {
        let headers = [("authorization", key), ("x-correlator", "same")];
        let path = "/users/outside-7781";
        check(&desk, key, 401, "GET", path, &headers[..1]).await;
        bodies.push(desk.call("GET", path, &headers).await.body);
    }
    assert!(
        bodies.iter().all(|body| *body == bodies[0]),
        "one body for whatever reason"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_do_not_admit_are_told_apart_by_their_own_properties_only() {
    let desk = Desk::start().await;
    let mut reader = keys::payload("kernel", Scope::Kernel, desk.clock.now());
    reader.mode = Mode::Read;
    let reader = keys::authorization(&reader, &desk.key_ring());
    let kernel = desk.kernel();
    for (method, path, key) in [
        ("GET", "/users/outside-7781", &kernel),
        ("DELETE", "/users/outside-7781", &reader),
        ("DELETE", "/admin/users/phone-numbers/34600007781", &reader),
    ] {
        check(&desk, path, 403, method, path, &[("authorization", key)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_and_an_unknown_user_tell_nothing_of_anybody() {
    let desk = Desk::start().await;
    let bot = desk.bot();
    let bot = ("authorization", bot.as_str());
    let create = |user| {
        [
            bot,
            ("x-user-id", user),
            ("x-authorization-id", "grant-7781"),
            ("x-channel-id", "web"),
            ("x-phone-number", "+34600007781"),
        ]
    };
    let path = "/users/aura-id/outside-7781";
    let made = desk.call("GET", path, &create("person-7781")).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
    check(&desk, path, 409, "GET", path, &create("person-7781-b")).await;
    for method in ["GET", "DELETE"] {
        check(&desk, method, 404, method, "/users/outside-7781-b", &[bot]).await;
    }
}
