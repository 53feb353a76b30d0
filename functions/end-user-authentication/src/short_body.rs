//! Request bodies: read to their end if they are short, and looked at only after the caller was (contract 5.2).

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use shared::error::Error;
use shared::jwe::json_object;

/// The longest body, in bytes.
pub const MAX_BODY_BYTES: usize = 8 * 1024;

/// A body of at most [`MAX_BODY_BYTES`].
pub(crate) struct ShortBody {
    bytes: Vec<u8>,
    is_form: bool,
}

impl ShortBody {
    /// The JSON object that it is, each member once; others than those asked for are left alone.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        json_object(&self.bytes)
    }

    /// The value of this parameter, where the body is a form and has it once.
    pub(crate) fn form_value(&self, name: &str) -> Option<String> {
        let mut found = form_urlencoded::parse(&self.bytes).filter(|(key, _)| key == name);
        let value = found.next().filter(|_| self.is_form)?.1.into_owned();
        found.next().is_none().then_some(value)
    }
}

impl<S: Send + Sync> FromRequest<S> for ShortBody {
    type Rejection = Error;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Error> {
        let kind = request.headers().get(CONTENT_TYPE);
        // The gateway joins a header that is given twice; no type of a body has a comma in it that is not quoted.
        if kind.is_some_and(|kind| kind.as_bytes().contains(&b',')) {
            return Err(Error::InvalidArgument {
                place: "header",
                name: Cow::Borrowed("content-type"),
                rule: Cow::Borrowed("one media type, given once"),
            });
        }
        let is_form = kind
            .and_then(|kind| kind.to_str().ok())
            .and_then(|kind| kind.split(';').next())
            .is_some_and(|kind| {
                kind.trim()
                    .eq_ignore_ascii_case("application/x-www-form-urlencoded")
            });
        let limited = Limited::new(request.into_body(), MAX_BODY_BYTES);
        let read = limited.collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Error::PayloadTooLarge(MAX_BODY_BYTES)
            } else {
                Error::InvalidBody("The body broke off.")
            }
        })?;
        Ok(Self {
            bytes: read.to_bytes().into(),
            is_form,
        })
    }
}
