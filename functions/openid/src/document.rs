//! A document that clients keep for a while: with a strong tag, and 304 for those who have it (RFC 9110 13.1.2).

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use shared::api::{Parameter, Place};

/// How long a client may keep one.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How a client says what it has.
pub(crate) const IF_NONE_MATCH: Parameter = Parameter {
    name: "if-none-match",
    place: Place::Header,
    required: false,
    rule: "entity tags of what you have, or *: a document that has not changed is a 304",
    pattern: r#"^(\*|(W/)?"[^"]*"(\s*,\s*(W/)?"[^"]*")*)$"#,
};

/// The document for a request with these headers; `etag` is quoted.
pub(crate) fn respond(body: Bytes, etag: &str, request: &HeaderMap) -> Response {
    let tag: Option<ETag> = etag.parse().ok();
    // What is no list of tags is as good as none: the answer is the whole document.
    let asked: Option<IfNoneMatch> = request.typed_get();
    let known = match (&asked, &tag) {
        (Some(asked), Some(tag)) => !asked.precondition_passes(tag),
        _ => false,
    };
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, JSON)], body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHE);
    if let Some(tag) = tag {
        headers.typed_insert(tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(if_none_match: &[&str]) -> u16 {
        let mut request = HeaderMap::new();
        for value in if_none_match {
            request.append("if-none-match", value.parse().unwrap());
        }
        let response = respond(Bytes::from_static(b"{}"), "\"abc\"", &request);
        assert_eq!(response.headers()["etag"], "\"abc\"");
        assert_eq!(response.headers()["cache-control"], "public, max-age=300");
        response.status().as_u16()
    }

    #[test]
    fn a_client_that_has_it_gets_304() {
        for known in [
            &["\"abc\""][..],
            &["W/\"abc\""],
            &["*"],
            &["\"x\", W/\"y\",\"abc\""],
            &["\"x\"", "\"abc\""],
        ] {
            assert_eq!(status(known), 304, "{known:?}");
        }
    }

    #[test]
    fn everybody_else_gets_the_document() {
        for other in [
            &[][..],
            &["\"abcd\""],
            &["W/\"x\", \"y\""],
            &["abc"],
            &[""],
            &["\"ABC\""],
        ] {
            assert_eq!(status(other), 200, "{other:?}");
        }
    }
}
