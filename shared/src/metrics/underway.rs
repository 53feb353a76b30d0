//! Something that takes time and is counted when it ends, however it ends.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Family, Metrics};
use crate::clock::{Clock, Stopwatch};

/// A call under way. One that is dropped without an answer ran into a limit of ours, and counts as `timeout`.
#[derive(Debug)]
pub struct Underway {
    stopwatch: Stopwatch,
    metrics: Metrics,
    family: Family,
    labels: Vec<String>,
    done: AtomicBool,
}

impl Underway {
    /// Starts measuring for a histogram whose last label is the status; `labels` are those before it.
    #[must_use]
    pub fn start(metrics: &Metrics, clock: &Clock, family: Family, labels: Vec<String>) -> Self {
        Self {
            stopwatch: clock.stopwatch(),
            metrics: metrics.clone(),
            family,
            labels,
            done: AtomicBool::new(false),
        }
    }

    /// Counts it with this status: an HTTP status, `timeout` or `error`. Only its first end counts.
    pub fn end(&self, status: &str) {
        if self.done.swap(true, Ordering::Relaxed) {
            return;
        }
        let before = self.labels.iter().map(String::as_str);
        let labels: Vec<&str> = before.chain([status]).collect();
        self.metrics
            .observe(self.family, &labels, self.stopwatch.elapsed());
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.end("timeout");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_end_counts() {
        let metrics = Metrics::default();
        let exchanges = Family::TokenExchanges;
        let start = || Underway::start(&metrics, &Clock::system(), exchanges, Vec::new());
        let ended = start();
        ended.end("200");
        ended.end("error");
        drop(ended);
        drop(start());
        let counts = metrics.counts();
        let statuses = counts.family(exchanges.description().name);
        let statuses: Vec<_> = statuses
            .map(|(labels, numbers)| (labels.join(" "), numbers[1..].iter().sum::<u64>()))
            .collect();
        let expected = [("200".to_owned(), 1), ("timeout".to_owned(), 1)];
        assert_eq!(statuses, expected);
    }
}
