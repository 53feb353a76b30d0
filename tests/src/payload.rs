//! Payload format 2.0: what API Gateway understands of a function's response.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use crate::answer::Answer;

/// A response as an answer: status, headers with one value each, body as text.
///
/// # Panics
/// When it is not one that API Gateway understands.
#[must_use]
pub fn answer(payload: &Value) -> Answer {
    let status = payload["statusCode"].as_u64();
    let status = status.and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let header = |(name, value): (&String, &Value)| {
        let value = HeaderValue::from_str(value.as_str()?).ok()?;
        Some((name.parse::<HeaderName>().ok()?, value))
    };
    let headers = payload["headers"].as_object().map(|all| all.iter());
    let headers = headers.and_then(|all| all.map(header).collect::<Option<HeaderMap>>());
    let body = match &payload["body"] {
        Value::Null => Some(""),
        body => body.as_str(),
    };
    let (Some(status), Some(headers), Some(body), Some(false)) =
        (status, headers, body, payload["isBase64Encoded"].as_bool())
    else {
        panic!("not a response of payload format 2.0: {payload:#}");
    };
    Answer {
        status,
        headers,
        body: body.to_owned().into(),
    }
}
