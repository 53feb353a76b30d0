//! A conversation as it goes on: a WebSocket that sends each activity set when there is one.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use tokio::time::interval;

use super::parameter::parameter;
use super::passes::Use;
use super::refusal::{INVALID, MISSING, Refusal};
use super::{DirectLine, activities};

/// How often an empty message tells a client that the connection is good.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The address is all that a client has to show.
pub(super) async fn open(
    State(direct_line): State<Arc<DirectLine>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let ticket = parameter(query.as_deref(), "t").ok_or(MISSING)?;
    let now = direct_line.desk.clock.now();
    let conversation = direct_line.passes.conversation(&ticket, Use::Stream, now)?;
    if conversation != id {
        return Err(INVALID);
    }
    let watermark = parameter(query.as_deref(), "watermark");
    let seen = watermark.map_or(Ok(0), |watermark| activities::seen(&watermark))?;
    Ok(upgrade.on_upgrade(move |socket| async move {
        let _ = send_all(&direct_line, &id, seen, socket).await;
    }))
}

/// Sends until one side has enough.
async fn send_all(
    direct_line: &DirectLine,
    id: &str,
    mut seen: usize,
    mut socket: WebSocket,
) -> Option<()> {
    let mut count = direct_line.conversations.count(id).ok()?;
    let mut keep_alive = interval(KEEP_ALIVE);
    keep_alive.reset();
    loop {
        let (new, mark) = direct_line.conversations.since(id, seen).ok()?;
        if !new.is_empty() {
            let set = activities::set(&new, mark).to_string();
            socket.send(Message::text(set)).await.ok()?;
            seen = mark;
        }
        tokio::select! {
            changed = count.changed() => changed.ok()?,
            _ = keep_alive.tick() => socket.send(Message::text("")).await.ok()?,
            received = socket.recv() => {
                let received = received?.ok()?;
                if matches!(received, Message::Close(_)) {
                    return None;
                }
            }
        }
    }
}
