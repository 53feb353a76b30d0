//! A request to a callback: its query, each member once, and what it wants for an answer.

use std::borrow::Cow;

use axum::extract::{FromRequest, Request};
use http::{Extensions, HeaderMap};

use crate::api::Parameter;
use crate::error::Error;
use crate::telemetry::Correlator;

/// What the documents say of the query's `state`.
pub const STATE: Parameter = Parameter::query(
    "state",
    true,
    "the state of a login or logout link, not used before and at most 10 minutes old",
    r"^[A-Za-z0-9_.-]{1,8192}$",
);

/// Where browsers say that they fetch a page that nobody has opened yet, and what is in their value then.
const AHEAD_OF_TIME: [(&str, &str); 4] = [
    ("sec-purpose", "prefetch"),
    ("purpose", "prefetch"),
    ("x-moz", "prefetch"),
    ("x-purpose", "preview"),
];

/// What came with a request to a callback.
pub struct Visit {
    query: Vec<(String, String)>,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The request's extensions: what the gateway says of it.
    pub extensions: Extensions,
    /// The request's correlator.
    pub correlator: Correlator,
}

impl Visit {
    /// The query member of this name.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when it is there more than once.
    pub fn member(&self, name: &'static str) -> Result<Option<&str>, Error> {
        let mut members = self.query.iter().filter(|member| member.0 == name);
        let first = members.next().map(|(_, value)| value.as_str());
        match members.next() {
            None => Ok(first),
            Some(_) => Err(Error::InvalidArgument {
                place: "query parameter",
                name: Cow::Borrowed(name),
                rule: Cow::Borrowed("given once"),
            }),
        }
    }

    /// The one state; `None` when there is none, or more than one.
    pub(super) fn state(&self) -> Option<&str> {
        self.member(STATE.name).ok().flatten()
    }
}

impl<S: Send + Sync> FromRequest<S> for Visit {
    type Rejection = Error;

    /// A fetch ahead of time is refused before anything is looked at: it would use the link up before the person opens it. With
    /// an error, because browsers keep what succeeds and show it later.
    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (parts, _) = request.into_parts();
        for (header, value) in AHEAD_OF_TIME {
            let values = parts.headers.get_all(header).iter();
            let mut texts = values.filter_map(|value| value.to_str().ok());
            if texts.any(|text| text.to_ascii_lowercase().contains(value)) {
                return Err(Error::InvalidArgument {
                    place: "header",
                    name: Cow::Borrowed(header),
                    rule: Cow::Borrowed(
                        "absent: this address acts, so that it is not fetched ahead of time",
                    ),
                });
            }
        }
        let query = parts.uri.query().unwrap_or_default();
        let correlator = parts.extensions.get::<Correlator>().cloned();
        Ok(Self {
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            correlator: correlator.unwrap_or_else(|| Correlator::from_headers(&parts.headers)),
            headers: parts.headers,
            extensions: parts.extensions,
        })
    }
}
