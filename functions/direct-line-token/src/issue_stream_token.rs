//! `GET /token/wss` (contract 4.10): a conversation that has begun, with its token and the address of its stream.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shared::api::Doc;
use shared::error::Error;
use shared::jwe::json_object;
use shared::telemetry::Correlator;

use crate::DirectLineToken;
use crate::direct_line::{CONVERSATIONS, is_visible};

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "issue_stream_token",
    summary: "Start a Direct Line conversation",
    description: "A new conversation of Direct Line 3.0: its id, a token for it, and the address of the WebSocket that brings its activities, to be opened within a minute. Whatever else Direct Line returns comes with it, unchanged. Every call starts another one.",
    parameters: &[],
    body: None,
    success: (200, Some("StreamToken")),
    errors: &[429, 502, 504],
};

/// A conversation's token, and whatever else Direct Line returned.
// Without `Debug`, so that no log can have it.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StreamToken {
    /// The conversation.
    #[serde(rename = "conversationId")]
    conversation_id: String,
    /// What goes after `Authorization: Bearer` at Direct Line.
    token: String,
    /// How long it is good, in seconds.
    expires_in: u64,
    /// Where the conversation's activities come from: the address of a WebSocket, good for a minute.
    #[serde(rename = "streamUrl")]
    stream_url: String,
}

impl StreamToken {
    /// Whether Direct Line's answer is one; `locally` a stream may go without TLS, as the whole of Direct Line does there.
    fn is_one(body: &[u8], locally: bool) -> bool {
        let Some(token) = json_object::<Self>(body) else {
            return false;
        };
        let texts = [&token.conversation_id, &token.token, &token.stream_url];
        texts.iter().all(|text| is_visible(text))
            && token.expires_in > 0
            && is_stream(&token.stream_url, locally)
            // serde does not look at texts that it skips.
            && std::str::from_utf8(body).is_ok()
    }
}

fn is_stream(address: &str, locally: bool) -> bool {
    let uri: Option<Uri> = address.parse().ok();
    let uri = uri.filter(|uri| uri.authority().is_some());
    match uri.as_ref().and_then(Uri::scheme_str) {
        Some("wss") => true,
        Some("ws") => locally,
        _ => false,
    }
}

pub(crate) async fn issue_stream_token(
    State(state): State<DirectLineToken>,
    Extension(correlator): Extension<Correlator>,
) -> Result<Response, Error> {
    let locally = state.direct_line.is_local();
    // The bytes go out as they came: numbers and the order of members stay what they were.
    let whole = |body: &[u8]| StreamToken::is_one(body, locally).then(|| body.to_vec());
    let asked = state.direct_line.ask(CONVERSATIONS, &correlator, whole);
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], asked.await?).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"conversationId":"c","token":"t","expires_in":1800,"streamUrl":"wss://d.example/s?t=a","x":1e400}"#;

    fn taken(of: &str, other: &str) -> bool {
        assert!(GOOD.contains(of), "{of}");
        StreamToken::is_one(GOOD.replace(of, other).as_bytes(), false)
    }

    #[test]
    fn a_conversation_has_its_four_members_and_any_others() {
        assert!(taken("", ""));
        assert!(taken(r#","x":1e400"#, ""));
        for (of, others) in [
            (r#""c""#, &["1", "null", r#""""#, r#""c d""#][..]),
            (r#""t""#, &["[]", r#""""#, r#""\u0000""#, r#""é""#]),
            ("1800", &["0", "-1", "18.5", r#""1800""#, "null"]),
            (r#""token":"t","#, &["", r#""token":"t","token":"u","#]),
            (r#""conversationId":"c","#, &[""]),
            ("}", &["", "}}", "},{}"]),
        ] {
            for other in others {
                assert!(!taken(of, other), "{other} for {of}");
            }
        }
        assert!(!StreamToken::is_one(
            b"[\"c\",\"t\",1800,\"wss://d.example/s\"]",
            false
        ));
        let skipped = [&GOOD.as_bytes()[..GOOD.len() - 1], b",\"y\":\"\xff\"}"].concat();
        assert!(!StreamToken::is_one(&skipped, false), "not UTF-8");
    }

    #[test]
    fn a_stream_is_a_web_socket_and_goes_without_tls_only_here() {
        let good = "wss://d.example/s?t=a";
        assert!(taken(
            good,
            "wss://europe.directline.botframework.com/v3?t=a.b-c&watermark=-"
        ));
        for bad in [
            "",
            "wss:",
            "wss://",
            "//d.example/s",
            "/s",
            "https://d.example/s",
            "wss://d.example/a b",
            "ws://127.0.0.1:3001/s",
        ] {
            assert!(!taken(good, bad), "{bad}");
        }
        let here = GOOD.replace(good, "ws://127.0.0.1:3001/s");
        assert!(StreamToken::is_one(here.as_bytes(), true));
        let http = GOOD.replace(good, "http://127.0.0.1:3001/s");
        assert!(!StreamToken::is_one(http.as_bytes(), true));
    }
}
