//! What each operation costs: its calls of the store, the items of its transactions, and nothing else (`docs/data-model.md`).

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use shared::access_token::Role;
use shared::control::RevokedKey;
use tests::copilot::{CLIENT, CLIENT_SECRET, CREATE_SESSION, GENERATE, GRANT, basic};
use tests::{Answer, Call, Desk};
use uuid::Uuid;

mod callbacks;

const NUMBER: &str = "+34600000001";
const OTHER_NUMBER: &str = "+34600000002";
const READ: &str = "GetItem";
const WRITE: &str = "TransactWriteItems";

/// The items of a transaction.
fn items(call: &Call) -> usize {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    body["TransactItems"].as_array().map_or(0, Vec::len)
}

/// Every read of items says that it wants what was written last.
fn assert_consistent_reads(calls: &[Call]) {
    for call in calls {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        if matches!(call.operation.as_str(), "GetItem" | "Query") {
            assert_eq!(body["ConsistentRead"], true, "{body}");
        }
    }
}

/// A desk that is warm, and what is done on it.
struct Warm(Desk);

impl Warm {
    async fn start() -> Self {
        Self(Desk::start().await)
    }

    /// The calls since the last step were these, with so many items in their transactions, smallest first.
    fn assert_cost(&self, what: &str, answer: &Answer, calls: &[&str], transactions: &[usize]) {
        assert!(answer.status.is_success(), "{what}: {answer:?}");
        let made = self.0.proxy.take_calls();
        assert_consistent_reads(&made);
        let operations: Vec<_> = made.iter().map(|call| call.operation.as_str()).collect();
        assert_eq!(operations, calls, "{what}");
        let mut written: Vec<_> = made.iter().map(items).filter(|items| *items > 0).collect();
        written.sort_unstable();
        assert_eq!(written, transactions, "{what}");
    }

    async fn create(&self, id: &str, user: &str, grant: &str) -> Answer {
        let key = self.0.bot();
        let headers = [
            ("authorization", &*key),
            ("x-user-id", user),
            ("x-authorization-id", grant),
            ("x-channel-id", "whatsapp"),
        ];
        self.0
            .call("GET", &format!("/users/aura-id/{id}"), &headers)
            .await
    }

    async fn delete(&self, id: &str) -> Answer {
        let key = self.0.bot();
        self.0
            .call(
                "DELETE",
                &format!("/users/{id}"),
                &[("authorization", &key)],
            )
            .await
    }

    async fn latest(&self, global: &str) -> Answer {
        let key = self.0.kernel();
        let headers = [("authorization", &*key), ("x-channel-id", "app")];
        self.0
            .call("GET", &format!("/users/aura-id-global/{global}"), &headers)
            .await
    }

    /// One request to each function, of users who are nobody.
    async fn touch_each_function(&self, times: usize) {
        let desk = &self.0;
        join_all((0..times).map(|_| async {
            desk.get_user("nobody").await;
            self.delete("nobody").await;
            desk.register("nobody", "grant-1", "fax", None).await;
        }))
        .await;
    }

