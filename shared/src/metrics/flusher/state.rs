//! Where an instance stands with its writes, and the item that one of them brings.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

use super::INSTANCES;
use crate::clock::Timestamp;
use crate::metrics::Counts;

/// Counts that nobody has read for so long go.
const KEPT_FOR: Duration = Duration::from_hours(30 * 24);
/// An item without a write for so long is its instance's last: it is added up and goes.
pub const SILENT_FOR: Duration = Duration::from_hours(24);
/// For so long after a try the item is as that left it, and a first write may make it: later it may have gone again.
const NEW_FOR: Duration = Duration::from_hours(12);

/// A later write of the same instance replaces an earlier one, never the other way round, and nothing replaces a sealed one.
const UNSEALED: &str = "seq <= :seq AND attribute_not_exists(ended)";
const NEW_OR_UNSEALED: &str =
    "attribute_not_exists(pk) OR (seq <= :seq AND attribute_not_exists(ended))";

/// Where an instance stands.
pub(super) struct State {
    pub(super) id: Uuid,
    /// The number of the last write under this id.
    pub(super) seq: u64,
    /// When the first and the last write under this id were tried.
    pub(super) tried_at: Option<(Timestamp, Timestamp)>,
    /// What was sent before a long rest, until a write arrives: if the item goes, it goes with that.
    pub(super) before_rest: Option<Counts>,
    /// Whether a write under this id is known to have arrived.
    pub(super) arrived: bool,
    /// What is counted under former ids.
    pub(super) elsewhere: Counts,
    /// What the last write brought that has arrived or may have.
    pub(super) sent: Counts,
    /// What the last line for CloudWatch brought.
    pub(super) told: Counts,
    /// Whether the last write is not known to have arrived, so that there is something to write even if nothing was counted
    /// since.
    pub(super) failed: bool,
}

impl State {
    pub(super) fn new(elsewhere: Counts) -> Self {
        Self {
            id: Uuid::new_v4(),
            seq: 0,
            tried_at: None,
            before_rest: None,
            arrived: false,
            elsewhere,
            sent: Counts::default(),
            told: Counts::default(),
            failed: false,
        }
    }

    /// Another id for what is counted from now on. An item that is gone was added up long ago: with the last write that may have
    /// arrived, for no count may be there twice.
    pub(super) fn renewed(&self, sealed: Option<&Counts>) -> Self {
        let mut elsewhere = self.elsewhere.clone();
        let gone = self.before_rest.as_ref().unwrap_or(&self.sent);
        elsewhere.add(sealed.unwrap_or(gone));
        Self {
            told: self.told.clone(),
            ..Self::new(elsewhere)
        }
    }

    pub(super) fn elsewhere_and_sent(&self) -> Counts {
        let mut all = self.elsewhere.clone();
        all.add(&self.sent);
        all
    }

    /// The item of this write; `last` seals it.
    pub(super) fn item(
        &self,
        function: &str,
        now: Timestamp,
        last: bool,
    ) -> HashMap<String, AttributeValue> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let number = |number: i64| AttributeValue::N(number.to_string());
        let mut item = HashMap::from([
            ("pk".to_owned(), text(INSTANCES)),
            ("sk".to_owned(), text(&self.id.to_string())),
            ("function".to_owned(), text(function)),
            ("seq".to_owned(), self.number()),
            ("at".to_owned(), number(now.millis())),
            ("counts".to_owned(), text(&self.sent.to_json())),
            ("ttl".to_owned(), number(now.plus(KEPT_FOR).secs())),
        ]);
        if last {
            item.insert("ended".to_owned(), AttributeValue::Bool(true));
        }
        item
    }

    /// Notes that a write of these counts is tried; returns what the last one brought.
    pub(super) fn tries(&mut self, counts: Counts, now: Timestamp) -> Counts {
        let before = std::mem::replace(&mut self.sent, counts);
        let rest = self.tried_at.and_then(|(_, last)| now.since(last));
        if rest.is_some_and(|rest| rest >= NEW_FOR) {
            self.before_rest.get_or_insert_with(|| before.clone());
        }
        let first = self.tried_at.map_or(now, |(first, _)| first);
        self.tried_at = Some((first, now));
        before
    }

    /// What must hold for the item to be written.
    pub(super) fn condition(&self, now: Timestamp) -> &'static str {
        let since_first = self.tried_at.and_then(|(first, _)| now.since(first));
        if self.arrived || since_first.is_some_and(|age| age >= NEW_FOR) {
            UNSEALED
        } else {
            NEW_OR_UNSEALED
        }
    }

    /// The number of the last write, as it is stored.
    pub(super) fn number(&self) -> AttributeValue {
        AttributeValue::N(self.seq.to_string())
    }
}

/// The counts that an item has.
pub(super) fn stored_counts(item: &HashMap<String, AttributeValue>) -> Option<Counts> {
    let json = item.get("counts")?.as_s().ok()?;
    Counts::parse(json)
}
