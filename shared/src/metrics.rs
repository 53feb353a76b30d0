//! What an instance counts (contract 4.16): recorded in memory, flushed beside requests, added up by the `monitoring` function.
//!
//! Recorded with the `prometheus` crate, whose registry belongs to one instance and can be read. See
//! `docs/operations/metrics.md`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::core::Collector as _;
use prometheus::proto::{Bucket, Metric, MetricFamily};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts};

mod counts;
mod emf;
mod families;
mod flusher;
mod underway;

pub use counts::{Counts, Series};
pub use families::{BUCKETS, Description, Family, Kind};
pub(crate) use flusher::Setup;
pub use flusher::{Flusher, INSTANCES, SILENT_FOR};
pub use underway::Underway;

/// One instance's counts. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    recorders: [Recorder; Family::ALL.len()],
    ages: Mutex<BTreeMap<&'static str, Duration>>,
}

enum Recorder {
    Counter(IntCounterVec),
    Histogram(HistogramVec),
    /// The family's description is unsound, which a test excludes.
    None,
}

impl Default for Metrics {
    fn default() -> Self {
        Self(Arc::new(Inner {
            recorders: Family::ALL.map(Recorder::new),
            ages: Mutex::default(),
        }))
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Counts one in a counter's series; `labels` in the family's order.
    pub fn count(&self, family: Family, labels: &[&str]) {
        self.count_many(family, labels, 1);
    }

    /// Counts several in a counter's series.
    pub fn count_many(&self, family: Family, labels: &[&str], number: u64) {
        if let Recorder::Counter(counter) = &self.0.recorders[family as usize]
            && let Ok(series) = counter.get_metric_with_label_values(labels)
        {
            series.inc_by(number);
        }
    }

    /// Counts a duration in a histogram's series.
    pub fn observe(&self, family: Family, labels: &[&str], took: Duration) {
        if let Recorder::Histogram(histogram) = &self.0.recorders[family as usize]
            && let Ok(series) = histogram.get_metric_with_label_values(labels)
        {
            series.observe(took.as_secs_f64());
        }
    }

    /// Sets the ages of keys, for the next line that CloudWatch gets.
    pub fn set_ages(&self, ages: BTreeMap<&'static str, Duration>) {
        *self.0.ages.lock().unwrap_or_else(PoisonError::into_inner) = ages;
    }

    fn ages(&self) -> BTreeMap<&'static str, Duration> {
        let ages = self.0.ages.lock().unwrap_or_else(PoisonError::into_inner);
        ages.clone()
    }

    /// Everything counted since the instance started.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (family, recorder) in Family::ALL.into_iter().zip(self.0.recorders.iter()) {
            let description = family.description();
            for metric in recorder.metrics() {
                let series = (description.name.to_owned(), labels(&metric, description));
                counts.set(series, recorder.numbers(&metric));
            }
        }
        counts
    }
}

impl Recorder {
    fn new(family: Family) -> Self {
        let Description {
            name,
            help,
            kind,
            labels,
        } = *family.description();
        let recorder = match kind {
            Kind::Counter => IntCounterVec::new(Opts::new(name, help), labels).map(Self::Counter),
            Kind::Histogram => {
                let options = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
                HistogramVec::new(options, labels).map(Self::Histogram)
            }
        };
        recorder.unwrap_or(Self::None)
    }

    fn metrics(&self) -> Vec<Metric> {
        let families = match self {
            Self::Counter(counter) => counter.collect(),
            Self::Histogram(histogram) => histogram.collect(),
            Self::None => Vec::new(),
        };
        let metrics = families.iter().flat_map(MetricFamily::get_metric);
        metrics.cloned().collect()
    }

    fn numbers(&self, metric: &Metric) -> Vec<u64> {
        match self {
            Self::Histogram(_) => histogram_numbers(metric.get_histogram()),
            _ => vec![whole(metric.get_counter().get_value())],
        }
    }
}

/// The values of a series' labels in the family's order; the crate has them sorted by name.
fn labels(metric: &Metric, description: &Description) -> Vec<String> {
    let value = |name: &&str| {
        let found = metric
            .get_label()
            .iter()
            .find(|label| label.name() == *name);
        found
            .map(|label| label.value().to_owned())
            .unwrap_or_default()
    };
    description.labels.iter().map(value).collect()
}

/// The sum in microseconds, then the count of each bucket alone: the crate has them cumulative.
fn histogram_numbers(histogram: &prometheus::proto::Histogram) -> Vec<u64> {
    let mut numbers = vec![whole(histogram.get_sample_sum() * 1e6)];
    let mut below = 0;
    let cumulative = histogram.get_bucket().iter().map(Bucket::cumulative_count);
    for count in cumulative.chain([histogram.get_sample_count()]) {
        numbers.push(count.saturating_sub(below));
        below = count;
    }
    numbers
}

/// A number that never falls as `value` grows.
fn whole(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts and sums of durations: positive, and saturating where they do not fit"
    )]
    let whole = value.round() as u64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_can_be_recorded() {
        let metrics = Metrics::default();
        for family in Family::ALL {
            let Description {
                name, kind, labels, ..
            } = *family.description();
            match kind {
                Kind::Counter => metrics.count(family, labels),
                Kind::Histogram => metrics.observe(family, labels, Duration::from_millis(3)),
            }
            let counts = metrics.counts();
            let (found, numbers) = counts.family(name).next().unwrap();
            assert_eq!(found, labels, "{name}: labels in the family's order");
            let expected: &[u64] = match kind {
                Kind::Counter => &[1],
                Kind::Histogram => &[3000, 0, 0, 1],
            };
            assert_eq!(numbers, expected, "{name}");
        }
    }

    #[test]
    fn durations_fall_into_the_bucket_whose_bound_they_do_not_exceed() {
        let metrics = Metrics::default();
        for micros in [0, 1_000, 1_001, 10_000_000, 10_000_001] {
            let labels = ["GET", "h", "/p", "200"];
            metrics.observe(Family::Requests, &labels, Duration::from_micros(micros));
        }
        let counts = metrics.counts();
        let (_, numbers) = counts
            .family("http_request_duration_seconds")
            .next()
            .unwrap();
        assert_eq!(
            numbers,
            [20_002_002, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
        );
    }
}
