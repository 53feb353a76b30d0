//! A value that is read again when it gets old, and that serves a while longer when it cannot be: key rings and control data.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Timestamp};
use crate::metrics::{Family, Metrics};

/// After a failed refresh, how long the last good value serves before another try: an outage must not slow every request.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How long a refresh may take, however many calls it makes: it comes on top of the request's own work.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// How old a value may get.
#[derive(Clone, Copy, Debug)]
pub struct Ages {
    /// Older than this it is read again before it is used.
    pub fresh_for: Duration,
    /// Older than this it is not used any more.
    pub usable_for: Duration,
}

/// The outcome of a refresh, with its failure in words.
async fn limited<T, E: std::fmt::Display>(
    load: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    let loaded = tokio::time::timeout(TIME_LIMIT, load).await;
    let loaded = loaded.map_err(|_| "timeout".to_owned())?;
    loaded.map_err(|error| error.to_string())
}

/// There is no value that may still be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what} unavailable: {cause}")]
pub struct Stale {
    /// What is missing.
    pub what: &'static str,
    /// Why the last refresh failed; names of errors only, never data.
    pub cause: String,
}

/// See the module's text.
pub struct Cached<T> {
    what: &'static str,
    ages: Ages,
    clock: Clock,
    metrics: Metrics,
    state: Mutex<State<T>>,
    refreshing: tokio::sync::Mutex<()>,
}

struct State<T> {
    value: Option<(Arc<T>, Timestamp)>,
    failed: Option<(String, Timestamp)>,
}

impl<T> Cached<T> {
    /// An empty cache of `what`, whose failed refreshes are counted in `metrics`.
    #[must_use]
    pub fn new(what: &'static str, ages: Ages, clock: Clock, metrics: Metrics) -> Self {
        let state = Mutex::new(State {
            value: None,
            failed: None,
        });
        Self {
            what,
            ages,
            clock,
            metrics,
            state,
            refreshing: tokio::sync::Mutex::new(()),
        }
    }

    /// The value, read by `load` first when it is old. One caller reads, the others wait for it.
    ///
    /// # Errors
    /// [`Stale`] when it was never read, or not for too long.
    pub async fn get<E, F>(&self, load: impl FnOnce(Option<Arc<T>>) -> F) -> Result<Arc<T>, Stale>
    where
        E: std::fmt::Display,
        F: Future<Output = Result<Arc<T>, E>>,
    {
        if let Some(value) = self.within(self.ages.fresh_for) {
            return Ok(value);
        }
        let _one_at_a_time = self.refreshing.lock().await;
        if let Some(value) = self.within(self.ages.fresh_for) {
            return Ok(value);
        }
        if !self.failed_just_now() {
            // The age counts from before the read: what changes during it is seen in time.
            let asked = self.clock.now();
            let last = self
                .lock()
                .value
                .as_ref()
                .map(|(value, _)| Arc::clone(value));
            // Boxed, so that the future of a request that reads nothing is small.
            match Box::pin(limited(load(last))).await {
                Ok(value) => {
                    *self.lock() = State {
                        value: Some((Arc::clone(&value), asked)),
                        failed: None,
                    };
                    return Ok(value);
                }
                Err(error) => {
                    tracing::warn!(what = self.what, cause = %error, "refresh failed");
                    self.metrics.count(Family::RefreshesFailed, &[self.what]);
                    self.lock().failed = Some((error, self.clock.now()));
                }
            }
        }
        self.within(self.ages.usable_for)
            .ok_or_else(|| self.stale())
    }

    /// A clock that was set back makes a value old: better one read too many.
    fn within(&self, age: Duration) -> Option<Arc<T>> {
        let state = self.lock();
        let (value, read_at) = state.value.as_ref()?;
        (self.clock.now().since(*read_at)? <= age).then(|| Arc::clone(value))
    }

    fn failed_just_now(&self) -> bool {
        let now = self.clock.now();
        let failed = self.lock().failed.as_ref().map(|(_, at)| *at);
        failed
            .and_then(|at| now.since(at))
            .is_some_and(|age| age < RETRY_AFTER)
    }

    fn stale(&self) -> Stale {
        let cause = self
            .lock()
            .failed
            .as_ref()
            .map_or_else(String::new, |(cause, _)| cause.clone());
        Stale {
            what: self.what,
            cause,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};

    const AGES: Ages = Ages {
        fresh_for: Duration::from_secs(5),
        usable_for: Duration::from_mins(1),
    };

    struct Setup {
        now: Arc<AtomicI64>,
        loads: AtomicUsize,
        cache: Cached<usize>,
    }

    fn setup() -> Setup {
        let now = Arc::new(AtomicI64::new(0));
        let told = Arc::clone(&now);
        let clock = Clock::from_fn(move || Timestamp::from_secs(told.load(SeqCst)));
        Setup {
            now,
            loads: AtomicUsize::new(0),
            cache: Cached::new("test", AGES, clock, Metrics::default()),
        }
    }

    impl Setup {
        async fn get(&self, at: i64, works: bool) -> Option<usize> {
            self.now.store(at, SeqCst);
            let load = |_| async {
                let n = self.loads.fetch_add(1, SeqCst) + 1;
                if works { Ok(Arc::new(n)) } else { Err("down") }
            };
            self.cache.get(load).await.ok().map(|value| *value)
        }
    }

    #[tokio::test]
    async fn reads_again_only_when_older_than_fresh() {
        let s = setup();
        assert_eq!(s.get(0, true).await, Some(1));
        assert_eq!(s.get(5, true).await, Some(1));
        assert_eq!(s.get(6, true).await, Some(2));
        assert_eq!(s.get(3, true).await, Some(3), "a clock set back");
    }

    #[tokio::test]
    async fn last_good_value_serves_until_usable_ends() {
        let s = setup();
        assert_eq!(s.get(0, true).await, Some(1));
        assert_eq!(s.get(60, false).await, Some(1));
        assert_eq!(s.get(61, false).await, None);
        assert_eq!(s.get(62, true).await, Some(4));
    }

    #[tokio::test]
    async fn never_read_is_an_error_and_is_not_hammered() {
        let s = setup();
        assert_eq!(s.get(0, false).await, None);
        assert_eq!(s.get(0, false).await, None);
        assert_eq!(s.loads.load(SeqCst), 1);
    }

    #[tokio::test]
    async fn concurrent_callers_share_one_read() {
        let s = setup();
        let all = futures_util::future::join_all((0..50).map(|_| s.get(0, true))).await;
        assert!(all.iter().all(|value| *value == Some(1)));
        assert_eq!(s.loads.load(SeqCst), 1);
    }
}
