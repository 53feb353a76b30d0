//! Kernel as this API calls it: the code of a login for the access token, and the token for whose login it is (contract 4.17).
//!
//! A code is good once, so that its exchange is repeated only where it is certain that Kernel never saw it. What comes of it is
//! an [`Error`]: a code that was refused and a login that nobody vouches for are final, everything else can be tried again.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use shared::clock::Clock;
use shared::error::Error;
use shared::function::Function;
use shared::metrics::Metrics;
use shared::sealed_state::CodeVerifier;
use shared::settings::BadSetting;
use shared::telemetry::Correlator;
use shared::upstream::{Answer, FailureKind, Upstream};
use shared::user::{AuthorizationId, PhoneNumber, UserId};
use tokio::time::{Instant, timeout_at};

mod answers;
mod calls;
mod client;

use calls::Calls;
use client::Client;
pub use client::check_client_secret;

/// Both calls together, with all that is repeated (contract 4.17).
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// What it is called in the counts of failures.
const UPSTREAM: &str = "kernel";

/// One of Kernel's endpoints.
#[derive(Clone, Copy)]
struct Endpoint {
    /// Under Kernel's address.
    path: &'static str,
    /// What the log calls it.
    name: &'static str,
}

const TOKEN: Endpoint = Endpoint {
    path: "/token",
    name: "token",
};
const INTROSPECT: Endpoint = Endpoint {
    path: "/introspect",
    name: "introspect",
};

/// What a code stands for.
#[derive(Debug)]
pub(crate) struct Grant {
    /// The person.
    pub(crate) user_id: UserId,
    /// The grant that the person gave.
    pub(crate) authorization_id: AuthorizationId,
    /// The person's number, where Kernel knows one.
    pub(crate) phone_number: Option<PhoneNumber>,
}

/// Kernel. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Kernel(Arc<Inner>);

struct Inner {
    upstream: Upstream,
    client: Client,
    metrics: Metrics,
    clock: Clock,
    time_limit: Duration,
}

impl Kernel {
    /// Kernel by the function's variables; calls nobody yet.
    ///
    /// # Errors
    /// [`BadSetting`] that names the variable.
    pub(crate) fn from_function(function: &Function) -> Result<Self, BadSetting> {
        Self::limited(function, TIME_LIMIT)
    }

    fn limited(function: &Function, time_limit: Duration) -> Result<Self, BadSetting> {
        let base = function.env.upstream_url("KERNEL_URL")?;
        let (metrics, clock) = (function.clients.metrics.clone(), function.clock.clone());
        Ok(Self(Arc::new(Inner {
            client: Client::from_function(function, &base)?,
            upstream: Upstream::new(base, metrics.clone(), clock.clone()),
            metrics,
            clock,
            time_limit,
        })))
    }

    /// Reads the secret that authenticates us, so that no request has to; a failure is for the first request to see.
    pub(crate) async fn warm(&self) {
        let _ = self.0.client.credentials().await;
    }

    /// Exchanges the code that Kernel sent to `redirect_uri`, and asks whose login it is.
    ///
    /// # Errors
    /// Final: [`Error::InvalidArgument`] for a code that is refused, [`Error::PermissionDenied`] for a login that is not active
    /// or not for us. Otherwise [`Error::Upstream`], [`Error::UpstreamTimeout`] or [`Error::Unavailable`].
    pub(crate) async fn grant(
        &self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&CodeVerifier>,
        correlator: &Correlator,
    ) -> Result<Grant, Error> {
        // A refresh of our secret is in it: the browser waits for all of this.
        let deadline = Instant::now() + self.0.time_limit;
        let calls = Calls {
            kernel: &self.0,
            credentials: self.0.client.credentials().await?,
            correlator,
        };
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
        ];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier.as_str())));
        let kernel = &self.0;
        let exchange = calls.exchange(&form);
        let token = kernel.within(deadline, TOKEN, exchange).await?;
        let introspect = calls.introspect(&token);
        let answer = kernel.within(deadline, INTROSPECT, introspect).await?;
        kernel.judged(&answer, answers::grant(&answer, kernel.client.id()))
    }
}

impl Inner {
    async fn within<T>(
        &self,
        deadline: Instant,
        endpoint: Endpoint,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let late = |_| {
            FailureKind::Timeout.count(&self.metrics, UPSTREAM);
            Error::UpstreamTimeout(format!("{}: timeout", endpoint.name))
        };
        timeout_at(deadline, work).await.map_err(late)?
    }

    /// What was made of an answer; a 200 that nothing can be made of is counted as broken.
    fn judged<T>(&self, answer: &Answer, made: Result<T, Error>) -> Result<T, Error> {
        if answer.status == StatusCode::OK && matches!(made, Err(Error::Upstream(_))) {
            FailureKind::Broken.count(&self.metrics, UPSTREAM);
        }
        made
    }
}

#[cfg(test)]
#[path = "kernel_tests.rs"]
mod tests;
