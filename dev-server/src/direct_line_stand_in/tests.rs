//! The stand-in as clients meet it: over HTTP, and at the end of a stream over a WebSocket.

use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use axum::body::{Body, to_bytes};
use futures_util::StreamExt;
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use shared::clock::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tower::ServiceExt;

use super::*;

const SECRETS: [&str; 2] = ["s3cret.one", "s3cret.two"];
const API: &str = "/v3/directline";

struct StandIn {
    router: Router,
    now: Arc<AtomicI64>,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn text(&self, member: &str) -> String {
        self.body[member].as_str().unwrap().to_owned()
    }

    fn error(&self) -> (u16, &str) {
        let code = self.body["error"]["code"].as_str().unwrap();
        assert!(self.body["error"]["message"].is_string());
        (self.status, code)
    }
}

impl StandIn {
    fn at(url: &str) -> Self {
        let secrets = SecretsStandIn::open(None).unwrap();
        let text = json!({ "primary": SECRETS[0], "secondary": SECRETS[1] });
        let name = "direct-line".to_owned();
        secrets.put(&name, text.to_string(), None, 0).unwrap();
        let now = Arc::new(AtomicI64::new(1000));
        let told = Arc::clone(&now);
        let router = router(DirectLineStandIn {
            url: url.to_owned(),
            secrets: Arc::new(secrets),
            channel_secret: name,
            clock: Clock::from_fn(move || Timestamp::from_secs(told.load(SeqCst))),
        });
        Self { router, now }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    async fn call(&self, method: &str, path: &str, bearer: &str, body: &Value) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {bearer}"));
        let request = request.header("content-type", "application/json");
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        self.send(request.body(body).unwrap()).await
    }

    async fn post(&self, path: &str, bearer: &str) -> Answer {
        let path = format!("{API}{path}");
        self.call("POST", &path, bearer, &Value::Null).await
    }

    async fn get(&self, path: &str, bearer: &str) -> Answer {
        let path = format!("{API}{path}");
        self.call("GET", &path, bearer, &Value::Null).await
    }

    async fn say(&self, conversation: &str, bearer: &str, activity: &Value) -> Answer {
        let path = format!("{API}/conversations/{conversation}/activities");
        self.call("POST", &path, bearer, activity).await
    }

    async fn told(&self, trouble: &Value) -> u16 {
        let path = "/stand-in/direct-line";
        self.call("POST", path, "", trouble).await.status
    }
}

fn message(text: &str) -> Value {
    json!({ "type": "message", "from": { "id": "person" }, "text": text })
}

#[tokio::test]
async fn either_secret_makes_tokens_and_each_is_another() {
    let stand_in = StandIn::at("http://127.0.0.1:1");
    let mut tokens = Vec::new();
    for secret in [SECRETS[0], SECRETS[1], SECRETS[0]] {
        let made = stand_in.post("/tokens/generate", secret).await;
        assert_eq!((made.status, &made.body["expires_in"]), (200, &json!(1800)));
        assert!(made.body["streamUrl"].is_null(), "nothing is started");
        tokens.push(made.text("token"));
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 3);
}

#[tokio::test]
async fn strangers_are_refused_as_the_service_refuses_them() {
    let stand_in = StandIn::at("http://127.0.0.1:1");
    let token = stand_in.post("/tokens/generate", SECRETS[0]).await;
    let token = token.text("token");
    for (path, bearer, expected) in [
        ("/tokens/generate", "", (401, "BadArgument")),
        ("/tokens/generate", "s3cret.three", (403, "BadArgument")),
        ("/tokens/generate", &token, (403, "BadArgument")),
        ("/tokens/refresh", SECRETS[0], (403, "BadArgument")),
        ("/conversations", "s3cret", (403, "BadArgument")),
        ("/conversations/x/activities", &token, (403, "BadArgument")),
    ] {
        let refused = stand_in.post(path, bearer).await;
        assert_eq!(refused.error(), expected, "{path}");
    }
    let nobodys = stand_in.get("/conversations/nobodys", SECRETS[0]).await;
    assert_eq!(nobodys.error(), (404, "ConversationNotFound"));
}

