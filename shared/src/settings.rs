//! Settings: environment variables, read in one place and checked before anything starts.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::access_token::LONGEST_LIFE_SECONDS;

mod base_url;

pub use base_url::BaseUrl;

/// A variable that is missing or not what it must be. Never quotes a value, which could be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("environment variable {name} {problem}: it must be {rule}")]
pub struct BadSetting {
    name: &'static str,
    problem: &'static str,
    rule: String,
}

/// A set of environment variables.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// This process's variables.
    #[must_use]
    pub fn process() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads the environment"
        )]
        let vars = std::env::vars_os();
        Self(
            vars.filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.into_string().ok()?))
            })
            .collect(),
        )
    }

    /// These variables.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }

    /// The variable's value; an empty one counts as absent.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A required text.
    ///
    /// # Errors
    /// [`BadSetting`] when it is missing.
    pub fn text(&self, name: &'static str, rule: &str) -> Result<&str, BadSetting> {
        self.optional(name)
            .ok_or_else(|| bad(name, "is missing", rule))
    }

    /// A required value that `parse` understands.
    ///
    /// # Errors
    /// [`BadSetting`] when it is missing or not understood.
    pub fn parsed<T>(
        &self,
        name: &'static str,
        rule: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, BadSetting> {
        parse(self.text(name, rule)?).ok_or_else(|| bad(name, "is malformed", rule))
    }

    /// A required whole number of `unit` between `min` and `max`.
    ///
    /// # Errors
    /// [`BadSetting`] when it is missing or out of range.
    pub fn number(
        &self,
        name: &'static str,
        unit: &str,
        min: u64,
        max: u64,
    ) -> Result<u64, BadSetting> {
        let rule = format!("a whole number of {unit} from {min} to {max}");
        self.parsed(name, &rule, |text| {
            text.parse()
                .ok()
                .filter(|number| (min..=max).contains(number))
        })
    }

    /// An optional address of another AWS endpoint.
    ///
    /// # Errors
    /// [`BadSetting`] when it is not the address of an HTTP server.
    pub fn endpoint(&self, name: &'static str) -> Result<Option<&str>, BadSetting> {
        let Some(text) = self.optional(name) else {
            return Ok(None);
        };
        let good = text.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some()
        });
        good.then_some(Some(text)).ok_or_else(|| {
            bad(
                name,
                "is malformed",
                "empty, or the http or https address of an AWS endpoint",
            )
        })
    }

    /// The address that callers know this API by: scheme, host, and the base path of a custom domain.
    ///
    /// # Errors
    /// [`BadSetting`] when it is not the address of an HTTP server.
    pub fn base_url(&self) -> Result<Option<BaseUrl>, BadSetting> {
        let name = "BASE_URL";
        let Some(text) = self.optional(name) else {
            return Ok(None);
        };
        let rule = || format!("empty, or {}", BaseUrl::RULE);
        let base = BaseUrl::parse(text).ok_or_else(|| bad(name, "is malformed", &rule()))?;
        Ok(Some(base))
    }

    /// The address of an upstream, under which its endpoints are.
    ///
    /// # Errors
    /// [`BadSetting`] when it is missing or not the address of an HTTP server.
    pub fn upstream_url(&self, name: &'static str) -> Result<BaseUrl, BadSetting> {
        self.parsed(name, BaseUrl::RULE, BaseUrl::parse)
    }

    /// The environment's name, which every APIKey carries.
    ///
    /// # Errors
    /// [`BadSetting`] when it is missing or not a name.
    pub fn environment(&self) -> Result<String, BadSetting> {
        self.parsed("ENVIRONMENT", "1 to 32 characters of a-z 0-9 -", |text| {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            ((1..=32).contains(&text.len()) && text.chars().all(fits)).then(|| text.to_owned())
        })
    }

    /// How much is logged.
    ///
    /// # Errors
    /// [`BadSetting`] when it is no level.
    pub fn log_level(&self) -> Result<tracing::Level, BadSetting> {
        self.parsed("LOG_LEVEL", "one of ERROR WARN INFO DEBUG TRACE", |text| {
            text.parse().ok()
        })
    }

    /// The longest life of an end user's token: for so long an id that was removed cannot pass to another person.
    ///
    /// # Errors
    /// [`BadSetting`] when it is missing or out of range.
    pub fn end_user_token_life(&self) -> Result<Duration, BadSetting> {
        self.seconds("END_USER_TOKEN_SECONDS", 60, LONGEST_LIFE_SECONDS)
    }

    /// A required whole number of days.
    ///
    /// # Errors
    /// [`BadSetting`] when it is missing or out of range.
    pub fn days(&self, name: &'static str, min: u64, max: u64) -> Result<Duration, BadSetting> {
        self.number(name, "days", min, max)
            .map(|days| Duration::from_secs(days * 86_400))
    }

    /// A required whole number of seconds.
    ///
    /// # Errors
    /// [`BadSetting`] when it is missing or out of range.
    pub fn seconds(&self, name: &'static str, min: u64, max: u64) -> Result<Duration, BadSetting> {
        self.number(name, "seconds", min, max)
            .map(Duration::from_secs)
    }
}

/// Names the variables, never their values.
impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn bad(name: &'static str, problem: &'static str, rule: &str) -> BadSetting {
    BadSetting {
        name,
        problem,
        rule: rule.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_variable_and_the_rule_but_no_value() {
        let env = Env::from_pairs([
            ("DAYS", "s3cret"),
            ("ENVIRONMENT", "Prod!"),
            ("AWS_ENDPOINT_URL", "nonsense"),
        ]);
        let message = env.days("DAYS", 1, 9).unwrap_err().to_string();
        assert_eq!(
            message,
            "environment variable DAYS is malformed: it must be a whole number of days from 1 to 9"
        );
        assert!(
            env.environment()
                .unwrap_err()
                .to_string()
                .starts_with("environment variable ENVIRONMENT is malformed")
        );
        assert!(env.endpoint("AWS_ENDPOINT_URL").is_err());
        assert!(
            env.text("TABLE_NAME", "a table")
                .unwrap_err()
                .to_string()
                .contains("TABLE_NAME is missing")
        );
        assert!(!format!("{env:?}").contains("s3cret"));
    }

    #[test]
    fn an_empty_endpoint_is_none() {
        assert_eq!(
            Env::from_pairs([("AWS_ENDPOINT_URL", "")]).endpoint("AWS_ENDPOINT_URL"),
            Ok(None)
        );
        let local = Env::from_pairs([("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")]);
        assert_eq!(
            local.endpoint("AWS_ENDPOINT_URL"),
            Ok(Some("http://127.0.0.1:4566"))
        );
    }
}
