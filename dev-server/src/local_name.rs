//! By what name a browser came: one that somebody points at this machine (DNS rebinding) is not ours.

use http::HeaderMap;
use http::header::HOST;

/// Whether the request came to a name that only this machine can have.
pub(crate) fn is_loopback(headers: &HeaderMap) -> bool {
    let host = host(headers);
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

/// Whether the request came to such a name or to the address that the server tells people.
pub(crate) fn is_ours(headers: &HeaderMap, base_url: &str) -> bool {
    is_loopback(headers) || base_url.strip_prefix("http://") == Some(host(headers))
}

/// Whether a browser asks because of a page of another origin, another port of this machine among them.
pub(crate) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

fn host(headers: &HeaderMap) -> &str {
    let host = headers.get(HOST);
    host.and_then(|host| host.to_str().ok()).unwrap_or_default()
}