#[tokio::test]
async fn a_token_is_good_for_its_own_conversation_and_half_an_hour() {
    let stand_in = StandIn::at("http://127.0.0.1:1");
    let token = stand_in.post("/tokens/generate", SECRETS[0]).await;
    let (id, token) = (token.text("conversationId"), token.text("token"));
    let started = stand_in.post("/conversations", &token).await;
    assert_eq!((started.status, started.text("conversationId")), (201, id));
    let again = stand_in.post("/conversations", &token).await;
    assert_eq!(again.status, 200, "it is started already");
    let other = stand_in.post("/conversations", SECRETS[1]).await;
    assert_eq!(other.status, 201);
    let path = format!("/conversations/{}", other.text("conversationId"));
    let refused = stand_in.get(&path, &token).await;
    assert_eq!(refused.error(), (403, "BadArgument"));
    stand_in.now.fetch_add(1799, SeqCst);
    let refreshed = stand_in.post("/tokens/refresh", &token).await;
    assert_eq!(refreshed.status, 200);
    stand_in.now.fetch_add(1, SeqCst);
    for path in ["/conversations", "/tokens/refresh"] {
        let refused = stand_in.post(path, &token).await;
        assert_eq!(refused.error(), (403, "TokenExpired"), "{path}");
        let good = stand_in.post(path, &refreshed.text("token")).await;
        assert_eq!(good.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_bot_repeats_what_it_is_told_and_a_watermark_goes_on_from_there() {
    let stand_in = StandIn::at("http://127.0.0.1:1");
    let started = stand_in.post("/conversations", SECRETS[0]).await;
    let (id, token) = (started.text("conversationId"), started.text("token"));
    let said = stand_in.say(&id, &token, &message("hello")).await;
    assert_eq!(said.body, json!({ "id": format!("{id}|0000000") }));
    let path = format!("/conversations/{id}/activities");
    let all = stand_in.get(&path, &token).await.body;
    let [own, answer] = &all["activities"].as_array().unwrap()[..] else {
        panic!("{all}")
    };
    assert_eq!(
        (&own["text"], &own["from"]["id"]),
        (&json!("hello"), &json!("person"))
    );
    assert_eq!(answer["text"], "You said: hello");
    assert_eq!(answer["from"]["id"], "bot");
    assert_eq!(answer["replyToId"], own["id"]);
    assert_eq!(answer["conversation"]["id"], *id);
    let watermark = all["watermark"].as_str().unwrap();
    let path = format!("{path}?watermark={watermark}");
    let rest = stand_in.get(&path, &token).await.body;
    assert_eq!(rest, json!({ "activities": [], "watermark": watermark }));
    for bad in [
        json!([]),
        json!({ "type": "message" }),
        json!({ "from": { "id": "a" } }),
    ] {
        let refused = stand_in.say(&id, &token, &bad).await;
        assert_eq!(refused.error(), (400, "BadArgument"), "{bad}");
    }
}

#[tokio::test]
async fn pages_of_every_site_may_be_clients() {
    let stand_in = StandIn::at("http://127.0.0.1:1");
    let ask = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("origin", "https://app.example");
        let request = request.header("access-control-request-method", "POST");
        let request = request.header(
            "access-control-request-headers",
            "authorization,x-ms-bot-agent",
        );
        request.body(Body::empty()).unwrap()
    };
    let asked = stand_in
        .send(ask("OPTIONS", "/v3/directline/conversations"))
        .await;
    assert_eq!(asked.status, 200);
    assert_eq!(asked.headers["access-control-allow-origin"], "*");
    assert_eq!(asked.headers["access-control-allow-methods"], "POST");
    assert_eq!(
        asked.headers["access-control-allow-headers"],
        "authorization,x-ms-bot-agent"
    );
    let refused = stand_in
        .send(ask("POST", "/v3/directline/conversations"))
        .await;
    assert_eq!(refused.headers["access-control-allow-origin"], "*");
    let switch = stand_in.send(ask("OPTIONS", "/stand-in/direct-line")).await;
    assert!(!switch.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn it_fails_as_often_as_it_is_told_to() {
    let stand_in = StandIn::at("http://127.0.0.1:1");
    let statuses = async || {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            let made = stand_in.post("/tokens/generate", SECRETS[0]).await;
            let wait = made
                .headers
                .get("retry-after")
                .map(|wait| wait.to_str().unwrap().to_owned());
            statuses.push((made.status, wait));
        }
        statuses
    };
    let told = json!({ "status": 429, "retryAfter": 7, "times": 2 });
    assert_eq!(stand_in.told(&told).await, 200);
    let seven = Some("7".to_owned());
    assert_eq!(
        statuses().await,
        [(429, seven.clone()), (429, seven), (200, None)]
    );
    assert_eq!(stand_in.told(&json!({ "status": 502 })).await, 200);
    assert_eq!(statuses().await, [(502, None), (502, None), (502, None)]);
    assert_eq!(stand_in.told(&json!({})).await, 200);
    assert_eq!(statuses().await[0].0, 200);
    for bad in [json!({ "status": 200 }), json!({ "refuse": ["first"] })] {
        assert_eq!(stand_in.told(&bad).await, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_secret_can_be_given_up() {
    let stand_in = StandIn::at("http://127.0.0.1:1");
    assert_eq!(stand_in.told(&json!({ "refuse": ["primary"] })).await, 200);
    for (secret, status) in [(SECRETS[0], 403), (SECRETS[1], 200)] {
        let made = stand_in.post("/tokens/generate", secret).await;
        assert_eq!(made.status, status);
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The next activities, as texts, and their watermark.
async fn next(socket: &mut Socket) -> (Vec<String>, String) {
    let message = socket.next().await.unwrap().unwrap();
    let set: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
    let activities = set["activities"].as_array().unwrap().iter();
    let texts = activities.map(|one| one["text"].as_str().unwrap().to_owned());
    (
        texts.collect(),
        set["watermark"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn a_stream_brings_what_was_said_since_and_what_is_said_now() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let stand_in = StandIn::at(&format!("http://{}", listener.local_addr().unwrap()));
    let served = stand_in.router.clone();
    tokio::spawn(async move { axum::serve(listener, served).await });
    let started = stand_in.post("/conversations", SECRETS[0]).await;
    let (id, token) = (started.text("conversationId"), started.text("token"));
    stand_in.say(&id, &token, &message("one")).await;
    let (mut socket, _) = connect_async(started.text("streamUrl")).await.unwrap();
    let (texts, watermark) = next(&mut socket).await;
    assert_eq!(texts, ["one", "You said: one"]);
    stand_in.say(&id, &token, &message("two")).await;
    assert_eq!(next(&mut socket).await.0, ["two", "You said: two"]);
    drop(socket);
    let again = format!("/conversations/{id}?watermark={watermark}");
    let again = stand_in.get(&again, &token).await;
    let (mut socket, _) = connect_async(again.text("streamUrl")).await.unwrap();
    assert_eq!(next(&mut socket).await.0, ["two", "You said: two"]);
    let now = stand_in.get(&format!("/conversations/{id}"), &token).await;
    let (mut socket, _) = connect_async(now.text("streamUrl")).await.unwrap();
    stand_in.say(&id, &token, &message("three")).await;
    assert_eq!(next(&mut socket).await.0, ["three", "You said: three"]);
    stand_in.now.fetch_add(60, SeqCst);
    assert!(
        connect_async(now.text("streamUrl")).await.is_err(),
        "a minute later"
    );
}
