//! The service's counts: those of all its instances, added up exactly (contract 4.16). See `docs/operations/metrics.md`.
//!
//! The instances' items are read first, the totals after them. An item that was folded into the totals in between is named
//! there and left out; one that was deleted before is in the totals. So every count is there once, whatever others do.

use std::time::Duration;

use shared::clock::{Clock, Timestamp};
use shared::error::Error;
use shared::function::Function;
use shared::metrics::Counts;
use tokio::time::timeout;

mod fold;
mod instance;
mod plan;
mod store;
mod totals;

use instance::InstanceCounts;
use store::Store;
use totals::Totals;

pub(crate) use store::TOTALS;

/// How long reading may take: with the key's check (3 s) and the fold, less than the function's 10 s.
const TIME_LIMIT: Duration = Duration::from_secs(4);
/// An id stays in the totals at least so long after its item went. A reading that took longer, because the machine slept, could
/// have seen the item before and the totals after, and count twice.
const LONGEST_READING: Duration = Duration::from_mins(1);

/// Reads and folds one service's counts.
pub(crate) struct ServiceCounts {
    store: Store,
    clock: Clock,
}

/// What the service has counted.
#[derive(Debug)]
pub(crate) struct Sum {
    /// Everything that arrived from any instance.
    pub(crate) counts: Counts,
    /// How many instances have an item that is not in the totals yet.
    pub(crate) instances: usize,
}

/// The items and the totals, as of one reading.
struct Reading {
    at: Timestamp,
    instances: Vec<InstanceCounts>,
    totals: Totals,
}

impl ServiceCounts {
    /// The counts in this function's table.
    pub(crate) fn new(function: &Function) -> Self {
        Self {
            store: Store {
                client: function.clients.dynamodb.clone(),
                table: function.table.clone(),
            },
            clock: function.clock.clone(),
        }
    }

    /// What all instances have counted, and afterwards some housekeeping.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when anything cannot be read or understood: a part of the sum is never given for the whole.
    pub(crate) async fn add_up(&self) -> Result<Sum, Error> {
        let reading = timeout(TIME_LIMIT, self.read()).await;
        let reading = reading.unwrap_or_else(|_| Err("timeout".to_owned()));
        let reading = reading.map_err(Error::unavailable)?;
        let sum = reading.sum().map_err(Error::unavailable)?;
        fold::fold(&self.store, reading).await;
        Ok(sum)
    }

    /// In this order, and no other: see the module's text.
    async fn read(&self) -> Result<Reading, String> {
        let at = self.clock.now();
        let instances = self.store.instances().await?;
        let totals = self.store.totals().await?;
        match self.clock.now().since(at) {
            Some(took) if took <= LONGEST_READING => Ok(Reading {
                at,
                instances,
                totals,
            }),
            _ => Err("the clock jumped".to_owned()),
        }
    }
}

impl Reading {
    fn sum(&self) -> Result<Sum, String> {
        let mut counts = self.totals.counts.clone();
        let mut instances = 0;
        for instance in &self.instances {
            if !self.totals.folded.contains_key(&instance.id) {
                counts.add(&instance.counts()?);
                instances += 1;
            }
        }
        Ok(Sum { counts, instances })
    }
}
