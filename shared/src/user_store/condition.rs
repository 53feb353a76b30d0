//! Conditions of a write.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;

/// A condition with its values.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) expression: String,
    pub(super) values: Vec<(&'static str, AttributeValue)>,
}

impl Condition {
    pub(super) fn new(expression: &str, values: Vec<(&'static str, AttributeValue)>) -> Self {
        Self {
            expression: expression.to_owned(),
            values,
        }
    }

    /// The person is still as it was read.
    pub(super) fn unchanged(version: u64) -> Self {
        let was = AttributeValue::N(version.to_string());
        Self::new("version = :was", vec![(":was", was)])
    }

    pub(super) fn values(&self) -> Item {
        self.values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }
}
