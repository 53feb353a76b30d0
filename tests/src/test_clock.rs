//! A clock that tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use shared::clock::{Clock, Timestamp};

/// Starts at the machine's time, because requests to AWS are signed with that, and moves only when told.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// A clock that stands at the time now.
    #[must_use]
    pub fn start() -> Self {
        Self(Arc::new(AtomicI64::new(Clock::system().now().millis())))
    }

    /// The clock for the code under test.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let millis = Arc::clone(&self.0);
        Clock::from_fn(move || Timestamp::from_millis(millis.load(SeqCst)))
    }

    /// The time it tells.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(SeqCst))
    }

    /// Moves it on.
    pub fn advance(&self, span: Duration) {
        self.0
            .fetch_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), SeqCst);
    }
}
