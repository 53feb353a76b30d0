//! What is said: sent one by one, and read from a watermark on.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::DirectLine;
use super::parameter::parameter;
use super::refusal::Refusal;

pub(super) async fn post(
    State(direct_line): State<Arc<DirectLine>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<Value>, Refusal> {
    direct_line.caller(&headers)?.may_enter(&id)?;
    let activity: Map<String, Value> =
        serde_json::from_str(&body).map_err(|_| Refusal::bad("The activity must be an object"))?;
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    if !activity.get("type").is_some_and(is_text) {
        return Err(Refusal::bad("The activity must have a type"));
    }
    if !activity
        .get("from")
        .is_some_and(|from| is_text(&from["id"]))
    {
        return Err(Refusal::bad("The activity must have a from.id"));
    }
    let now = direct_line.desk.clock.now();
    let activity = direct_line.conversations.add(&id, activity, now)?;
    Ok(Json(json!({ "id": activity })))
}

pub(super) async fn get(
    State(direct_line): State<Arc<DirectLine>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    direct_line.caller(&headers)?.may_enter(&id)?;
    let watermark = parameter(query.as_deref(), "watermark");
    let seen = watermark.map_or(Ok(0), |watermark| seen(&watermark))?;
    let (activities, mark) = direct_line.conversations.since(&id, seen)?;
    Ok(Json(set(&activities, mark)))
}

/// How many activities a watermark says were seen; `-` is none.
pub(super) fn seen(watermark: &str) -> Result<usize, Refusal> {
    match watermark {
        "-" => Ok(0),
        number => number
            .parse()
            .map_err(|_| Refusal::bad("The watermark is none of ours")),
    }
}

/// An activity set.
pub(super) fn set(activities: &[Value], mark: usize) -> Value {
    json!({ "activities": activities, "watermark": mark.to_string() })
}
