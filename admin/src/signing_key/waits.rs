//! How long a rotation waits between its steps.

use std::time::Duration;

use shared::clock::Timestamp;
use shared::control::{KeyState, PublishedKey};
use shared::secrets;
use shared::signing_keys::LONGEST_SIGNED_LIFE;

/// How long a key is public before it signs: clients keep the set for 300 s (contract 4.12), the instances that hand it out for 5 s,
/// and the rest is for clocks of operators that differ, by the five minutes that AWS lets them at the most.
const PUBLIC_BEFORE_USE: Duration = Duration::from_mins(11);

/// How long a superseded key stays public: a function that cannot refresh its secret signs with the old key for as long as it may
/// use it, what it signs last lives its life, and a minute is for clocks that differ.
const PUBLIC_AFTER_USE: Duration = secrets::AGES
    .usable_for
    .saturating_add(LONGEST_SIGNED_LIFE)
    .saturating_add(Duration::from_mins(1));

/// From when on a published key may sign. The first one may at once: there is none that could sign instead.
pub(super) fn promote_from(key: &PublishedKey, is_first: bool) -> Timestamp {
    if is_first {
        return key.published_at;
    }
    key.published_at.plus(PUBLIC_BEFORE_USE)
}

/// From when on nothing that a previous key signed is in use; `None` while nobody knows when it signed last.
pub(super) fn retire_from(key: &PublishedKey) -> Option<Timestamp> {
    let superseded_at = key
        .superseded_at
        .filter(|_| key.state == KeyState::Previous)?;
    Some(superseded_at.plus(PUBLIC_AFTER_USE))
}
