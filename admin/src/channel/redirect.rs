//! Addresses that a browser may be sent back to: only those that every parser reads the same way.

use http::Uri;
use http::uri::Authority;

const MAX_BYTES: usize = 2048;

/// The address in its normal form: scheme and host in lower case, no default port, a path.
///
/// # Errors
/// What it must be.
pub(super) fn parse(text: &str) -> Result<String, String> {
    // What RFC 3986 allows and a redirect needs: a backslash, for one, is a slash to browsers only.
    let sound =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    if text.len() > MAX_BYTES || !text.bytes().all(sound) {
        return Err("it must be ASCII without spaces, quotes, braces and backslashes (encode others with %)".into());
    }
    if text.contains('#') {
        return Err("it must not have a fragment (#…)".into());
    }
    if text.contains('?') {
        return Err("it must not have a query (?…): it covers addresses by path".into());
    }
    let uri: Uri = text.parse().map_err(|_| absolute())?;
    let (scheme, authority) = uri.scheme_str().zip(uri.authority()).ok_or_else(absolute)?;
    let host = host(authority)?;
    let standard_port = match scheme {
        "https" => 443,
        "http" if is_loopback(&host) => 80,
        "http" => return Err("it must be https: only a loopback host may have http".into()),
        _ => return Err(absolute()),
    };
    let port = port(authority)?.filter(|port| *port != standard_port);
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    Ok(format!("{scheme}://{host}{port}{}", path(uri.path())?))
}

fn absolute() -> String {
    "it must be an absolute address: https://host/path".into()
}

fn host(authority: &Authority) -> Result<String, String> {
    if authority.as_str().contains('@') {
        return Err("it must not have a user name or password (…@)".into());
    }
    let host = authority.host().to_ascii_lowercase();
    let is_name = |host: &str| {
        host.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    let is_address = host.starts_with('[')
        && host
            .trim_matches(['[', ']'])
            .parse::<std::net::Ipv6Addr>()
            .is_ok();
    if host.is_empty() || !(is_name(&host) || is_address) {
        return Err("its host must be a name or an IP address".into());
    }
    Ok(host)
}

fn port(authority: &Authority) -> Result<Option<u16>, String> {
    let after_host = authority
        .as_str()
        .get(authority.host().len()..)
        .unwrap_or_default();
    match after_host.strip_prefix(':') {
        None => Ok(None),
        Some(port) => match port.parse() {
            Ok(0) | Err(_) => Err("its port must be 1 to 65535".into()),
            Ok(port) => Ok(Some(port)),
        },
    }
}

/// Browsers take `.` and `..` out of a path, encoded or not: it would cover another path than it says.
fn path(path: &str) -> Result<&str, String> {
    let is_dots = |segment: &str| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    };
    if path.split('/').any(is_dots) {
        return Err("its path must not have . or .. segments".into());
    }
    Ok(if path.is_empty() { "/" } else { path })
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_addresses_get_their_normal_form() {
        for (given, kept) in [
            ("https://app.example", "https://app.example/"),
            (
                "HTTPS://App.Example:443/Linked",
                "https://app.example/Linked",
            ),
            (
                "https://app.example:8443/a/b%20c",
                "https://app.example:8443/a/b%20c",
            ),
            ("http://localhost:8080/cb", "http://localhost:8080/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1/cb"),
            ("http://[::1]:3000/", "http://[::1]:3000/"),
            ("http://app.localhost:80/", "http://app.localhost/"),
        ] {
            assert_eq!(parse(given).as_deref(), Ok(kept), "{given}");
        }
    }

    #[test]
    fn other_addresses_are_refused_with_the_reason() {
        for (given, reason) in [
            ("", "absolute"),
            ("/linked", "absolute"),
            ("app.example/linked", "absolute"),
            ("//app.example/linked", "absolute"),
            ("javascript:alert(1)", "absolute"),
            ("ftp://app.example/", "absolute"),
            ("http://app.example/", "https"),
            ("http://localhost.evil.example/", "https"),
            ("http://128.0.0.1/", "https"),
            ("https://app.example/#top", "fragment"),
            ("https://app.example/?a=1", "query"),
            ("https://user@app.example/", "user name"),
            ("https://user:pass@app.example/", "user name"),
            ("https://app.example\\@evil.example/", "backslashes"),
            ("https://app.example/a b", "spaces"),
            ("https://bücher.example/", "ASCII"),
            ("https://app.example/a/../b", ".."),
            ("https://app.example/a/%2E%2e/b", ".."),
            ("https://app.example:0/", "port"),
            ("https://app.example:/", "port"),
            ("https://app.example:99999/", "port"),
            ("https:///linked", "absolute"),
        ] {
            let told = parse(given).expect_err(given);
            assert!(told.contains(reason), "{given}: {told}");
        }
        assert!(parse(&format!("https://app.example/{}", "a".repeat(2048))).is_err());
    }
}
