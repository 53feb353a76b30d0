//! Key ids that tell when their key was added: `k20261122T161200Z-1f3a`. Nothing else keeps that time.

use std::time::Duration;

use shared::clock::Timestamp;
use uuid::Uuid;

use crate::argument;

/// After this long every function knows a key that was added: they refresh their ring every 5 minutes (contract 2). The ten
/// seconds are for the time between the id's and the end of the write.
pub(super) const REFRESH: Duration = Duration::from_secs(5 * 60 + 10);

/// An id for a key added now.
pub(super) fn make(now: Timestamp) -> String {
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

/// When the key with this id was added; `None` for an id of another make.
pub(super) fn added_at(kid: &str) -> Option<Timestamp> {
    let (time, _) = kid.strip_prefix('k')?.split_once('-')?;
    let time = time.strip_suffix('Z').filter(|time| time.len() == 15)?;
    let part = |range: std::ops::Range<usize>| time.get(range);
    let date = format!("{}-{}-{}", part(0..4)?, part(4..6)?, part(6..8)?);
    let clock = format!("{}:{}:{}", part(9..11)?, part(11..13)?, part(13..15)?);
    if part(8..9)? != "T" {
        return None;
    }
    argument::rfc3339(&format!("{date}T{clock}Z"))
}

/// From when on a key can be made active without any function refusing what is made under it; `None` when its id does not tell.
pub(super) fn known_everywhere_at(kid: &str) -> Option<Timestamp> {
    added_at(kid).map(|added| added.plus(REFRESH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_when_they_were_made() {
        let now = Timestamp::from_millis(1_795_363_920_999);
        let kid = make(now);
        assert!(
            kid.starts_with("k20261122T161200Z-") && kid.len() == 22,
            "{kid}"
        );
        assert_eq!(added_at(&kid), Some(Timestamp::from_secs(1_795_363_920)));
        assert_eq!(
            known_everywhere_at(&kid),
            Some(Timestamp::from_secs(1_795_363_920 + 310))
        );
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
            "ké0261122T16120Z-1f3a",
        ] {
            assert_eq!(added_at(kid), None, "{kid}");
        }
    }
}
