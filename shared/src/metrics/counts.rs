//! Counts as they are stored and added up: whole numbers only, so that adding in any order gives the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One series: its family's name and its labels' values, in the family's order.
pub type Series = (String, Vec<String>);

/// Numbers by series. A counter has one; a histogram its sum in microseconds, then the count of each bucket, up to the last
/// that is not zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Series, Vec<u64>>);

/// Counts as JSON: by family, each series as its labels' values and its numbers.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Stored(BTreeMap<String, Vec<StoredSeries>>);

/// The labels' values, and the numbers.
type StoredSeries = (Vec<String>, Vec<u64>);

impl Counts {
    /// Sets a series' numbers; one that has counted nothing is left out.
    pub fn set(&mut self, series: Series, mut numbers: Vec<u64>) {
        trim(&mut numbers);
        if !numbers.is_empty() {
            self.0.insert(series, numbers);
        }
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A family's series.
    pub fn family(&self, name: &str) -> impl Iterator<Item = (&[String], &[u64])> {
        let of_family = self.0.iter().filter(move |((family, _), _)| family == name);
        of_family.map(|((_, labels), numbers)| (labels.as_slice(), numbers.as_slice()))
    }

    /// Adds what others counted; saturates.
    pub fn add(&mut self, others: &Self) {
        for (series, numbers) in &others.0 {
            let sum = self.0.entry(series.clone()).or_default();
            sum.resize(sum.len().max(numbers.len()), 0);
            for (sum, number) in sum.iter_mut().zip(numbers) {
                *sum = sum.saturating_add(*number);
            }
        }
    }

    /// What was counted since these counts of the same series.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut since = Self::default();
        for (series, numbers) in &self.0 {
            let before = earlier.0.get(series).map_or(&[][..], Vec::as_slice);
            let before = before.iter().copied().chain(std::iter::repeat(0));
            let new = numbers.iter().zip(before);
            since.set(
                series.clone(),
                new.map(|(now, before)| now.saturating_sub(before))
                    .collect(),
            );
        }
        since
    }

    /// As they are stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut stored = Stored(BTreeMap::new());
        for ((family, labels), numbers) in &self.0 {
            let of_family = stored.0.entry(family.clone()).or_default();
            of_family.push((labels.clone(), numbers.clone()));
        }
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// From what is stored; `None` when it is not that.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        let stored: Stored = serde_json::from_str(json).ok()?;
        let mut counts = Self::default();
        for (family, all) in stored.0 {
            for (labels, numbers) in all {
                counts.set((family.clone(), labels), numbers);
            }
        }
        Some(counts)
    }
}

fn trim(numbers: &mut Vec<u64>) {
    let used = numbers.iter().rposition(|&number| number > 0);
    numbers.truncate(used.map_or(0, |last| last + 1));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(all: &[(&str, &str, &[u64])]) -> Counts {
        let mut counts = Counts::default();
        for (family, label, numbers) in all {
            counts.set(
                ((*family).to_owned(), vec![(*label).to_owned()]),
                numbers.to_vec(),
            );
        }
        counts
    }

    #[test]
    fn what_is_stored_comes_back_without_zeros_at_the_end() {
        let some = counts(&[
            ("b", "x\"y", &[7]),
            ("a", "x", &[5, 0, 2, 0, 0]),
            ("c", "", &[0]),
        ]);
        assert_eq!(
            some.to_json(),
            r#"{"a":[[["x"],[5,0,2]]],"b":[[["x\"y"],[7]]]}"#
        );
        assert_eq!(Counts::parse(&some.to_json()), Some(some));
        assert_eq!(Counts::parse("{}"), Some(Counts::default()));
        for malformed in ["", "[]", r#"{"a":[["x",[1]]]}"#, r#"{"a":[[["x"],[-1]]]}"#] {
            assert_eq!(Counts::parse(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn adding_what_was_counted_since_gives_what_there_is_now() {
        let before = counts(&[("a", "x", &[5, 0, 2]), ("a", "y", &[1])]);
        let now = counts(&[
            ("a", "x", &[9, 1, 2, 0, 4]),
            ("a", "y", &[1]),
            ("b", "", &[3]),
        ]);
        let since = now.since(&before);
        assert_eq!(
            since,
            counts(&[("a", "x", &[4, 1, 0, 0, 4]), ("b", "", &[3])])
        );
        let mut sum = before;
        sum.add(&since);
        assert_eq!(sum, now);
        assert!(now.since(&now).is_empty());
    }
}
