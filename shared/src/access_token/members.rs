//! A JSON object whose members each have a name of their own: of two with one name, which counts would be anybody's guess.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

/// The members of an object, by name.
pub(super) struct Members(BTreeMap<String, Value>);

impl Members {
    /// The object that this text is, and nothing beside it.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A number that is written as a whole one, not below zero.
    pub(super) fn whole_number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    pub(super) fn is_bool(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Value::is_boolean)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OncePerName)
    }
}

struct OncePerName;

impl<'de> Visitor<'de> for OncePerName {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = object.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(Error::custom("a member is there twice"));
            }
        }
        Ok(Members(members))
    }
}
