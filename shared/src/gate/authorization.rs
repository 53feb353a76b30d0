//! The `Authorization` header (RFC 9110 11.6.2): one, of the scheme that is asked for.

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// Why there are no credentials to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoCredentials {
    /// There is no such header.
    Missing,
    /// It is of another scheme, or there is more than one.
    Scheme,
}

/// What follows this scheme, which may be in any case (RFC 9110 11.1).
pub(super) fn credentials<'a>(
    headers: &'a HeaderMap,
    expected: &str,
) -> Result<&'a str, NoCredentials> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(NoCredentials::Missing)?;
    if values.next().is_some() {
        return Err(NoCredentials::Scheme);
    }
    let text = value.to_str().map_err(|_| NoCredentials::Scheme)?;
    match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(expected) => Ok(rest.trim_matches(' ')),
        _ => Err(NoCredentials::Scheme),
    }
}
