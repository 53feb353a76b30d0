//! One line per request, with what finds it again and with nobody's data (contract 3).

use serde_json::Value;
use tests::copilot::CLIENT;
use tests::{Bootstrap, Desk, bootstrap, events};

const USER_ID: &str = "user-7c1f3a";
const AUTHORIZATION_ID: &str = "authorization-7c1f3a";
const AURA_ID: &str = "whatsapp:34655512345";
const NUMBER: &str = "+34655512345";
/// A success's line is at most this long, in bytes.
const LONGEST: usize = 256;

/// Operations that succeed on an empty store, each with the app that its sample event is from.
type Successes = (&'static str, &'static [(&'static str, &'static str)]);
const SUCCESSES: [Successes; 4] = [
    (
        "user-registration",
        &[
            ("find_or_create_user", "kernel"),
            ("create_user", "aura-bot"),
        ],
    ),
    ("user-removal", &[("erase_users_by_phone_number", "kernel")]),
    (
        "direct-line-token",
        &[("issue_token", "app"), ("issue_stream_token", "app")],
    ),
    ("monitoring", &[("ping", "kernel"), ("get_metrics", "app")]),
];

/// A function of its own log, which asks for the answers and then for the lines.
struct Watched {
    desk: Desk,
    function: &'static str,
    bootstrap: Bootstrap,
    sent: Vec<(String, u16)>,
}

impl Watched {
    async fn start(function: &'static str) -> Self {
        let desk = Desk::start().await;
        let bootstrap = Bootstrap::ready(function, &desk.env).await;
        Self {
            desk,
            function,
            bootstrap,
            sent: Vec::new(),
        }
    }

    /// The operation's sample event with data that a search through the log finds.
    fn event(&self, operation: &str) -> Value {
        let mut event = events::fresh(&self.desk, self.function, operation);
        let route = event["routeKey"].as_str().unwrap_or_default().to_owned();
        if route.ends_with("{auraId}") {
            events::set_parameter(&mut event, AURA_ID);
        } else if route.ends_with("{phone_number}") {
            events::set_parameter(&mut event, NUMBER);
        }
        event["headers"]["x-user-id"] = USER_ID.into();
        event["headers"]["x-authorization-id"] = AUTHORIZATION_ID.into();
        event["headers"]["x-phone-number"] = NUMBER.into();
        event["headers"]["x-correlator"] = "c".repeat(128).into();
        event
    }

    async fn send(&mut self, mut event: Value, status: u16) {
        let id = format!("JKJbNgW5DoEE{:03}=", self.sent.len());
        events::set_request_id(&mut event, &id);
        let answer = self.bootstrap.invoke(&event).await;
        assert_eq!(answer.status, status, "{:?}", answer.body);
        self.sent.push((id, status));
    }

    /// Every line, in the order of the requests: one of each, and no others.
    async fn lines(self) -> Vec<(String, Value)> {
        self.bootstrap.terminate();
        let lines = self.bootstrap.ended().await.lines;
        let parse = |line: String| {
            let value: Value = serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("no JSON: {error}: {line}"));
            (line, value)
        };
        let lines = lines.into_iter().map(parse);
        let (metrics, lines): (Vec<_>, Vec<_>) =
            lines.partition(|(_, line)| line["_aws"].is_object());
        assert_eq!(metrics.len(), 1, "with the last flush: {metrics:#?}");
        names_nobody(&metrics[0].0);
        assert_eq!(
            metrics[0].1["HttpRequests"],
            self.sent.len(),
            "{metrics:#?}"
        );
        let ids: Vec<_> = lines.iter().map(|(_, line)| line["req"].clone()).collect();
        let sent: Vec<_> = self.sent.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, sent, "one line per request: {lines:#?}");
        for ((_, status), (text, line)) in self.sent.iter().zip(&lines) {
            assert_eq!(line["status"], *status, "{text}");
            names_nobody(text);
        }
        lines
    }
}

fn names_nobody(line: &str) {
    for secret in [
        USER_ID,
        AUTHORIZATION_ID,
        AURA_ID,
        NUMBER,
        "34655512345",
        "APIKEY",
        "eyJ0eXAiOiJhcGlrZXkrandlIi",
    ] {
        assert!(!line.contains(secret), "{secret} is in {line}");
    }
}

