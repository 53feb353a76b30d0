//! The totals: what the items that were folded had counted, and which those were.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::metrics::Counts;
use uuid::Uuid;

use super::store::Item;

/// The item of all totals, or what it is before the first fold.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    /// How often it was written: none where there is no item.
    pub(super) version: u64,
    /// The counts of everything folded, those of families that only a newer version knows among them.
    pub(super) counts: Counts,
    /// What was folded, and when, as long as its item may be there or be remembered by somebody.
    pub(super) folded: BTreeMap<Uuid, Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u64,
    counts: String,
    folded: BTreeMap<Uuid, Timestamp>,
}

impl Totals {
    /// From the item.
    pub(super) fn parse(item: Item) -> Result<Self, String> {
        let parse = || {
            let stored: Stored = serde_dynamo::from_item(item).ok()?;
            Some(Self {
                version: stored.version,
                counts: Counts::parse(&stored.counts)?,
                folded: stored.folded,
            })
        };
        parse().ok_or_else(|| "the totals are malformed".to_owned())
    }

    /// As an item with this key.
    pub(super) fn item(&self, key: Item) -> Result<Item, String> {
        let stored = Stored {
            version: self.version,
            counts: self.counts.to_json(),
            folded: self.folded.clone(),
        };
        let item = serde_dynamo::to_item(stored).map_err(|_| "no item of the totals".to_owned());
        item.map(|item: Item| item.into_iter().chain(key).collect())
    }

    /// The version as a value to compare with.
    pub(super) fn version_value(&self) -> AttributeValue {
        AttributeValue::N(self.version.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back() {
        let totals = Totals {
            version: 7,
            counts: Counts::parse(r#"{"of_a_newer_version":[[["x"],[5]]]}"#).unwrap(),
            folded: BTreeMap::from([(Uuid::new_v4(), Timestamp::from_millis(1_700_000_000_123))]),
        };
        let again = Totals::parse(totals.item(Item::new()).unwrap()).unwrap();
        assert_eq!(again.version, 7);
        assert_eq!(again.counts, totals.counts);
        assert_eq!(again.folded, totals.folded);
    }

    #[test]
    fn anything_else_is_malformed() {
        let totals = Totals::default().item(Item::new()).unwrap();
        for (name, value) in [
            ("version", AttributeValue::N("-1".to_owned())),
            ("counts", AttributeValue::S("[]".to_owned())),
            ("folded", AttributeValue::S("{}".to_owned())),
        ] {
            let mut item = totals.clone();
            item.insert(name.to_owned(), value);
            assert!(Totals::parse(item).is_err(), "{name}");
            let mut item = totals.clone();
            item.remove(name);
            assert!(Totals::parse(item).is_err(), "no {name}");
        }
    }
}
