//! Writes an instance's counts where the service's are added up: one item per instance, always the whole of its counts.
//!
//! Whole counts and not differences, so that a write repeated after a lost answer changes nothing. An item that is sealed,
//! because its instance ended or seemed to have, is never written again: its counts are the service's now, and an instance that
//! comes back after all goes on under another id with what it has counted since.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use tokio::sync::Mutex;

use super::Metrics;
use super::counts::Counts;
use super::emf;
use super::families::Family;
use crate::aws;
use crate::clock::{Clock, Timestamp};

mod state;

pub use state::SILENT_FOR;
use state::State;

/// Partition of the instances' items.
pub const INSTANCES: &str = "METRICS";
/// At most one flush in this time.
const PERIOD: Duration = Duration::from_secs(10);
/// How long one write may take. A request that a flush runs beside waits for no more than two.
const TIME_LIMIT: Duration = Duration::from_millis(500);
/// Lambda leaves a function this long to end, less what ending takes.
const LAST_TIME_LIMIT: Duration = Duration::from_millis(400);

/// Writes one instance's counts. Cheap to clone.
#[derive(Clone)]
pub struct Flusher(Arc<Inner>);

/// What a flusher writes, and where.
pub(crate) struct Setup {
    pub(crate) metrics: Metrics,
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) environment: String,
    pub(crate) function: &'static str,
    pub(crate) clock: Clock,
}

struct Inner {
    setup: Setup,
    tried_at: AtomicI64,
    state: Mutex<State>,
    lines: OnceLock<fn(&str)>,
}

/// How a write failed.
enum Failed {
    /// The item is sealed, with these counts, or gone.
    Sealed(Option<Counts>),
    /// Perhaps it arrived, perhaps not.
    Unknown(String),
}

impl Flusher {
    pub(crate) fn new(setup: Setup) -> Self {
        let state = Mutex::new(State::new(Counts::default()));
        Self(Arc::new(Inner {
            tried_at: AtomicI64::new(setup.clock.now().millis()),
            setup,
            state,
            lines: OnceLock::new(),
        }))
    }

    /// What this flusher writes.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.setup.metrics
    }

    /// Gives a line in CloudWatch's embedded metric format to `tell` with each flush.
    pub fn tell_cloudwatch(&self, tell: fn(&str)) {
        let _ = self.0.lines.set(tell);
    }

    /// Whether it is time for a flush.
    #[must_use]
    pub fn is_due(&self) -> bool {
        let now = self.0.setup.clock.now();
        let tried_at = Timestamp::from_millis(self.0.tried_at.load(Ordering::Relaxed));
        now.since(tried_at).is_none_or(|age| age >= PERIOD)
    }

    /// Writes what is new when it is time to, unless another flush is under way.
    pub async fn flush_if_due(&self) {
        // Asked again under the lock: of two that come at once, one may be done before the other begins.
        if let Ok(mut state) = self.0.state.try_lock()
            && self.is_due()
        {
            self.write(&mut state, false).await;
        }
    }

    /// Writes what is new; a failure is counted and logged, and made good by the next flush.
    pub async fn flush(&self) {
        let mut state = self.0.state.lock().await;
        self.write(&mut state, false).await;
    }

    /// Writes what is new and seals it: this instance counts no more.
    pub async fn end(&self) {
        let last = async {
            let mut state = self.0.state.lock().await;
            self.write(&mut state, true).await;
        };
        let _ = tokio::time::timeout(LAST_TIME_LIMIT, last).await;
    }

    async fn write(&self, state: &mut State, last: bool) {
        let setup = &self.0.setup;
        let now = setup.clock.now();
        self.0.tried_at.store(now.millis(), Ordering::Relaxed);
        let counts = setup.metrics.counts();
        self.tell(state, &counts, now);
        let news = state.failed || state.elsewhere_and_sent() != counts;
        if !news && !last {
            return;
        }
        // The second time under another id, when the item turns out to be sealed.
        for _ in 0..2 {
            match self.put(state, &counts, last).await {
                Ok(()) => return,
                Err(Failed::Sealed(sealed)) => *state = state.renewed(sealed.as_ref()),
                Err(Failed::Unknown(cause)) => {
                    tracing::warn!(cause, "metrics not flushed");
                    setup.metrics.count(Family::FlushesFailed, &[]);
                    return;
                }
            }
        }
    }

    async fn put(&self, state: &mut State, counts: &Counts, last: bool) -> Result<(), Failed> {
        state.seq += 1;
        let now = self.0.setup.clock.now();
        let condition = state.condition(now);
        let before = state.tries(counts.since(&state.elsewhere), now);
        // Until the answer is there: the request that waits for it may be given up.
        state.failed = true;
        let setup = &self.0.setup;
        let put = setup
            .client
            .put_item()
            .table_name(&setup.table)
            .set_item(Some(state.item(setup.function, now, last)))
            .condition_expression(condition)
            .expression_attribute_values(":seq", state.number())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let sent = tokio::time::timeout(TIME_LIMIT, put.send()).await;
        let sent = sent.map_err(|_| Failed::Unknown("timeout".to_owned()))?;
        match sent {
            Ok(_) => {}
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    let sealed = refused.item();
                    // Sealed by this very write, whose first answer was lost.
                    if sealed.and_then(|item| item.get("seq")) != Some(&state.number()) {
                        // This write is not among what was added up.
                        state.sent = before;
                        return Err(Failed::Sealed(sealed.and_then(state::stored_counts)));
                    }
                }
                _ => return Err(Failed::Unknown(aws::cause(&error))),
            },
        }
        state.arrived = true;
        state.before_rest = None;
        state.failed = false;
        Ok(())
    }

    fn tell(&self, state: &mut State, counts: &Counts, now: Timestamp) {
        let Some(tell) = self.0.lines.get() else {
            return;
        };
        let setup = &self.0.setup;
        let counted = counts.since(&state.told);
        let ages = setup.metrics.ages();
        let line = emf::line(&setup.environment, setup.function, now, &counted, &ages);
        if let Some(line) = line {
            tell(&line);
        }
        state.told = counts.clone();
    }
}
