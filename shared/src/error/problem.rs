//! The body of every error (RFC 9457), and every kind that there is.

use serde::Serialize;

use super::Checks;

/// The problem document that a caller gets (RFC 9457).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A stable URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with this request, and what would be right.
    pub detail: String,
    /// The kind of problem as a constant to switch on.
    pub code: &'static str,
    /// The request's `x-correlator`: quote it when you ask for help.
    pub correlator: String,
    /// What was found, where the service was asked how it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Checks>,
}

/// What is no other kind.
pub(super) const INTERNAL: (u16, &str, &str) =
    (500, "INTERNAL", "Something went wrong on our side");

/// Every kind of problem: status, code, title. Its URI is made from the code.
pub const KINDS: [(u16, &str, &str); 11] = [
    (400, "INVALID_ARGUMENT", "A parameter is missing or wrong"),
    (401, "UNAUTHENTICATED", "A valid APIKey is required"),
    (403, "PERMISSION_DENIED", "This is not permitted"),
    (404, "NOT_FOUND", "There is no such resource"),
    (409, "CONFLICT", "The resource belongs to somebody else"),
    (413, "PAYLOAD_TOO_LARGE", "The body is too long"),
    (429, "RATE_LIMITED", "Too many requests for now"),
    INTERNAL,
    (502, "UPSTREAM_ERROR", "A service behind this one failed"),
    (503, "UNAVAILABLE", "Not available right now"),
    (
        504,
        "UPSTREAM_TIMEOUT",
        "A service behind this one took too long",
    ),
];
