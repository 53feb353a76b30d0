//! The numbers as Prometheus reads them. Every family is declared, also before its first use.

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use shared::metrics::{BUCKETS, Description, Family, Kind};

use crate::service_counts::Sum;

mod format;
mod text_format;

pub(crate) use format::Format;

/// What is shown.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// What the service has counted.
    pub(crate) sum: Sum,
    /// How old each key is.
    pub(crate) ages: BTreeMap<&'static str, Duration>,
}

impl Numbers {
    /// The numbers in this format.
    pub(crate) fn encode(self, format: Format) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut encoded = String::new();
        text::encode(&mut encoded, &registry)?;
        Ok(match format {
            Format::OpenMetrics => encoded,
            Format::Text => text_format::from_open_metrics(&encoded),
        })
    }
}

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        for family in Family::ALL {
            self.encode_family(family.description(), &mut encoder)?;
        }
        let help = "The version that answers this";
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        gauge(&mut encoder, "aura_authentication_build_info", help)?
            .encode_family(&version)?
            .encode_gauge(&1_u64)?;
        let help = "Instances whose counts are not in the totals yet";
        gauge(&mut encoder, "metrics_instances", help)?.encode_gauge(&self.sum.instances)?;
        let help = "How old each key is: a ring's active key and the Direct Line secrets since they were made, the signing key since it was published";
        let mut ages = gauge(&mut encoder, "rotation_age_seconds", help)?;
        for (key, age) in &self.ages {
            ages.encode_family(&[("key", *key)])?
                .encode_gauge(&age.as_secs())?;
        }
        Ok(())
    }
}

impl Numbers {
    fn encode_family(
        &self,
        family: &Description,
        encoder: &mut DescriptorEncoder,
    ) -> Result<(), std::fmt::Error> {
        let kind = match family.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Histogram => MetricType::Histogram,
        };
        let mut encoder = encoder.encode_descriptor(family.name, family.help, None, kind)?;
        if family.labels.is_empty() {
            let mut series = self.sum.counts.family(family.name);
            let numbers = series.next().map_or(&[][..], |(_, numbers)| numbers);
            return encode_numbers(family.kind, numbers, &mut encoder);
        }
        for (values, numbers) in self.sum.counts.family(family.name) {
            // Another number of labels is another version's, as another name would be.
            if values.len() == family.labels.len() {
                let values = values.iter().map(String::as_str);
                let labels: Vec<_> = family.labels.iter().copied().zip(values).collect();
                let mut encoder = encoder.encode_family(&labels)?;
                encode_numbers(family.kind, numbers, &mut encoder)?;
            }
        }
        Ok(())
    }
}

fn gauge<'a>(
    encoder: &'a mut DescriptorEncoder,
    name: &'a str,
    help: &str,
) -> Result<MetricEncoder<'a>, std::fmt::Error> {
    encoder.encode_descriptor(name, help, None, MetricType::Gauge)
}

fn encode_numbers(
    kind: Kind,
    numbers: &[u64],
    encoder: &mut MetricEncoder,
) -> Result<(), std::fmt::Error> {
    let number = |at: usize| numbers.get(at).copied().unwrap_or_default();
    if kind == Kind::Counter {
        return encoder.encode_counter::<NoLabelSet, u64, f64>(&number(0), None);
    }
    let bounds = BUCKETS.into_iter().chain([f64::INFINITY]);
    let buckets: Vec<_> = bounds.zip((1..).map(number)).collect();
    let count = buckets.iter().map(|(_, count)| count).sum();
    #[expect(clippy::cast_precision_loss, reason = "exact for the first 285 years")]
    let seconds = number(0) as f64 / 1e6;
    encoder.encode_histogram::<NoLabelSet>(seconds, count, &buckets, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::metrics::Counts;

    fn encoded(counts: &str, format: Format) -> String {
        let counts = Counts::parse(counts).unwrap();
        let sum = Sum {
            counts,
            instances: 3,
        };
        let ages = BTreeMap::from([("key-ring", Duration::from_millis(90_500))]);
        Numbers { sum, ages }.encode(format).unwrap()
    }

    #[test]
    fn families_are_declared_before_their_first_use() {
        let text = encoded("{}", Format::OpenMetrics);
        for family in Family::ALL {
            let Description { name, kind, .. } = family.description();
            let kind = match kind {
                Kind::Counter => "counter",
                Kind::Histogram => "histogram",
            };
            assert!(text.contains(&format!("# TYPE {name} {kind}\n")), "{text}");
        }
        assert!(text.contains("users_erased_total 0\n"), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
        let version = env!("CARGO_PKG_VERSION");
        let build = format!("aura_authentication_build_info{{version=\"{version}\"}} 1\n");
        assert!(text.contains(&build), "{text}");
        assert!(text.contains("metrics_instances 3\n"), "{text}");
        assert!(
            text.contains("rotation_age_seconds{key=\"key-ring\"} 90\n"),
            "{text}"
        );
    }

    #[test]
    fn buckets_are_cumulative_and_seconds() {
        let counts = r#"{"aura_token_generate": [[["200"], [1500250, 0, 2, 0, 1]]]}"#;
        let text = encoded(counts, Format::Text);
        let lines = text
            .lines()
            .filter(|line| line.starts_with("aura_token_generate"));
        let lines: Vec<_> = lines.collect();
        let bucket = |le: &str, count: u64| {
            format!("aura_token_generate_bucket{{le=\"{le}\",status=\"200\"}} {count}")
        };
        assert_eq!(lines[0], "aura_token_generate_sum{status=\"200\"} 1.50025");
        assert_eq!(lines[1], "aura_token_generate_count{status=\"200\"} 3");
        assert_eq!(lines[2], bucket("0.001", 0));
        assert_eq!(lines[3], bucket("0.002", 2));
        assert_eq!(lines[4], bucket("0.005", 2));
        assert_eq!(lines[5], bucket("0.01", 3));
        assert_eq!(lines.last().unwrap(), &bucket("+Inf", 3));
        assert_eq!(lines.len(), 2 + BUCKETS.len() + 1);
    }

    #[test]
    fn labels_are_escaped_and_what_a_newer_version_counts_is_not_shown() {
        let counts = r#"{
            "api_keys_refused": [[["a\"b\\c\nd"], [2]], [["two", "labels"], [7]]],
            "of_a_newer_version": [[[], [5]]]
        }"#;
        let text = encoded(counts, Format::OpenMetrics);
        let line = "api_keys_refused_total{reason=\"a\\\"b\\\\c\\nd\"} 2\n";
        assert!(text.contains(line), "{text}");
        assert!(!text.contains('7') && !text.contains("newer"), "{text}");
    }
}
