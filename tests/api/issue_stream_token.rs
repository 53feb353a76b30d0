//! `GET /token/wss`: a conversation that has begun, with whatever Direct Line returns of it.

use tests::{Answer, Desk, Fault};

async fn ask(desk: &Desk) -> Answer {
    let key = desk.key("web", shared::api_key::Scope::Public);
    desk.call("GET", "/token/wss", &[("authorization", &key)])
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_comes_with_its_token_its_life_and_its_stream() {
    let desk = Desk::start().await;
    let (one, other) = (ask(&desk).await, ask(&desk).await);
    for answer in [&one, &other] {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.json()["expires_in"], 1800);
        let conversation = answer.text("conversationId");
        let stream = format!("/v3/directline/conversations/{conversation}/stream?");
        assert!(answer.text("streamUrl").contains(&stream));
        assert!(!answer.text("referenceGrammarId").is_empty());
    }
    for member in ["conversationId", "token", "streamUrl"] {
        assert_ne!(one.text(member), other.text(member), "{member}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_direct_lines_byte_for_byte_and_200_for_its_201() {
    let desk = Desk::start().await;
    let body = "{ \"z\": [1e400, 12345678901234567890123, {\"token\": null}],\n \"token\": \"t\\u0031\", \"expires_in\": 60, \
        \"streamUrl\": \"ws://d.example/s?t=a&watermark=-\", \"conversationId\": \"c\", \"é\": \"\\ud83d\\ude00\", \"z\": 2 }\n";
    for status in [200, 201] {
        desk.direct_line
            .plan(move |_| Fault::Answer(status, body.into()));
        let answer = ask(&desk).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.body),
            (200, body.as_bytes())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn direct_line_is_asked_for_a_conversation_without_a_user() {
    let desk = Desk::start().await;
    ask(&desk).await;
    let [call] = &desk.direct_line.take_calls()[..] else {
        panic!("not one call")
    };
    assert_eq!(call.operation, "/v3/directline/conversations");
    assert_eq!(call.body, "");
}
