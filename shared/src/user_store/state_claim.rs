//! Callback states as the store knows them (contract 4.3): claimed by one visit, then spent, or given back for another try.
//!
//! An item says which state it is and by which claim it is held, and nothing of the person or the login: an erasure has nothing
//! to take from it, and a used state stays used.

use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use tokio::time::timeout;
use uuid::Uuid;

use super::condition::Condition;
use super::keys::{Key, Keys};
use super::transaction::{Part, Transaction};
use super::{Item, UserStore, ttl};
use crate::aws;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::sealed_state::{MAX_SKEW, SealedState, StateRefusal};

/// How long a claim keeps others out. A visit that takes longer can still spend its state if nobody else has claimed it since.
const CLAIMED_FOR: Duration = Duration::from_secs(15);

/// Giving back comes on top of everything that a visit may take.
const RELEASE_LIMIT: Duration = Duration::from_secs(1);

/// One visit's hold on a state.
#[derive(Clone, Debug)]
pub struct StateClaim {
    key: Key,
    id: String,
    /// From when on others can claim it.
    until: Timestamp,
    /// When the state is too old for anybody, and its item can go.
    ttl: i64,
}

/// A `STATE` item: `claimed_until` while a visit is under way, `spent_at` for good.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StateItem<'a> {
    claim: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spent_at: Option<Timestamp>,
    ttl: i64,
}

impl UserStore {
    /// Claims a state that passed its checks: one conditional write.
    ///
    /// # Errors
    /// [`StateRefusal::Used`] when it was spent or another visit holds it, [`Error::Unavailable`] when the store fails.
    pub async fn claim_state(&self, state: &SealedState) -> Result<StateClaim, Error> {
        let now = self.clock.now();
        let claim = StateClaim {
            key: Keys::state(state.jti),
            id: Uuid::new_v4().to_string(),
            until: now.plus(CLAIMED_FOR),
            ttl: ttl(state.expires().plus(MAX_SKEW)),
        };
        // Its own claim is no obstacle, for the SDK repeats a write whose answer was lost; unless it is spent by then.
        let free = Condition::new(
            "attribute_not_exists(pk) OR (claim = :mine AND attribute_not_exists(spentAt)) OR claimedUntil < :now",
            vec![
                claim.mine(),
                (":now", AttributeValue::N(now.millis().to_string())),
            ],
        );
        let claimed = self.put_state(&claim, &claim.item(None), &free).await;
        // It may hold all the same: then the next visit need not wait for its end.
        if let Err(Error::Unavailable { .. }) = claimed {
            self.release_state(&claim).await;
        }
        claimed.map(|()| claim)
    }

    /// Ends a claim by what came of the visit. A success has spent the state with what it stored; a refusal spends it here; a
    /// failure gives it back, so that the same link can be tried again.
    ///
    /// # Errors
    /// The visit's own, or [`Error::Unavailable`] when a refused state could not be spent.
    pub async fn settle_state<T>(
        &self,
        claim: &StateClaim,
        outcome: Result<T, Error>,
    ) -> Result<T, Error> {
        let Err(error) = outcome else { return outcome };
        match error {
            Error::BadState(_) => {}
            Error::RateLimited { .. }
            | Error::Upstream(_)
            | Error::UpstreamTimeout(_)
            | Error::Unavailable { .. }
            | Error::Internal(_) => self.release_state(claim).await,
            _ => {
                let spent = self.spend_state(claim).await;
                if let Err(Error::Unavailable { .. }) = spent {
                    self.release_state(claim).await;
                }
                spent?;
            }
        }
        Err(error)
    }

    /// Spends a state where nothing else is stored with it.
    ///
    /// # Errors
    /// [`StateRefusal::Used`] when another visit holds it by now, [`Error::Unavailable`] when the store fails.
    pub(super) async fn spend_state(&self, claim: &StateClaim) -> Result<(), Error> {
        let spent = claim.item(Some(self.clock.now()));
        let held = Condition::new("claim = :mine", vec![claim.mine()]);
        self.put_state(claim, &spent, &held).await
    }

    async fn put_state(
        &self,
        claim: &StateClaim,
        item: &StateItem<'_>,
        only_if: &Condition,
    ) -> Result<(), Error> {
        let mut item: Item = serde_dynamo::to_item(item).unwrap_or_default();
        item.extend(claim.key.attributes());
        let put = self.clients.dynamodb.put_item().table_name(&*self.table);
        let put = put
            .set_item(Some(item))
            .condition_expression(&only_if.expression)
            .set_expression_attribute_values(only_if.values());
        let Err(error) = put.send().await else {
            return Ok(());
        };
        // Only the transaction of another visit, which spends the state, can be in the way.
        let taken = |error: &PutItemError| {
            error.is_conditional_check_failed_exception()
                || error.is_transaction_conflict_exception()
        };
        if error.as_service_error().is_some_and(taken) {
            return Err(Error::BadState(StateRefusal::Used));
        }
        Err(Error::unavailable(format!(
            "PutItem: {}",
            aws::cause(&error)
        )))
    }

    /// Gives a state back that nothing was done with. Best done, but not needed: a claim that cannot be given back soon, or has lapsed, ends by itself.
    pub async fn release_state(&self, claim: &StateClaim) {
        if claim.until <= self.clock.now() {
            return;
        }
        let held = claim.held();
        let delete = self.clients.dynamodb.delete_item().table_name(&*self.table);
        let delete = delete
            .set_key(Some(claim.key.attributes()))
            .condition_expression(&held.expression)
            .set_expression_attribute_values(held.values());
        let released = match timeout(RELEASE_LIMIT, delete.send()).await {
            Ok(sent) => sent.map(drop).map_err(|error| aws::cause(&error)),
            Err(_) => Err("timeout".to_owned()),
        };
        if let Err(cause) = released {
            tracing::warn!(cause, "a state's claim was not given back");
        }
    }
}

impl StateClaim {
    /// Spends the state in `transaction`: with all of it, or not at all.
    pub(super) fn spend_in(&self, transaction: &mut Transaction, table: &str, now: Timestamp) {
        let spent = self.item(Some(now));
        let held = Some(self.held());
        transaction.put(Part::State, table, &self.key, &spent, held);
    }

    fn item(&self, spent_at: Option<Timestamp>) -> StateItem<'_> {
        StateItem {
            claim: &self.id,
            claimed_until: spent_at.is_none().then_some(self.until),
            spent_at,
            ttl: self.ttl,
        }
    }

    /// Nobody else has claimed it since, and it is not spent.
    fn held(&self) -> Condition {
        Condition::new(
            "claim = :mine AND attribute_not_exists(spentAt)",
            vec![self.mine()],
        )
    }

    fn mine(&self) -> (&'static str, AttributeValue) {
        (":mine", AttributeValue::S(self.id.clone()))
    }
}
