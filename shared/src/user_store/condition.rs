//! Conditions of a write.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;
use super::items::Person;

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

    /// The person is still as it was read: the same one (an erased person that returns counts from one again), unchanged.
    pub(super) fn unchanged(person: &Person) -> Self {
        let global = AttributeValue::S(person.aura_id_global.as_str().to_owned());
        let version = AttributeValue::N(person.version.to_string());
        Self::new(
            "auraIdGlobal = :global AND version = :was",
            vec![(":global", global), (":was", version)],
        )
    }

    pub(super) fn values(&self) -> Item {
        self.values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }
}
