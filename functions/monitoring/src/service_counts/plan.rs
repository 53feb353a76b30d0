//! What a reading leaves to do: which items to fold into the totals, and which to delete because they are in them.
//!
//! An item is deleted only within [`DELETABLE_FOR`] of the time that the totals have for its id, and the id stays for
//! [`REMEMBERED_FOR`]: whoever read the item finds the id in the totals.

use std::time::Duration;

use shared::clock::Timestamp;
use shared::metrics::SILENT_FOR;
use uuid::Uuid;

use super::Reading;
use super::instance::InstanceCounts;

/// An item that has ended is left alone for so long, an instance's last answers being on their way.
const SETTLES_IN: Duration = Duration::from_mins(1);
/// A fold is worth its writes with so many items,
const WORTH: usize = 25;
/// or for one that waits so long.
const WAITED: Duration = Duration::from_hours(1);
/// One fold takes at most so many items: it has to end in time.
const AT_MOST: usize = 100;
/// The totals name at most so many items: 90 KB of the 400 that an item may have.
const MOST_REMEMBERED: usize = 2000;
/// How long after its id's time in the totals an item may be deleted.
const DELETABLE_FOR: Duration = Duration::from_mins(5);
/// How long an id stays in the totals when its item is gone.
const REMEMBERED_FOR: Duration = Duration::from_mins(10);

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Items to delete at once: they are in the totals.
    pub(super) delete: Vec<Uuid>,
    /// Items that are in the totals for so long that their ids' times must be renewed before they are deleted.
    pub(super) renew: Vec<Uuid>,
    /// Items to add to the totals; those that have not ended are to be sealed first.
    pub(super) fold: Vec<InstanceCounts>,
    /// Ids that the totals need not name any more.
    pub(super) forget: Vec<Uuid>,
}

impl Plan {
    /// What this reading leaves to do.
    pub(super) fn of(reading: &Reading) -> Self {
        let mut plan = Self::default();
        plan.tidy(reading);
        plan.fold = due(reading);
        let remembered = reading.totals.folded.len() - plan.forget.len();
        plan.fold
            .truncate(MOST_REMEMBERED.saturating_sub(remembered));
        plan
    }

    /// Whether the totals have to be written.
    pub(super) fn changes_totals(&self) -> bool {
        !(self.renew.is_empty() && self.fold.is_empty())
    }

    /// What interrupted folds left, and what is old.
    fn tidy(&mut self, reading: &Reading) {
        let folded = &reading.totals.folded;
        let left_over = reading.instances.iter().filter_map(|one| {
            let at = folded.get(&one.id)?;
            Some((one.id, age(reading.at, *at)))
        });
        let left_over: Vec<_> = left_over.collect();
        for &(id, age) in left_over.iter().take(AT_MOST) {
            if age <= DELETABLE_FOR {
                self.delete.push(id);
            } else {
                self.renew.push(id);
            }
        }
        let old = folded.iter().filter(|(id, at)| {
            age(reading.at, **at) > REMEMBERED_FOR && left_over.iter().all(|(left, _)| left != *id)
        });
        self.forget = old.map(|(id, _)| *id).collect();
    }
}

/// The items that are to be folded now, the oldest first; none as long as it is not worth it.
fn due(reading: &Reading) -> Vec<InstanceCounts> {
    let age = |one: &InstanceCounts| age(reading.at, one.at);
    let candidates = reading.instances.iter().filter(|one| {
        let final_for = if one.ended { SETTLES_IN } else { SILENT_FOR };
        age(one) > final_for && !reading.totals.folded.contains_key(&one.id)
    });
    let mut candidates: Vec<_> = candidates.collect();
    if candidates.len() < WORTH && candidates.iter().all(|one| age(one) <= WAITED) {
        return Vec::new();
    }
    candidates.sort_by_key(|one| one.at);
    candidates.into_iter().take(AT_MOST).cloned().collect()
}

/// What lies ahead, by another machine's clock, is new.
fn age(now: Timestamp, at: Timestamp) -> Duration {
    now.since(at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service_counts::totals::Totals;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn ago(span: Duration) -> Timestamp {
        Timestamp::from_millis(NOW.millis() - i64::try_from(span.as_millis()).unwrap())
    }

    fn instance(at: Timestamp, ended: bool) -> InstanceCounts {
        let id = Uuid::new_v4();
        InstanceCounts::new(id, at, ended)
    }

    fn reading(instances: Vec<InstanceCounts>, folded: &[(Uuid, Timestamp)]) -> Reading {
        Reading {
            at: NOW,
            instances,
            totals: Totals {
                folded: folded.iter().copied().collect(),
                ..Totals::default()
            },
        }
    }

    #[test]
    fn what_is_in_the_totals_is_deleted_soon_or_renewed_and_never_folded_again() {
        let old = ago(Duration::from_hours(30));
        let [soon, late, live] = [true, true, false].map(|ended| instance(old, ended));
        let folded = [
            (soon.id, ago(DELETABLE_FOR)),
            (late.id, ago(DELETABLE_FOR + Duration::from_millis(1))),
        ];
        let expected = (vec![soon.id], vec![late.id], live.id);
        let plan = Plan::of(&reading(vec![soon, late, live], &folded));
        assert_eq!((plan.delete, plan.renew, plan.fold[0].id), expected);
        assert_eq!(plan.fold.len(), 1);
        assert!(plan.forget.is_empty());
    }

    #[test]
    fn an_id_is_forgotten_when_its_item_is_gone_and_nobody_can_have_seen_it() {
        let there = instance(NOW, true);
        let [old, young] = [(); 2].map(|()| Uuid::new_v4());
        let long_ago = ago(REMEMBERED_FOR + Duration::from_millis(1));
        let folded = [
            (there.id, long_ago),
            (old, long_ago),
            (young, ago(REMEMBERED_FOR)),
        ];
        let plan = Plan::of(&reading(vec![there], &folded));
        assert_eq!(plan.forget, [old]);
    }

    #[test]
    fn a_fold_is_bounded_and_so_is_what_the_totals_name() {
        let ended = |number: usize| (0..number).map(|_| instance(ago(WAITED * 2), true));
        let remembered = |number: usize, at| {
            let ids = (0..number).map(|_| (Uuid::new_v4(), at));
            ids.collect::<Vec<_>>()
        };
        for (young, old, folds) in [(0, 0, 100), (1950, 0, 50), (2000, 0, 0), (1950, 50, 50)] {
            let mut folded = remembered(young, NOW);
            folded.extend(remembered(old, ago(REMEMBERED_FOR * 2)));
            let plan = Plan::of(&reading(ended(130).collect(), &folded));
            assert_eq!(plan.fold.len(), folds, "{young} {old}");
        }
    }

    #[test]
    fn a_clock_ahead_makes_an_item_new() {
        let ahead = Timestamp::from_secs(NOW.secs() + 100_000);
        let plan = Plan::of(&reading(vec![instance(ahead, true)], &[]));
        assert!(plan.fold.is_empty() && !plan.changes_totals());
    }
}
