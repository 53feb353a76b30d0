//! CloudWatch's embedded metric format: one line of JSON per flush, from the same counts.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::counts::Counts;
use super::families::{Family, Kind};
use crate::clock::Timestamp;

/// Where CloudWatch keeps these metrics.
const NAMESPACE: &str = "AuraAuthentication";
/// CloudWatch takes at most this many metrics in a line.
const MAX_METRICS: usize = 100;

/// A line for what was counted since the last one, and for the ages of keys where they are known; `None` when there is nothing.
#[must_use]
pub(super) fn line(
    environment: &str,
    function: &str,
    now: Timestamp,
    counted: &Counts,
    ages: &BTreeMap<&'static str, Duration>,
) -> Option<String> {
    let mut metrics = BTreeMap::new();
    for family in Family::ALL {
        for (labels, numbers) in counted.family(family.description().name) {
            for (name, number) in named(family, labels, numbers) {
                *metrics.entry(name).or_insert(0) += number;
            }
        }
    }
    let counts = metrics
        .into_iter()
        .map(|(name, count)| (name, "Count", count));
    let ages = ages
        .iter()
        .map(|(key, age)| (format!("RotationAge.{key}"), "Seconds", age.as_secs()));
    let all: Vec<_> = ages.chain(counts).take(MAX_METRICS).collect();
    if all.is_empty() {
        return None;
    }
    let declared = |(name, unit, _): &(String, &str, u64)| json!({ "Name": name, "Unit": unit });
    let directive = json!({
        "Namespace": NAMESPACE,
        "Dimensions": [["Environment"], ["Environment", "Function"]],
        "Metrics": all.iter().map(declared).collect::<Vec<_>>(),
    });
    let mut line = Map::new();
    line.insert(
        "_aws".into(),
        json!({ "Timestamp": now.millis(), "CloudWatchMetrics": [directive] }),
    );
    line.insert("Environment".into(), environment.into());
    line.insert("Function".into(), function.into());
    line.extend(
        all.into_iter()
            .map(|(name, _, number)| (name, number.into())),
    );
    Some(Value::Object(line).to_string())
}

/// CloudWatch's metrics of one series: the family's own, and one for what an alarm asks of it.
fn named(family: Family, labels: &[String], numbers: &[u64]) -> Vec<(String, u64)> {
    let description = family.description();
    let name = capitalised(description.name.trim_end_matches("_duration_seconds"));
    let last = labels.last().map(String::as_str).unwrap_or_default();
    if description.kind == Kind::Histogram {
        let count = numbers.iter().skip(1).sum();
        let kind = if failed(last) { "Failed" } else { "Refused" };
        let mut named = vec![(format!("{name}s"), count)];
        if !last.starts_with(['1', '2', '3']) {
            named.push((format!("{name}s{kind}"), count));
        }
        return named;
    }
    let count = numbers.iter().sum();
    let mut named = vec![(name.clone(), count)];
    if !last.is_empty() {
        named.push((format!("{name}.{}", last.replace(' ', "-")), count));
    }
    named
}

/// A status of 500 and above, or no status at all.
fn failed(status: &str) -> bool {
    !status.starts_with('4')
}

/// `users_registered` is `UsersRegistered`.
fn capitalised(name: &str) -> String {
    let word = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    name.split('_').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    fn counted() -> Counts {
        let metrics = Metrics::default();
        for (status, times) in [("200", 3), ("404", 2), ("503", 1)] {
            for _ in 0..times {
                let labels = ["GET", "h", "/users/{auraId}", status];
                metrics.observe(Family::Requests, &labels, Duration::from_millis(3));
            }
        }
        let labels = ["POST", "dynamodb", "GetItem", "timeout"];
        metrics.observe(Family::Outgoing, &labels, Duration::from_secs(1));
        metrics.count(Family::KeysRefused, &["expired"]);
        metrics.count(Family::KeysRefused, &["revoked"]);
        metrics.counts()
    }

    const EXPECTED: [(&str, u64, &str); 9] = [
        ("RotationAge.key-ring", 120, "Seconds"),
        ("ApiKeysRefused", 2, "Count"),
        ("ApiKeysRefused.expired", 1, "Count"),
        ("ApiKeysRefused.revoked", 1, "Count"),
        ("HttpRequests", 6, "Count"),
        ("HttpRequestsFailed", 1, "Count"),
        ("HttpRequestsRefused", 2, "Count"),
        ("OutgoingRequests", 1, "Count"),
        ("OutgoingRequestsFailed", 1, "Count"),
    ];

    #[test]
    fn a_line_has_every_count_once_in_both_dimensions() {
        let ages = BTreeMap::from([("key-ring", Duration::from_mins(2))]);
        let now = Timestamp::from_millis(1_700_000_000_123);
        let line = line("es-prod", "user-lookup", now, &counted(), &ages).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        let mut declared = Vec::new();
        for (name, number, unit) in EXPECTED {
            assert_eq!(line[name], number, "{name}");
            declared.push(json!({ "Name": name, "Unit": unit }));
        }
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Metrics"], Value::Array(declared));
        assert_eq!(
            directive["Dimensions"],
            json!([["Environment"], ["Environment", "Function"]])
        );
        assert_eq!(line["_aws"]["Timestamp"], 1_700_000_000_123_i64);
        assert_eq!(line["Environment"], "es-prod");
        assert_eq!(line["Function"], "user-lookup");
    }

    #[test]
    fn nothing_counted_is_no_line() {
        let now = Timestamp::from_secs(0);
        assert_eq!(
            line("e", "f", now, &Counts::default(), &BTreeMap::new()),
            None
        );
    }
}