fn is_whole(line: &Value, operation: &str, app: &str) {
    assert_eq!(line["op"], operation);
    assert_eq!(line["app"], app);
    assert!(line["ms"].is_u64(), "{line}");
    assert!(line["level"].is_string(), "{line}");
    assert!(line["timestamp"].is_string(), "{line}");
    let corr = line["corr"].as_str().unwrap_or_default();
    assert!(
        corr.len() >= 8 && "c".repeat(128).starts_with(corr),
        "{line}"
    );
    let jti = line["jti"].as_str().unwrap_or_default();
    assert!(uuid::Uuid::parse_str(jti).is_ok(), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_takes_256_bytes_at_the_most() {
    for (function, requests) in SUCCESSES {
        let mut watched = Watched::start(function).await;
        for (operation, _) in requests {
            watched.send(watched.event(operation), 200).await;
        }
        for ((text, line), (operation, app)) in watched.lines().await.iter().zip(requests) {
            is_whole(line, operation, app);
            assert!(text.len() < LONGEST, "{} bytes: {text}", text.len());
            assert_eq!(line["level"], "INFO", "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_without_a_key_takes_no_more() {
    let copilot = ["create_session", "authenticate_end_user"];
    for (function, operations, app) in [
        ("openid", ["get_openid_configuration", "get_jwk_set"], "-"),
        ("end-user-authentication", copilot, CLIENT),
    ] {
        let mut watched = Watched::start(function).await;
        for operation in operations {
            watched.send(watched.event(operation), 200).await;
        }
        for ((text, line), operation) in watched.lines().await.iter().zip(operations) {
            assert!(text.len() < LONGEST, "{} bytes: {text}", text.len());
            assert_eq!(
                (&line["op"], &line["app"]),
                (&operation.into(), &app.into())
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_no_fault() {
    let mut watched = Watched::start("user-lookup").await;
    watched.send(watched.event("get_user"), 404).await;
    let lines = watched.lines().await;
    is_whole(&lines[0].1, "get_user", "aura-bot");
    assert_eq!(lines[0].1["level"], "WARN", "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_requests_name_nobody_either() {
    let mut watched = Watched::start("user-registration").await;
    let good = watched.event("create_user");
    let faults = [
        ("x-user-id", "user-7c1f3a 655512345", 400),
        ("x-phone-number", "+34655512345,+34655512345", 400),
        ("x-channel-id", "user-7c1f3a", 400),
        ("authorization", "APIKEY user-7c1f3a", 401),
        ("authorization", "Basic dXNlcjp1c2Vy", 401),
        ("authorization", "", 401),
    ];
    for (header, value, status) in faults {
        let mut event = good.clone();
        event["headers"][header] = value.into();
        watched.send(event, status).await;
    }
    let mut wrong_scope = good.clone();
    wrong_scope["headers"]["authorization"] = watched.desk.kernel().into();
    watched.send(wrong_scope, 403).await;
    let mut taken = good.clone();
    taken["headers"]["x-user-id"] = "user-2".into();
    watched.send(good, 200).await;
    watched.send(taken, 409).await;
    for (text, line) in watched.lines().await {
        assert_eq!(line["op"], "create_user", "{text}");
        let status = line["status"].as_u64().unwrap_or_default();
        assert_eq!(line["level"] == "WARN", status >= 400, "{text}");
        assert_eq!(line["cause"].is_string(), status >= 400, "{text}");
        assert_eq!(line["corr"] == "c".repeat(128), status >= 400, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_is_an_error_that_names_nobody() {
    let mut watched = Watched::start("user-lookup").await;
    let event = watched.event("get_user");
    let fault = |call: &tests::Call| match &*call.operation {
        "GetItem" => tests::Fault::Error(400, "ResourceNotFoundException"),
        _ => tests::Fault::None,
    };
    watched.desk.proxy.plan(fault);
    watched.send(event, 503).await;
    let lines = watched.lines().await;
    assert_eq!(lines[0].1["level"], "ERROR");
    assert!(
        lines[0].0.contains("ResourceNotFoundException"),
        "{lines:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valid_key_that_may_not_do_this_is_named_by_its_id() {
    let mut watched = Watched::start("user-lookup").await;
    let mut event = watched.event("get_user");
    event["headers"]["authorization"] = watched.desk.kernel().into();
    watched.send(event, 403).await;
    is_whole(&watched.lines().await[0].1, "get_user", "kernel");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_app_name_is_cut() {
    let mut watched = Watched::start("user-lookup").await;
    let mut event = watched.event("get_user");
    let app = "a".repeat(128);
    let key = watched.desk.key(&app, shared::api_key::Scope::Public);
    event["headers"]["authorization"] = key.into();
    watched.send(event, 403).await;
    let (text, _) = &watched.lines().await[0];
    assert!(!text.contains(&"a".repeat(25)), "{text}");
}

/// The libraries show whole requests at that level: theirs are not the bundle's lines.
#[tokio::test(flavor = "multi_thread")]
async fn the_finest_level_names_nobody_either() {
    let desk = Desk::start().await;
    let mut variables = bootstrap::variables("user-registration", &desk.env);
    variables.retain(|(name, _)| name != "LOG_LEVEL");
    variables.push(("LOG_LEVEL".to_owned(), "TRACE".into()));
    let bootstrap = Bootstrap::start("user-registration", variables).await;
    bootstrap.initialised().await;
    let watched = Watched {
        desk,
        function: "user-registration",
        bootstrap,
        sent: Vec::new(),
    };
    let event = watched.event("create_user");
    assert_eq!(watched.bootstrap.invoke(&event).await.status, 200);
    watched.bootstrap.terminate();
    let lines = watched.bootstrap.ended().await.lines;
    assert!(!lines.is_empty());
    for line in lines {
        names_nobody(&line);
    }
}
