//! Secrets of Secrets Manager: read when first needed, again every 5 minutes, and served for an hour when that fails (contract 2).

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use zeroize::Zeroizing;

use crate::aws::{self, Clients};
use crate::cached::{Ages, Cached, Stale};
use crate::clock::Clock;

/// How old a secret may get: whoever changes one waits for `fresh_for`, and for `usable_for` where the old one must be gone.
pub const AGES: Ages = Ages {
    fresh_for: Duration::from_mins(5),
    usable_for: Duration::from_hours(1),
};

/// Turns a secret's text into its value; the error must not quote the text.
type Parse<T> = fn(&str) -> Result<T, String>;

/// One secret, parsed. Cheap to clone.
pub struct Secret<T>(Arc<Inner<T>>);

struct Inner<T> {
    client: Client,
    id: String,
    parse: Parse<T>,
    cached: Cached<T>,
}

impl<T> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Secret<T> {
    /// The secret with this name or ARN; `what` is its name in logs.
    #[must_use]
    pub fn new(
        what: &'static str,
        clients: &Clients,
        id: String,
        parse: Parse<T>,
        clock: Clock,
    ) -> Self {
        Self(Arc::new(Inner {
            client: clients.secrets.clone(),
            id,
            parse,
            cached: Cached::new(what, AGES, clock, clients.metrics.clone()),
        }))
    }

    /// The secret's current value.
    ///
    /// # Errors
    /// [`Stale`] when it was never read, or not for an hour.
    pub async fn get(&self) -> Result<Arc<T>, Stale> {
        self.0.cached.get(|_| self.read()).await
    }

    async fn read(&self) -> Result<Arc<T>, String> {
        let text = read_text(&self.0.client, &self.0.id).await?;
        (self.0.parse)(&text).map(Arc::new)
    }
}

/// The text of a secret's current version.
///
/// # Errors
/// The kind of failure, without any of the text.
pub async fn read_text(client: &Client, id: &str) -> Result<Zeroizing<String>, String> {
    let answer = client
        .get_secret_value()
        .secret_id(id)
        .send()
        .await
        .map_err(|error| aws::cause(&error))?;
    answer
        .secret_string
        .map(Zeroizing::new)
        .ok_or_else(|| "the secret is not a text".to_owned())
}

/// Adapts a parser whose errors are safe to show.
pub fn shown<T, E: Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}
