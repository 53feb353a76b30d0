//! The numbers of `/metrics` as a scraper reads them.

use std::collections::BTreeMap;

use axum::Router;
use shared::api_key::Scope;

use crate::answer::Answer;
use crate::desk::{self, Desk};

/// Samples by series, as text: `name{label="value"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Samples(BTreeMap<String, String>);

impl Samples {
    /// Those of an answer of `/metrics`.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        let text = String::from_utf8_lossy(&answer.body);
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let samples = samples.map(|line| {
            let (series, value) = line
                .rsplit_once(' ')
                .unwrap_or_else(|| panic!("no sample: {line}"));
            (series.to_owned(), value.to_owned())
        });
        Self(samples.collect())
    }

    /// A series' value; 0 when there is none.
    ///
    /// # Panics
    /// When it is not a whole number.
    #[must_use]
    pub fn count(&self, series: &str) -> u64 {
        let value = self.0.get(series).map(|value| value.parse());
        let value = value.unwrap_or(Ok(0));
        value.unwrap_or_else(|error| panic!("{series}: {error}"))
    }

    /// The series whose names begin so, with their values.
    pub fn beginning(&self, start: &str) -> impl Iterator<Item = (&str, &str)> {
        let all = self
            .0
            .iter()
            .filter(move |(series, _)| series.starts_with(start));
        all.map(|(series, value)| (series.as_str(), value.as_str()))
    }
}

/// Asks this router for `/metrics`, with this `Accept` header.
pub async fn scrape(desk: &Desk, router: &Router, accept: &str) -> Answer {
    let key = desk.key("prometheus", Scope::Public);
    let headers = [
        ("authorization", key.as_bytes()),
        ("accept", accept.as_bytes()),
    ];
    desk::send(router, "GET", "/metrics", &headers).await
}
