//! Direct Line 3.0 as this API calls it: the two requests that begin a conversation (contract 4.9, 4.10).
//!
//! Both are posted without a body. Microsoft's reference has none for them, and what a body may add is what nobody may get
//! here: a user that the token is bound to.
//!
//! Both may be done twice. A token that got lost costs nothing and expires; a conversation that got lost has nobody in it, and
//! no message. So a broken connection is repeated like a 5xx, after which nobody knows either whether the request was done.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use shared::clock::Clock;
use shared::error::Error;
use shared::function::Function;
use shared::metrics::Metrics;
use shared::secrets::Secret;
use shared::settings::BadSetting;
use shared::telemetry::Correlator;
use shared::upstream::Upstream;
use tokio::time::{Instant, timeout_at};

mod channel_secrets;
mod last_refused;
mod retry_after;
mod tries;

use channel_secrets::ChannelSecrets;
use last_refused::LastRefused;
use tries::Tries;

/// All of a request's calls together, with all that is repeated (contract 4.10).
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// What metrics call it.
const UPSTREAM: &str = "direct-line";

/// One of Direct Line's endpoints.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    /// Under Direct Line's address.
    path: &'static str,
    /// What the log calls it.
    name: &'static str,
}

/// Makes a token for a conversation to come.
pub(crate) const TOKENS: Endpoint = Endpoint {
    path: "/v3/directline/tokens/generate",
    name: "tokens",
};
/// Starts a conversation.
pub(crate) const CONVERSATIONS: Endpoint = Endpoint {
    path: "/v3/directline/conversations",
    name: "conversations",
};

/// Direct Line. Cheap to clone.
#[derive(Clone)]
pub(crate) struct DirectLine(Arc<Inner>);

struct Inner {
    upstream: Upstream,
    is_local: bool,
    secrets: Secret<ChannelSecrets>,
    last_refused: LastRefused,
    metrics: Metrics,
    clock: Clock,
}

impl DirectLine {
    /// Direct Line by the function's variables; calls nobody yet.
    ///
    /// # Errors
    /// [`BadSetting`] that names the variable.
    pub(crate) fn from_function(function: &Function) -> Result<Self, BadSetting> {
        let base = function.env.upstream_url("DIRECT_LINE_URL")?;
        let rule = "the name or ARN of the secret that holds the Direct Line secrets";
        let id = function.env.text("DIRECT_LINE_SECRET", rule)?;
        let (metrics, clock) = (function.clients.metrics.clone(), function.clock.clone());
        Ok(Self(Arc::new(Inner {
            is_local: !base.is_tls(),
            upstream: Upstream::new(base, metrics.clone(), clock.clone()),
            secrets: function.secret("Direct Line secrets", id, ChannelSecrets::parse),
            last_refused: LastRefused::default(),
            metrics,
            clock,
        })))
    }

    /// Whether it is a stand-in: the real one is never without TLS.
    pub(crate) fn is_local(&self) -> bool {
        self.0.is_local
    }

    /// Reads the secrets and makes a connection, so that no request has to; failures are for the first request to see.
    pub(crate) async fn warm(&self) {
        let _ = join(self.0.secrets.get(), self.0.upstream.warm()).await;
    }

    /// What `read` finds in the answer of this endpoint.
    ///
    /// # Errors
    /// [`Error::RateLimited`], [`Error::Upstream`] (also where `read` finds nothing), [`Error::UpstreamTimeout`], or
    /// [`Error::Unavailable`] when there are no secrets.
    pub(crate) async fn ask<T>(
        &self,
        endpoint: Endpoint,
        correlator: &Correlator,
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, Error> {
        // A refresh of the secrets is in it: the caller waits for all of this.
        let deadline = Instant::now() + TIME_LIMIT;
        let tries = Tries {
            direct_line: &self.0,
            endpoint,
            correlator,
            deadline,
        };
        let answered = timeout_at(deadline, tries.answer()).await;
        let body = answered.unwrap_or_else(|_| Err(tries.timed_out()))?;
        read(&body).ok_or_else(|| tries.not_understood())
    }
}

/// Whether a text is the channel's secrets, as this function reads them: for the operators, who put them there.
///
/// # Errors
/// What it must be, without any of the text.
pub fn check_secrets(text: &str) -> Result<(), String> {
    ChannelSecrets::parse(text).map(drop)
}

/// Whether it is of visible ASCII characters, one at least: what tokens, ids and addresses are made of.
pub(crate) fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
