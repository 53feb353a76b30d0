//! Folds the items of instances that have ended into the totals, so that a scrape's cost follows the instances that live.
//!
//! One conditional write moves any number of items: it is there or it is not, whatever becomes of its answer. A fold that breaks
//! off anywhere else leaves items that have ended, which the next one takes, or items that are in the totals, which it deletes.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::timeout;
use uuid::Uuid;

use super::Reading;
use super::instance::InstanceCounts;
use super::plan::Plan;
use super::store::Store;

/// What a scrape may wait for it.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// So many items are sealed at once.
const SEALS: usize = 8;

/// Does what the reading leaves to do. That it fails is logged, and made good by the next one.
pub(super) async fn fold(store: &Store, reading: Reading) {
    let folded = timeout(TIME_LIMIT, carry_out(store, reading)).await;
    if let Err(cause) = folded.unwrap_or_else(|_| Err("timeout".to_owned())) {
        tracing::warn!(cause, "instances not folded");
    }
}

async fn carry_out(store: &Store, reading: Reading) -> Result<(), String> {
    let mut plan = Plan::of(&reading);
    let mut delete = std::mem::take(&mut plan.delete);
    if plan.changes_totals() {
        delete.extend(move_to_totals(store, reading, plan).await?);
    }
    store.delete(&delete).await
}

/// The one write; returns what it named, which can be deleted now. Refused where another scrape was faster.
async fn move_to_totals(store: &Store, reading: Reading, plan: Plan) -> Result<Vec<Uuid>, String> {
    let (at, totals) = (reading.at, reading.totals);
    let mut new = totals.clone();
    new.version += 1;
    let mut named = plan.renew;
    for id in &plan.forget {
        new.folded.remove(id);
    }
    for instance in sealed(store, plan.fold).await {
        new.counts.add(&instance.counts()?);
        named.push(instance.id);
    }
    if named.is_empty() {
        return Ok(named);
    }
    new.folded.extend(named.iter().map(|id| (*id, at)));
    store.replace(&totals, &new).await?;
    Ok(named)
}

/// Those that have ended, and those that could be sealed as they were read: an instance may have come back.
async fn sealed(store: &Store, instances: Vec<InstanceCounts>) -> Vec<InstanceCounts> {
    let seal = |instance: InstanceCounts| async move {
        if !instance.ended
            && let Err(cause) = store.seal(&instance).await
        {
            tracing::warn!(cause, "not sealed");
            return None;
        }
        Some(instance)
    };
    let sealed = stream::iter(instances).map(seal).buffer_unordered(SEALS);
    sealed.filter_map(std::future::ready).collect().await
}
