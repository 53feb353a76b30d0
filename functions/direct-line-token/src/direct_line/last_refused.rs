//! Which slot was refused a short while ago: the other one is tried first, so that a rotation does not cost every request a call.
//!
//! It is a matter of order only. Whatever is remembered, both slots are tried before a request fails, so that a memory that a
//! rotation has made wrong costs one call, and is put right by it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use shared::clock::Timestamp;

use super::channel_secrets::{ChannelSecrets, Slot};

/// How long a refusal is remembered: an alarm on refusals goes on hearing of one that lasts.
const REMEMBERED_FOR: Duration = Duration::from_mins(1);

/// The last refusal.
#[derive(Default)]
pub(super) struct LastRefused(Mutex<Option<(Slot, Timestamp)>>);

impl LastRefused {
    /// Remembers that this slot was refused.
    pub(super) fn set(&self, slot: Slot, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((slot, now));
    }

    /// The slots that have a secret, the one to try first before the other.
    pub(super) fn order(
        &self,
        secrets: &ChannelSecrets,
        now: Timestamp,
    ) -> impl Iterator<Item = Slot> + use<> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back tells no age.
        let recent = last.filter(|(_, at)| now.since(*at).is_some_and(|age| age < REMEMBERED_FOR));
        let slots = match recent {
            Some((Slot::Primary, _)) => [Slot::Secondary, Slot::Primary],
            _ => [Slot::Primary, Slot::Secondary],
        };
        let there = slots.map(|slot| secrets.has(slot).then_some(slot));
        there.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Slot::{Primary, Secondary};

    #[test]
    fn what_was_refused_is_tried_last_for_a_minute() {
        let (last, secrets) = (LastRefused::default(), secrets(true));
        let order = |at| {
            let order = last.order(&secrets, Timestamp::from_secs(at));
            order.collect::<Vec<_>>()
        };
        assert_eq!(order(100), [Primary, Secondary]);
        last.set(Primary, Timestamp::from_secs(100));
        assert_eq!(order(100), [Secondary, Primary]);
        assert_eq!(order(159), [Secondary, Primary]);
        assert_eq!(order(160), [Primary, Secondary]);
        assert_eq!(order(99), [Primary, Secondary], "a clock set back");
        last.set(Secondary, Timestamp::from_secs(110));
        assert_eq!(order(110), [Primary, Secondary]);
    }

    #[test]
    fn one_secret_is_all_that_is_tried() {
        let last = LastRefused::default();
        for _ in 0..2 {
            let order = last.order(&secrets(false), Timestamp::from_secs(0));
            assert_eq!(order.collect::<Vec<_>>(), [Primary]);
            last.set(Primary, Timestamp::from_secs(0));
        }
    }

    fn secrets(both: bool) -> ChannelSecrets {
        let secondary = if both { r#","secondary":"b""# } else { "" };
        ChannelSecrets::parse(&format!(r#"{{"primary":"a"{secondary}}}"#)).unwrap()
    }
}
