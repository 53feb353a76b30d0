//! The dialects that errors are told in: one enum of outcomes, and a rendering for each product of the bundle.

use axum::response::Response;

use super::Error;

/// How a function tells its errors.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The name of the body's schema in the documents.
    pub schema: &'static str,
    /// The body's media type.
    pub media_type: &'static str,
    /// The whole response for the request with this correlator.
    pub render: fn(&Error, &str) -> Response,
}

impl Dialect {
    /// Problem documents (RFC 9457): the Aura API's.
    pub const PROBLEM: Self = Self {
        schema: "Problem",
        media_type: "application/problem+json",
        render: Error::render,
    };
}