    /// What was called; a `PutItem` of its own is a flush of counts, which no operation is about.
    fn operations(&self) -> Vec<String> {
        let mut operations = self.0.proxy.take_operations();
        operations.retain(|operation| operation != "PutItem");
        operations.sort_unstable();
        operations
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_without_a_number() {
    let warm = Warm::start().await;
    let register = |grant: &'static str| warm.0.register("user-1", grant, "app", None);
    for (what, grant, calls, transactions) in [
        ("first", "grant-1", &[READ, WRITE][..], &[3][..]),
        ("repeated", "grant-1", &[READ], &[]),
        ("superseding", "grant-2", &[READ, WRITE], &[4]),
    ] {
        warm.assert_cost(what, &register(grant).await, calls, transactions);
    }
}

/// What is done, its authorizationId, channel and number, and what it costs: calls, and items of transactions.
type Registration = (
    &'static str,
    [&'static str; 2],
    Option<&'static str>,
    &'static [&'static str],
    &'static [usize],
);

/// One after the other, of one person.
const WITH_NUMBER: [Registration; 8] = [
    ("first", ["1", "app"], Some(NUMBER), &[READ, WRITE], &[5]),
    ("repeated", ["1", "app"], Some(NUMBER), &[READ], &[]),
    ("repeated without", ["1", "app"], None, &[READ], &[]),
    (
        "superseding",
        ["2", "app"],
        Some(NUMBER),
        &[READ, WRITE],
        &[6],
    ),
    (
        "number changed",
        ["2", "app"],
        Some(OTHER_NUMBER),
        &[READ, WRITE],
        &[6],
    ),
    ("another channel", ["1", "web"], None, &[READ, WRITE], &[5]),
    (
        "number of two logins",
        ["1", "web"],
        Some(NUMBER),
        &[READ, WRITE],
        &[7],
    ),
    (
        "all of it",
        ["2", "web"],
        Some(OTHER_NUMBER),
        &[READ, WRITE],
        &[8],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn registrations_with_a_number() {
    let warm = Warm::start().await;
    for (what, [grant, channel], number, calls, transactions) in WITH_NUMBER {
        let answer = warm.0.register("user-1", grant, channel, number).await;
        warm.assert_cost(what, &answer, calls, transactions);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_under_a_chosen_id() {
    let warm = Warm::start().await;
    for (what, id, grant, calls, transactions) in [
        (
            "first",
            "outside-1",
            "grant-1",
            &[READ, WRITE][..],
            &[3][..],
        ),
        ("repeated", "outside-1", "grant-1", &[READ], &[]),
        ("renewed", "outside-1", "grant-2", &[READ, WRITE], &[3]),
        ("superseding", "outside-2", "grant-2", &[READ, WRITE], &[4]),
    ] {
        let answer = warm.create(id, "user-1", grant).await;
        warm.assert_cost(what, &answer, calls, transactions);
    }
    assert_eq!(
        warm.create("outside-2", "user-2", "grant-1").await.status,
        409
    );
    assert_eq!(warm.0.proxy.take_operations(), [READ, WRITE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_are_one_round_trip() {
    let warm = Warm::start().await;
    let login = warm.0.register("user-1", "grant-1", "app", None).await;
    drop(warm.0.proxy.take_calls());
    let found = warm.0.get_user(&login.text("auraId")).await;
    warm.assert_cost("get_user", &found, &[READ], &[]);
    let found = warm.latest(&login.text("auraIdGlobal")).await;
    warm.assert_cost("get_latest_user", &found, &[READ], &[]);
    for unknown in [warm.0.get_user("nobody").await, warm.latest("nobody").await] {
        assert_eq!(unknown.status, 404);
    }
    assert_eq!(warm.0.proxy.take_operations(), [READ, READ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn removals() {
    let warm = Warm::start().await;
    let desk = &warm.0;
    let login = desk.register("user-1", "1", "app", Some(NUMBER)).await;
    let id = login.text("auraId");
    drop(desk.proxy.take_calls());
    let removed = warm.delete(&id).await;
    warm.assert_cost("delete_user", &removed, &[READ, READ, WRITE], &[3]);
    assert_eq!(warm.delete(&id).await.status, 404);
    assert_eq!(desk.proxy.take_operations(), [READ], "an unknown one");
}

#[tokio::test(flavor = "multi_thread")]
async fn erasures() {
    let warm = Warm::start().await;
    let desk = &warm.0;
    for (user, channel) in [("user-1", "app"), ("user-1", "web"), ("user-2", "app")] {
        desk.register(user, "1", channel, Some(NUMBER)).await;
    }
    drop(desk.proxy.take_calls());
    let begin = ["UpdateItem", "UpdateItem", "Query"];
    let end = ["UpdateItem", "DeleteItem"];
    let calls = [&begin[..], &[READ, WRITE, READ, WRITE, "Query"], &end].concat();
    // Four items and one for each login.
    warm.assert_cost("two persons", &desk.erase(NUMBER).await, &calls, &[5, 6]);
    let calls = [&begin[..], &end].concat();
    warm.assert_cost(
        "a number nobody has",
        &desk.erase(NUMBER).await,
        &calls,
        &[],
    );
}

/// What does not get past the gate, or is not understood, costs nothing.
#[tokio::test(flavor = "multi_thread")]
async fn refused_requests_cost_nothing() {
    let warm = Warm::start().await;
    let desk = &warm.0;
    let kernel = desk.kernel();
    for (headers, status) in [
        (vec![], 401),
        (vec![("authorization", "APIKEY nonsense")], 401),
        (vec![("authorization", &*kernel)], 403),
    ] {
        assert_eq!(
            desk.call("GET", "/users/somebody", &headers).await.status,
            status
        );
    }
    assert_eq!(
        desk.register("user-1", "grant-1", "fax", None).await.status,
        400
    );
    assert_eq!(desk.erase("12").await.status, 400);
    assert!(desk.proxy.take_operations().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_ring_is_read_every_five_minutes_and_the_digest_key_once() {
    let warm = Warm::start().await;
    let secrets = |operations: Vec<String>| {
        let secrets = operations.iter().filter(|name| *name == "GetSecretValue");
        secrets.count()
    };
    for _ in 0..60 {
        warm.touch_each_function(1).await;
        warm.0.clock.advance(Duration::from_secs(5));
    }
    assert_eq!(secrets(warm.operations()), 0, "in the first 300 s");
    warm.0.clock.advance(Duration::from_millis(1));
    warm.touch_each_function(20).await;
    assert_eq!(
        secrets(warm.operations()),
        3,
        "one by each of three functions"
    );
    warm.touch_each_function(20).await;
    assert_eq!(secrets(warm.operations()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn control_data_is_read_after_five_seconds_and_its_lists_when_they_changed() {
    let warm = Warm::start().await;
    let desk = &warm.0;
    // The lookup and the removal of nobody read an item each; the refused registration reads none.
    let own = [READ, READ];
    desk.clock.advance(Duration::from_secs(5));
    warm.touch_each_function(1).await;
    assert_eq!(warm.operations(), own, "fresh for 5 s");
    desk.clock.advance(Duration::from_millis(1));
    warm.touch_each_function(1).await;
    let versions = [READ; 5];
    assert_eq!(
        warm.operations(),
        versions,
        "one more by each of three functions"
    );
    let channel = desk.control().channels().await.unwrap().remove(0);
    desk.control().set_channel(&channel).await.unwrap();
    warm.touch_each_function(1).await;
    assert_eq!(warm.operations(), own, "not before it is old");
    desk.clock.advance(Duration::from_millis(5001));
    warm.touch_each_function(1).await;
    let lists = [&versions[..], &["Query"; 3]].concat();
    assert_eq!(warm.operations(), lists, "channels, by all three");
    let key = RevokedKey {
        jti: Uuid::new_v4(),
        exp: desk.clock.now().secs() + 86_400,
        revoked_at: desk.clock.now(),
    };
    desk.control().revoke(&key).await.unwrap();
    desk.clock.advance(Duration::from_millis(5001));
    warm.touch_each_function(1).await;
    let lists = [&versions[..], &["Query"; 3]].concat();
    assert_eq!(warm.operations(), lists, "revoked keys, by all three");
    desk.clock.advance(Duration::from_millis(5001));
    warm.touch_each_function(1).await;
    assert_eq!(warm.operations(), versions, "nothing changed");
}

/// Monitoring's operations, and what each reads once the ages of keys are known.
const MONITORING: [(&str, &[&str]); 4] = [
    ("/ping", &[]),
    ("/config", &[]),
    ("/metrics", &[READ, "Query"]),
    ("/healthz", &[READ, "GetSecretValue"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_monitoring_reads_and_that_a_flush_is_one_write_beside_it() {
    let warm = Warm::start().await;
    let desk = &warm.0;
    let key = desk.kernel();
    for (path, reads) in MONITORING {
        for (pause, flushes) in [(0, 0), (10, 2)] {
            desk.clock.advance(Duration::from_secs(pause));
            // This one flushes as well, and what its key's check reads is no part of the operation.
            desk.call("GET", "/ping", &[]).await;
            desk.clock.advance(Duration::from_secs(pause));
            let headers = [("authorization", &*key)];
            let answer = desk.call("GET", path, &headers).await;
            assert_eq!(answer.status, 200, "{path}");
            let calls = desk.proxy.take_calls();
            assert_consistent_reads(&calls);
            let own = |call: &&Call| !String::from_utf8_lossy(&call.body).contains("CONTROL");
            let calls = calls.iter().filter(own);
            let mut calls: Vec<_> = calls.map(|call| call.operation.as_str()).collect();
            calls.sort_unstable();
            let mut expected = reads.to_vec();
            expected.extend(vec!["PutItem"; flushes]);
            expected.sort_unstable();
            assert_eq!(calls, expected, "{path} after {pause} s");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn direct_line_tokens_cost_one_call_of_direct_line_and_nothing_of_the_store() {
    let warm = Warm::start().await;
    let desk = &warm.0;
    let key = desk.bot();
    for (path, endpoint) in [
        ("/token", "/v3/directline/tokens/generate"),
        ("/token/wss", "/v3/directline/conversations"),
    ] {
        let answer = desk.call("GET", path, &[("authorization", &key)]).await;
        warm.assert_cost(path, &answer, &[], &[]);
        assert_eq!(desk.direct_line.take_operations(), [endpoint]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_about_an_end_user_is_one_read_and_a_session_none() {
    let warm = Warm::start().await;
    let desk = &warm.0;
    let user = desk.user("person-1").await;
    let token = desk.token(Role::AppUser, &user);
    drop(desk.proxy.take_calls());
    let client = basic(CLIENT, CLIENT_SECRET);
    let session = desk.post(CREATE_SESSION, &client, GRANT).await;
    warm.assert_cost("create_session", &session, &[], &[]);
    let body = format!(r#"{{"user_id":"{user}"}}"#);
    let key = desk.post(GENERATE, &client, body).await;
    warm.assert_cost("generate_user_auth_key", &key, &[READ], &[]);
    let asked = desk.authenticate(&token).await;
    warm.assert_cost("authenticate_end_user", &asked, &[READ], &[]);
    for (what, token) in [
        ("a session's", desk.session().replace("Bearer ", "")),
        ("a bad one", format!("{token}x")),
    ] {
        warm.assert_cost(what, &desk.authenticate(&token).await, &[], &[]);
    }
}

/// On one thread, as the functions run: with more, a request can overtake the connection that is on its way back to the pool.
#[tokio::test]
async fn a_thousand_warm_requests_make_no_connection() {
    let warm = Warm::start().await;
    let desk = &warm.0;
    let login = desk.register("user-1", "grant-1", "app", None).await;
    let (id, global) = (login.text("auraId"), login.text("auraIdGlobal"));
    warm.touch_each_function(1).await;
    let before = desk.proxy.connections();
    for at in 0..50 {
        desk.clock.advance(Duration::from_millis(400));
        let user = format!("new-{at}");
        let new = desk.register(&user, "grant-1", "app", Some(NUMBER)).await;
        assert_eq!(warm.delete(&new.text("auraId")).await.status, 204, "{at}");
        for _ in 0..6 {
            assert_eq!(desk.get_user(&id).await.status, 200, "{at}");
            assert_eq!(warm.latest(&global).await.status, 200, "{at}");
            let known = desk.register("user-1", "grant-1", "app", None).await;
            assert_eq!(known.body, login.body, "{at}");
        }
    }
    assert_eq!(desk.proxy.connections(), before);
}
