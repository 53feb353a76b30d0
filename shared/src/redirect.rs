//! Addresses that a browser may be sent back to: only those that every parser reads the same way.

use std::borrow::Cow;

use http::Uri;
use http::uri::Authority;
use percent_encoding::percent_decode_str;

const MAX_BYTES: usize = 2048;

/// The address of a channel's allow list in its normal form: scheme and host in lower case, no default port, a path.
///
/// # Errors
/// What it must be.
pub fn normal_form(text: &str) -> Result<String, String> {
    if text.len() > MAX_BYTES || !is_sound(text) {
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

/// Whether a browser may be sent to `address`: an address in its normal form, with or without a query, that an entry of the
/// list covers by scheme, host, port and the whole segments of its path.
#[must_use]
pub fn is_allowed(address: &str, list: &[String]) -> bool {
    let (place, query) = address.split_once('?').unwrap_or((address, ""));
    let is_normal = normal_form(place).is_ok_and(|normal| normal == place);
    let is_whole = address.len() <= MAX_BYTES && is_sound(query) && !query.contains('#');
    let covers = |entry: &String| {
        let rest = place.strip_prefix(entry.as_str());
        rest.is_some_and(|rest| rest.is_empty() || entry.ends_with('/') || rest.starts_with('/'))
    };
    is_normal && is_whole && list.iter().any(covers)
}

/// The address with what came of a callback added to its query: `status=ok`, or `status=error` with the error's code. Members
/// of these names that it had go, so that it says one thing only.
#[must_use]
pub fn with_outcome(address: &str, error_code: Option<&str>) -> String {
    let (place, query) = address.split_once('?').unwrap_or((address, ""));
    let is_ours = |member: &&str| {
        let name = member.split('=').next();
        name.is_some_and(|name| matches!(&*decoded(name), "status" | "code"))
    };
    let others = query.split('&').filter(|member| !member.is_empty());
    let mut members: Vec<&str> = others.filter(|member| !is_ours(member)).collect();
    let code = error_code.map(|code| format!("code={code}"));
    members.push(if code.is_some() {
        "status=error"
    } else {
        "status=ok"
    });
    members.extend(code.as_deref());
    format!("{place}?{}", members.join("&"))
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// What RFC 3986 allows and a redirect needs: a backslash, for one, is a slash to browsers only.
fn is_sound(text: &str) -> bool {
    let sound =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    text.bytes().all(sound)
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

/// Browsers take `.` and `..` out of a path, encoded or not, and servers decode slashes: it would cover another path than it
/// says.
fn path(path: &str) -> Result<&str, String> {
    // What comes after a semicolon is a parameter of the segment to some servers.
    let is_dots = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    if decoded(path).split(['/', '\\']).any(is_dots) {
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
            assert_eq!(normal_form(given).as_deref(), Ok(kept), "{given}");
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
            ("https://app.example/a/..%2fb", ".."),
            ("https://app.example/a/x%5C..%5cb", ".."),
            ("https://app.example:0/", "port"),
            ("https://app.example:/", "port"),
            ("https://app.example:99999/", "port"),
            ("https:///linked", "absolute"),
        ] {
            let told = normal_form(given).expect_err(given);
            assert!(told.contains(reason), "{given}: {told}");
        }
        assert!(normal_form(&format!("https://app.example/{}", "a".repeat(2048))).is_err());
    }

    fn list() -> [String; 2] {
        ["https://app.example/linked", "https://web.example:8443/"].map(str::to_owned)
    }

    #[test]
    fn an_entry_covers_the_same_place_and_what_is_below_it() {
        for good in [
            "https://app.example/linked",
            "https://app.example/linked/",
            "https://app.example/linked/a/b",
            "https://app.example/linked?a=1&b=https://evil.example",
            "https://web.example:8443/",
            "https://web.example:8443/anything",
        ] {
            assert!(is_allowed(good, &list()), "{good}");
        }
    }

    #[test]
    fn every_other_address_is_refused() {
        let long = format!("https://app.example/linked?{}", "a".repeat(2048));
        for bad in [
            "",
            "/linked",
            "//app.example/linked",
            "\\\\app.example\\linked",
            "https:\\\\app.example\\linked",
            "https:/app.example/linked",
            "https://evil.example/linked",
            "https://evil.example/https://app.example/linked",
            "https://app.example.evil.example/linked",
            "https://app.example@evil.example/linked",
            "https://user@app.example/linked",
            "https://app.example:443/linked",
            "https://app.example:444/linked",
            "http://app.example/linked",
            "HTTPS://app.example/linked",
            "https://APP.example/linked",
            "https://app.example/Linked",
            "https://app.example/linkedevil",
            "https://app.example/linked/../admin",
            "https://app.example/linked/%2e%2e/admin",
            "https://app.example/linked/..%2fadmin",
            "https://app.example/linked/..;/admin",
            "https://app.example/linked#a",
            "https://app.example/linked?a=1#b",
            "https://app.example/linked?a=\\",
            "https://app.example/linked\t",
            "https://app.example/linked?\r\nset-cookie: a=1",
            "https://\u{430}pp.example/linked",
            "https://xn--pp-6kc.example/linked",
            "https://web.example/",
            "https://web.example:8443",
            "javascript:alert(1)",
            "data:text/html,hello",
            &long,
        ] {
            assert!(!is_allowed(bad, &list()), "{bad}");
        }
        assert!(!is_allowed("https://app.example/linked", &[]));
    }

    #[test]
    fn the_outcome_is_said_once() {
        let address = "https://app.example/linked";
        for (given, code, expected) in [
            ("", None, "?status=ok"),
            ("?a=1", None, "?a=1&status=ok"),
            ("?", None, "?status=ok"),
            ("", Some("CONFLICT"), "?status=error&code=CONFLICT"),
            (
                "?status=ok&a=1&code=x&stat%75s=ok",
                Some("CONFLICT"),
                "?a=1&status=error&code=CONFLICT",
            ),
        ] {
            let told = with_outcome(&format!("{address}{given}"), code);
            assert_eq!(told, format!("{address}{expected}"));
        }
    }
}
