//! The parameters of a query or a form, as OAuth 2 takes them (RFC 6749 3.1, 3.2).

use std::collections::BTreeMap;

/// A parameter that is given more than once: which one counts would be anybody's guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a parameter is given more than once")]
pub struct Repeated;

/// Parameters, each given once.
#[derive(Clone, Default)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Parses `application/x-www-form-urlencoded`.
    ///
    /// # Errors
    /// [`Repeated`].
    pub fn parse(text: &str) -> Result<Self, Repeated> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if parameters.insert(name.into(), value.into()).is_some() {
                return Err(Repeated);
            }
        }
        Ok(Self(parameters))
    }

    /// The parameter's value; one without a value counts as left out (RFC 6749 3.1).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }
}

/// The address with these parameters as its query; those without a value are left out.
#[must_use]
pub fn with_query(address: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    format!("{address}?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_empty_ones_are_left_out() {
        let parameters = Parameters::parse("a=1%20+2&b=&c=%C3%B1").unwrap();
        assert_eq!(parameters.get("a"), Some("1  2"));
        assert_eq!(parameters.get("b"), None);
        assert_eq!(parameters.get("c"), Some("ñ"));
        assert_eq!(parameters.get("d"), None);
    }

    #[test]
    fn a_parameter_given_twice_is_refused() {
        for text in ["a=1&a=1", "a=1&%61=2", "a=&b=1&a="] {
            assert_eq!(Parameters::parse(text).err(), Some(Repeated), "{text}");
        }
    }

    #[test]
    fn values_cannot_leave_the_query() {
        let address = with_query("/a", &[("b", Some("1&c=2#d é")), ("e", None)]);
        assert_eq!(address, "/a?b=1%26c%3D2%23d+%C3%A9");
    }
}
