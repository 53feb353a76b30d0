//! Arguments that become typed values while the command line is parsed.

use shared::client::ClientId;
use shared::clock::Timestamp;
use shared::extract::Argument;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const MAX_NAME_CHARS: usize = 100;

/// An id or a number of the users' world (contract 1).
pub(crate) fn parsed<T: Argument>(text: &str) -> Result<T, String> {
    T::parse(text).ok_or_else(|| format!("it must be {}", T::RULE))
}

/// The id of a client of Copilot Connect.
pub(crate) fn client_id(text: &str) -> Result<ClientId, String> {
    ClientId::parse(text).ok_or_else(|| format!("it must be {}", ClientId::RULE))
}

/// A name for people.
pub(crate) fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    let good =
        (1..=MAX_NAME_CHARS).contains(&text.chars().count()) && !text.contains(char::is_control);
    good.then(|| text.to_owned()).ok_or_else(|| {
        format!("it must be 1 to {MAX_NAME_CHARS} characters, none of them a control character")
    })
}

/// An instant: RFC 3339, or whole seconds since the Unix epoch.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    let seconds = text.parse().ok().map(Timestamp::from_secs);
    seconds.or_else(|| rfc3339(text)).ok_or_else(|| {
        "it must be a time like 2026-11-22T16:12:00Z, or seconds since 1970".to_owned()
    })
}

/// The instant in this RFC 3339 text.
fn rfc3339(text: &str) -> Option<Timestamp> {
    let millis = OffsetDateTime::parse(text, &Rfc3339)
        .ok()?
        .unix_timestamp_nanos()
        .div_euclid(1_000_000);
    i64::try_from(millis).ok().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_rfc3339_or_seconds() {
        let at = Timestamp::from_secs(1_795_363_920);
        for same in [
            "1795363920",
            "2026-11-22T16:12:00Z",
            "2026-11-22T17:12:00+01:00",
        ] {
            assert_eq!(instant(same), Ok(at), "{same}");
        }
        for bad in ["", "tomorrow", "2026-11-22", "2026-11-22T16:12:00", "1.5"] {
            assert!(instant(bad).is_err(), "{bad}");
        }
    }
}
