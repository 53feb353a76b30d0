//! The stand-in fails when somebody tells it to: `POST /stand-in/direct-line`. `GET` says how, and what it was told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use super::DirectLine;
use super::caller::SLOTS;
use super::refusal::Refusal;

/// How to use it.
const USAGE: &str = r#"The dev server's stand-in for Direct Line. Nothing here is real: the bot repeats what it is told.

It fails when it is told to, by JSON with any of these members; what is left out is well again.

  status      answer every request with this status, 400 to 599
  retryAfter  and with this Retry-After, in seconds
  delayMs     let every answer wait for so many milliseconds
  times       do so for so many requests only
  refuse      take no longer what is in these slots of the secret: "primary", "secondary"

  curl --json '{"status": 429, "retryAfter": 2, "times": 1}' http://127.0.0.1:3001/stand-in/direct-line
  curl --json '{"refuse": ["primary"]}' http://127.0.0.1:3001/stand-in/direct-line
  curl --json '{}' http://127.0.0.1:3001/stand-in/direct-line

Now: "#;

/// What it is told. JSON alone is taken for it, which no page of another site can send without asking.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Trouble {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refuse: Vec<String>,
}

/// What it was told last.
#[derive(Default)]
pub(super) struct Troubles(Mutex<Trouble>);

impl Troubles {
    /// Whether the secret in this slot is taken no longer.
    pub(super) fn refuses(&self, slot: &str) -> bool {
        self.lock().refuse.iter().any(|refused| refused == slot)
    }

    /// What becomes of one request more.
    fn next(&self) -> Trouble {
        let mut told = self.lock();
        match told.times {
            Some(0) => {
                let refuse = std::mem::take(&mut told.refuse);
                *told = Trouble {
                    refuse,
                    ..Trouble::default()
                };
            }
            Some(left) => told.times = Some(left - 1),
            None => {}
        }
        told.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Trouble> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trouble {
    fn is_sound(&self) -> bool {
        let is_slot = |slot: &String| SLOTS.contains(&slot.as_str());
        self.status
            .is_none_or(|status| (400..600).contains(&status))
            && self.refuse.iter().all(is_slot)
    }
}

/// Stands before every request.
pub(super) async fn meet(
    State(direct_line): State<Arc<DirectLine>>,
    request: Request,
    next: Next,
) -> Response {
    let trouble = direct_line.troubles.next();
    if let Some(delay) = trouble.delay_ms {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let status = trouble.status.map(StatusCode::from_u16);
    let Some(Ok(status)) = status else {
        return next.run(request).await;
    };
    let mut response = Refusal::asked_for(status).into_response();
    if let Some(seconds) = trouble.retry_after {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Takes what it is told.
pub(super) async fn make(
    State(direct_line): State<Arc<DirectLine>>,
    Json(trouble): Json<Trouble>,
) -> Result<Json<Trouble>, Refusal> {
    if !trouble.is_sound() {
        let why = "status must be 400 to 599, refuse a list of primary and secondary";
        return Err(Refusal::bad(why));
    }
    *direct_line.troubles.lock() = trouble.clone();
    Ok(Json(trouble))
}

/// Says how to tell it, and what it was told.
pub(super) async fn tell(State(direct_line): State<Arc<DirectLine>>) -> String {
    let told = direct_line.troubles.lock().clone();
    let told = serde_json::to_string(&told).unwrap_or_default();
    format!("{USAGE}{told}\n")
}
