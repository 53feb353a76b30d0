//! A parameter of a query.

/// Its value; an empty one counts as left out.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut named = pairs.filter(|(key, value)| key == name && !value.is_empty());
    named.next().map(|(_, value)| value.into_owned())
}
