//! Parsed arguments: headers and path parameters become typed values, or a 400 that names what is wrong.

use std::borrow::Cow;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::error::Error;

/// A value that a caller sends: the only way to make one is to parse it.
pub trait Argument: Sized {
    /// The header that carries it.
    const HEADER: &'static str;
    /// What it must be, for people.
    const RULE: &'static str;
    /// What it must be, as an ECMA-262 pattern for the OpenAPI document.
    const PATTERN: &'static str;
    /// The value, if the text is what it must be.
    fn parse(text: &str) -> Option<Self>;
}

/// A required header.
pub struct Header<T>(pub T);

/// A header that may be absent; an empty one is a bad one.
pub struct OptionalHeader<T>(pub Option<T>);

/// The route's one path parameter, percent-decoded exactly once.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: Argument> FromRequestParts<S> for Header<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        header(parts)?.map(Self).ok_or_else(|| bad_header::<T>())
    }
}

impl<S: Send + Sync, T: Argument> FromRequestParts<S> for OptionalHeader<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        header(parts).map(Self)
    }
}

impl<S: Send + Sync, T: Argument> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        // What is not UTF-8 once decoded is rejected here without its name; the route has but one parameter.
        let params = RawPathParams::from_request_parts(parts, state).await;
        let parsed = params.as_ref().ok().and_then(|params| params.iter().next());
        let value = parsed.and_then(|(_, text)| T::parse(text));
        value.map(Self).ok_or_else(|| Error::InvalidArgument {
            place: "path parameter",
            name: parsed.map_or_else(
                || path_parameter(parts),
                |(name, _)| Cow::Owned(name.to_owned()),
            ),
            rule: Cow::Borrowed(T::RULE),
        })
    }
}

fn header<T: Argument>(parts: &Parts) -> Result<Option<T>, Error> {
    let mut values = parts.headers.get_all(T::HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = if values.next().is_some() {
        None
    } else {
        value.to_str().ok()
    };
    text.and_then(T::parse)
        .map(Some)
        .ok_or_else(|| bad_header::<T>())
}

fn bad_header<T: Argument>() -> Error {
    Error::InvalidArgument {
        place: "header",
        name: Cow::Borrowed(T::HEADER),
        rule: Cow::Borrowed(T::RULE),
    }
}

/// The parameter's name as the matched route spells it.
fn path_parameter(parts: &Parts) -> Cow<'static, str> {
    let route = parts
        .extensions
        .get::<crate::api::MatchedOperation>()
        .map(|matched| matched.0.path);
    let name = route
        .and_then(|path| path.split_once('{')?.1.split_once('}'))
        .map(|(name, _)| name);
    Cow::Borrowed(name.unwrap_or("of the route"))
}
