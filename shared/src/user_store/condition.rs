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

    /// The values as requests take them: none at all rather than an empty map, which DynamoDB refuses.
    pub(super) fn values(&self) -> Option<Item> {
        let values = self.values.iter();
        let values: Item = values
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        (!values.is_empty()).then_some(values)
    }
}
