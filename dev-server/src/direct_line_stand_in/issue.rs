//! Tokens and conversations: what opens them, what starts them, and how a client comes back to one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::Caller;
use super::parameter::parameter;
use super::passes::{TOKEN_LIFE, Use};
use super::refusal::{INVALID, Refusal};
use super::{DirectLine, activities};

type Answer = Result<(StatusCode, Json<Value>), Refusal>;

/// A token for a conversation that nobody has started: for the channel only.
pub(super) async fn generate(
    State(direct_line): State<Arc<DirectLine>>,
    headers: HeaderMap,
) -> Answer {
    match direct_line.caller(&headers)? {
        Caller::Channel => Ok((StatusCode::OK, Json(direct_line.token(&new_id())))),
        Caller::Holder(_) => Err(INVALID),
    }
}

/// Another token for the same conversation: for who has one that is still good.
pub(super) async fn refresh(
    State(direct_line): State<Arc<DirectLine>>,
    headers: HeaderMap,
) -> Answer {
    match direct_line.caller(&headers)? {
        Caller::Holder(id) => Ok((StatusCode::OK, Json(direct_line.token(&id)))),
        Caller::Channel => Err(INVALID),
    }
}

/// Starts a conversation: a new one for the channel, that of the token for its holder.
pub(super) async fn start(
    State(direct_line): State<Arc<DirectLine>>,
    headers: HeaderMap,
) -> Answer {
    let id = match direct_line.caller(&headers)? {
        Caller::Channel => new_id(),
        Caller::Holder(id) => id,
    };
    let status = if direct_line.conversations.start(&id) {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(direct_line.streamed(&id, 0))))
}

/// The address of another stream: from the watermark on, or from now.
pub(super) async fn reconnect(
    State(direct_line): State<Arc<DirectLine>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    direct_line.caller(&headers)?.may_enter(&id)?;
    let count = *direct_line.conversations.count(&id)?.borrow();
    let from = match parameter(query.as_deref(), "watermark") {
        Some(watermark) => activities::seen(&watermark)?,
        None => count,
    };
    Ok((StatusCode::OK, Json(direct_line.streamed(&id, from))))
}

impl DirectLine {
    /// A token and its life.
    fn token(&self, id: &str) -> Value {
        let token = self.passes.make(id, Use::Token, self.desk.clock.now());
        json!({ "conversationId": id, "token": token, "expires_in": TOKEN_LIFE.as_secs() })
    }

    /// A token and a stream that begins after the first so many activities.
    fn streamed(&self, id: &str, from: usize) -> Value {
        let mut answer = self.token(id);
        let ticket = self.passes.make(id, Use::Stream, self.desk.clock.now());
        let base = self.desk.url.replacen("http", "ws", 1);
        let stream =
            format!("{base}/v3/directline/conversations/{id}/stream?watermark={from}&t={ticket}");
        answer["streamUrl"] = stream.into();
        // Not in Microsoft's reference, but in its service's answers.
        answer["referenceGrammarId"] = Uuid::new_v4().to_string().into();
        answer
    }
}

fn new_id() -> String {
    format!("{}-local", Uuid::new_v4().simple())
}
