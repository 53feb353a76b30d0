//! How long an upstream asks to be left alone (RFC 9110 10.2.3): in seconds, or until a date.

use std::time::{Duration, UNIX_EPOCH};

use axum::http::HeaderMap;
use axum::http::header::RETRY_AFTER;
use shared::clock::Timestamp;

/// The wait that the headers ask for, in whole seconds, rounded up; `None` where they ask for none that can be read.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than fits into the number is longer than anybody waits.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let date = date.duration_since(UNIX_EPOCH).ok()?;
    let now = Duration::from_millis(u64::try_from(now.millis()).ok()?);
    let wait = date.saturating_sub(now);
    Some(Duration::from_secs(
        wait.as_millis().div_ceil(1000).try_into().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// 2023-11-14T22:13:20.123Z.
    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_123);

    fn seconds(value: &str) -> Option<u64> {
        let value = HeaderValue::from_str(value).unwrap();
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value)]);
        retry_after(&headers, NOW).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_waits() {
        for (value, expected) in [
            ("0", 0),
            ("3", 3),
            ("18446744073709551615", u64::MAX),
            ("18446744073709551616", u64::MAX),
            ("Tue, 14 Nov 2023 22:13:23 GMT", 3),
            ("Tue, 14 Nov 2023 22:14:20 GMT", 60),
            ("Tuesday, 14-Nov-23 22:13:23 GMT", 3),
            ("Tue Nov 14 22:13:23 2023", 3),
            ("Tue, 14 Nov 2023 22:13:20 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ] {
            assert_eq!(seconds(value), Some(expected), "{value}");
        }
    }

    #[test]
    fn what_cannot_be_read_asks_for_nothing() {
        for value in ["", "-1", "+3", "1.5", "soon", "3 s"] {
            assert_eq!(seconds(value), None, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), NOW), None);
    }
}
