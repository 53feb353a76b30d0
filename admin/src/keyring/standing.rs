//! Where each key of a ring stands in its rotation.

use serde::Serialize;
use shared::key_ring::{KeyRing, kid};

/// A key's standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Standing {
    /// Added after the active one, and not active yet.
    Staged,
    /// New documents are made under it.
    Active,
    /// Documents made under it are accepted still.
    Previous,
}

impl Standing {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Active => "active",
            Self::Previous => "previous",
        }
    }
}

/// The standing of a key on this ring. An active key of another make counts as older than any of ours.
pub(super) fn of(ring: &KeyRing, kid: &str) -> Standing {
    let (active, _) = ring.active();
    if kid == active {
        return Standing::Active;
    }
    match (kid::added_at(kid), kid::added_at(active)) {
        (Some(added), Some(current)) if added > current => Standing::Staged,
        (Some(_), None) => Standing::Staged,
        _ => Standing::Previous,
    }
}

/// The staged keys, the oldest first.
pub(super) fn staged(ring: &KeyRing) -> Vec<&str> {
    let is_staged = |kid: &&str| of(ring, kid) == Standing::Staged;
    ring.kids().filter(is_staged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(active: &str, others: &[&str]) -> KeyRing {
        let mut ring = KeyRing::generate(active).unwrap();
        for kid in others {
            ring.add(kid).unwrap();
        }
        ring
    }

    #[test]
    fn keys_added_after_the_active_one_are_staged() {
        let (old, new) = ("k20260101T000000Z-aaaa", "k20261122T161200Z-bbbb");
        let before = ring(old, &[new, "by-hand"]);
        assert_eq!(staged(&before), [new]);
        assert_eq!(of(&before, "by-hand"), Standing::Previous);
        let after = ring(new, &[old]);
        assert!(staged(&after).is_empty());
        assert_eq!(of(&after, old), Standing::Previous);
        assert_eq!(of(&after, new), Standing::Active);
    }

    #[test]
    fn an_active_key_of_another_make_is_the_older_one() {
        assert_eq!(
            staged(&ring("k1", &["k0", "k20261122T161200Z-bbbb"])),
            ["k20261122T161200Z-bbbb"]
        );
    }
}
