//! Key ids that tell when their key was made: `k20261122T161200Z-1f3a`. Nothing else keeps that time.

use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use uuid::Uuid;

use crate::clock::Timestamp;

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

/// An id for a key made now.
#[must_use]
pub fn make(now: Timestamp) -> String {
    // To the second: the first 19 characters of RFC 3339.
    let time = now
        .rfc3339()
        .chars()
        .take(19)
        .filter(|c| !matches!(c, '-' | ':'))
        .collect::<String>();
    let random = Uuid::new_v4().simple().to_string();
    format!("k{time}Z-{}", &random[..4])
}

/// When the key with this id was made; `None` for an id of another form.
#[must_use]
pub fn added_at(kid: &str) -> Option<Timestamp> {
    let (time, _) = kid.strip_prefix('k')?.split_once('-')?;
    // A year with a sign is a year to the parser.
    if time.len() != 16 || !time.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let at = PrimitiveDateTime::parse(time, TIME).ok()?.assume_utc();
    Some(Timestamp::from_secs(at.unix_timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_when_they_were_made() {
        let kid = make(Timestamp::from_millis(1_795_363_920_999));
        assert!(
            kid.starts_with("k20261122T161200Z-") && kid.len() == 22,
            "{kid}"
        );
        assert_eq!(added_at(&kid), Some(Timestamp::from_secs(1_795_363_920)));
    }

    #[test]
    fn ids_of_another_make_tell_nothing() {
        for kid in [
            "k1",
            "",
            "k",
            "k-",
            "k20261122T161200Z",
            "k20261122T1612Z-1",
            "k20261322T161200Z-1f3a",
            "k20261122x161200Z-1f3a",
            "x20261122T161200Z-1f3a",
            "k+0261122T161200Z-1f3a",
            "ké0261122T16120Z-1f3a",
        ] {
            assert_eq!(added_at(kid), None, "{kid}");
        }
    }
}
