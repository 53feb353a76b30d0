//! The two calls for one login, and what is done twice.

use std::time::Duration;

use shared::error::Error;
use shared::metrics::{Family, Underway};
use shared::telemetry::Correlator;
use shared::upstream::{Answer, UpstreamFailure};
use tokio::time::sleep;

use super::client::Credentials;
use super::{Endpoint, INTROSPECT, Inner, TOKEN, UPSTREAM, answers};

/// How long to wait before a call is repeated, in milliseconds.
const PAUSE: std::ops::RangeInclusive<u64> = 50..=150;

/// What came of a call.
pub(super) type Outcome = Result<Answer, UpstreamFailure>;

/// The two calls for one login.
pub(super) struct Calls<'a> {
    pub(super) kernel: &'a Inner,
    pub(super) credentials: Credentials<'a>,
    pub(super) correlator: &'a Correlator,
}

impl Calls<'_> {
    /// The access token for a code.
    pub(super) async fn exchange(&self, form: &[(&str, &str)]) -> Result<String, Error> {
        let (metrics, clock) = (&self.kernel.metrics, &self.kernel.clock);
        let underway = Underway::start(metrics, clock, Family::TokenExchanges, Vec::new());
        let not_sent = |outcome: &Outcome| matches!(outcome, Err(UpstreamFailure::NotSent));
        let outcome = self.post_again_if(not_sent, TOKEN, form).await;
        underway.end(match &outcome {
            Ok(Ok(answer)) => answer.status.as_str(),
            _ => "error",
        });
        let answer = answers::answered(TOKEN, outcome?)?;
        (self.kernel).judged(&answer, answers::access_token(&answer))
    }

    /// What Kernel says of an access token; asking twice changes nothing.
    pub(super) async fn introspect(&self, token: &str) -> Result<Answer, Error> {
        let failed = |outcome: &Outcome| match outcome {
            Ok(answer) => answer.status.is_server_error(),
            Err(UpstreamFailure::NotSent | UpstreamFailure::Broken) => true,
            Err(UpstreamFailure::TooLong) => false,
        };
        let form = [("token", token), ("token_type_hint", "access_token")];
        let outcome = self.post_again_if(failed, INTROSPECT, &form).await?;
        answers::answered(INTROSPECT, outcome)
    }

    /// Posts, and once more after a pause where the outcome calls for it.
    async fn post_again_if(
        &self,
        again: impl Fn(&Outcome) -> bool,
        endpoint: Endpoint,
        form: &[(&str, &str)],
    ) -> Result<Outcome, Error> {
        let outcome = self.post(endpoint, form).await?;
        if !again(&outcome) {
            return Ok(outcome);
        }
        sleep(Duration::from_millis(fastrand::u64(PAUSE))).await;
        self.post(endpoint, form).await
    }

    /// Every call authenticates itself anew: an assertion is good once (RFC 7523 3, `jti`).
    async fn post(&self, endpoint: Endpoint, form: &[(&str, &str)]) -> Result<Outcome, Error> {
        let proof = self.credentials.proof(&self.kernel.clock)?;
        let parameters = proof.parameters.iter();
        let form: Vec<(&str, &str)> = form
            .iter()
            .copied()
            .chain(parameters.map(|(name, value)| (*name, value.as_str())))
            .collect();
        let path = endpoint.path;
        let upstream = &self.kernel.upstream;
        let posted = upstream.post_form(path, proof.authorization, &form, self.correlator);
        let outcome = posted.await;
        if let Some(kind) = answers::failure(endpoint, &outcome) {
            kind.count(&self.kernel.metrics, UPSTREAM);
        }
        Ok(outcome)
    }
}
