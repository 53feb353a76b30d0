//! What the service answers, in its JSON protocol.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Stored, Version};

/// The value at a stage, the current one unless said otherwise.
pub(super) fn get_secret_value(name: &str, stored: Stored, stage: Option<&str>) -> Response {
    let stage = stage.unwrap_or("AWSCURRENT");
    let version = match stage {
        "AWSCURRENT" => Some(stored.current),
        "AWSPREVIOUS" => stored.previous,
        _ => None,
    };
    let Some(version) = version else {
        return failure(
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value.",
        );
    };
    axum::Json(json!({
        "ARN": arn(name), "Name": name, "VersionId": version.id, "SecretString": version.text,
        "VersionStages": [stage], "CreatedDate": version.created_at,
    }))
    .into_response()
}

/// What is known of a secret, without its text.
pub(super) fn description(name: &str, stored: &Stored) -> Value {
    let mut stages = json!({ &stored.current.id: ["AWSCURRENT"] });
    if let Some(previous) = &stored.previous {
        stages[&previous.id] = json!(["AWSPREVIOUS"]);
    }
    json!({
        "ARN": arn(name), "Name": name, "LastChangedDate": stored.current.created_at, "VersionIdsToStages": stages,
    })
}

/// What is known of a secret that has no value yet.
pub(super) fn empty(name: &str) -> Value {
    json!({ "ARN": arn(name), "Name": name })
}

/// What is told of a version that was just written.
pub(super) fn written(name: &str, id: &str) -> Value {
    json!({ "ARN": arn(name), "Name": name, "VersionId": id, "VersionStages": ["AWSCURRENT"] })
}

/// The versions that have a label, without their text: always one page.
pub(super) fn versions(name: &str, stored: &Stored) -> Value {
    let entry = |version: &Version, stage: &str| {
        json!({
            "VersionId": version.id, "VersionStages": [stage], "CreatedDate": version.created_at,
            "KmsKeyIds": ["DefaultEncryptionKey"],
        })
    };
    let current = entry(&stored.current, "AWSCURRENT");
    let previous = stored.previous.as_ref();
    let previous = previous.map(|version| entry(version, "AWSPREVIOUS"));
    let versions: Vec<Value> = [current].into_iter().chain(previous).collect();
    json!({ "ARN": arn(name), "Name": name, "Versions": versions })
}

/// Secrets Manager takes names and ARNs; an ARN ends in the name and six random characters.
pub(super) fn name_of(id: &str) -> &str {
    let Some((_, rest)) = id.split_once(":secret:") else {
        return id;
    };
    rest.rsplit_once('-').map_or(rest, |(name, _)| name)
}

/// The name as an ARN.
fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-west-1:000000000000:secret:{name}-local0")
}

/// An error as the service words it.
pub(super) fn failure(kind: &str, message: &str) -> Response {
    (
        StatusCode::BAD_REQUEST,
        axum::Json(json!({ "__type": kind, "message": message })),
    )
        .into_response()
}
