//! The calls for one request: with one secret and perhaps the other, and one of them perhaps once more.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use shared::error::Error;
use shared::metrics::Family;
use shared::telemetry::Correlator;
use shared::upstream::FailureKind;
use tokio::time::{Instant, sleep};

use super::channel_secrets::Slot;
use super::retry_after::retry_after;
use super::{Endpoint, Inner, UPSTREAM};

/// How long to wait before a call is repeated, in milliseconds; on top of what Direct Line asks for, so that those who were told
/// the same time do not all come back in the same moment.
const PAUSE: std::ops::RangeInclusive<u64> = 100..=300;
/// What must be left of the time after a pause: with less, what is known to be a 429 or 502 would become a 504.
const ROOM: Duration = Duration::from_millis(500);
/// When to come again, where Direct Line does not say.
const COME_AGAIN: Duration = Duration::from_secs(5);

/// The calls for one request.
pub(super) struct Tries<'a> {
    pub(super) direct_line: &'a Inner,
    pub(super) endpoint: Endpoint,
    pub(super) correlator: &'a Correlator,
    pub(super) deadline: Instant,
}

/// A call that came to nothing.
struct Failed {
    kind: FailureKind,
    status: Option<StatusCode>,
    /// How long Direct Line asks to be left alone.
    wait: Option<Duration>,
}

impl Tries<'_> {
    /// The body of an answer of 200 or 201: of three calls at the most, one for each slot and one repeated.
    pub(super) async fn answer(&self) -> Result<Vec<u8>, Error> {
        let secrets = self.direct_line.secrets.get().await?;
        let now = self.direct_line.clock.now();
        let mut slots = self.direct_line.last_refused.order(&secrets, now);
        let mut slot = slots.next();
        let mut is_repeated = false;
        while let Some(tried) = slot {
            let failed = match self.call(secrets.bearer(tried)?).await {
                Ok(body) => return Ok(body),
                Err(failed) => failed,
            };
            if failed.kind == FailureKind::RefusedSecret {
                self.remember(tried, &failed);
                slot = slots.next();
                continue;
            }
            match self.pause(&failed) {
                Some(pause) if !is_repeated => sleep(pause).await,
                _ => return Err(self.error(&failed)),
            }
            is_repeated = true;
        }
        let cause = format!("{}: every secret is refused", self.endpoint.name);
        Err(Error::Upstream(cause))
    }

    async fn call(&self, bearer: HeaderValue) -> Result<Vec<u8>, Failed> {
        let Inner {
            upstream,
            metrics,
            clock,
            ..
        } = self.direct_line;
        let posted = upstream.post_nothing(self.endpoint.path, bearer, self.correlator);
        let outcome = match posted.await {
            // Of the successes only two are any for us.
            Ok(answer) if matches!(answer.status, StatusCode::OK | StatusCode::CREATED) => {
                return Ok(answer.body);
            }
            outcome => outcome,
        };
        let kind = FailureKind::of(&outcome).unwrap_or(FailureKind::UnexpectedStatus);
        kind.count(metrics, UPSTREAM);
        let answer = outcome.as_ref().ok();
        Err(Failed {
            kind,
            status: answer.map(|answer| answer.status),
            wait: answer.and_then(|answer| retry_after(&answer.headers, clock.now())),
        })
    }

    fn remember(&self, refused: Slot, failed: &Failed) {
        let Inner {
            last_refused,
            metrics,
            clock,
            ..
        } = self.direct_line;
        last_refused.set(refused, clock.now());
        let slot = refused.as_str();
        metrics.count(Family::DirectLineSecretsRefused, &[slot]);
        let status = failed.status.map(|status| status.as_u16());
        tracing::warn!(slot, status, "Direct Line refused a secret");
    }

    /// How long to wait before the call is repeated; `None` where repeating it is no use, or there is no time for it.
    fn pause(&self, failed: &Failed) -> Option<Duration> {
        let wait = match failed.kind {
            FailureKind::RateLimited => failed.wait.unwrap_or_default(),
            FailureKind::ServerError | FailureKind::Connection | FailureKind::Broken => {
                Duration::ZERO
            }
            _ => return None,
        };
        let jitter = Duration::from_millis(fastrand::u64(PAUSE));
        let pause = wait.checked_add(jitter)?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        (pause.checked_add(ROOM)? <= left).then_some(pause)
    }

    /// What the caller gets when this was the last call.
    fn error(&self, failed: &Failed) -> Error {
        let Failed { kind, status, wait } = failed;
        let status = status.map(|status| format!(" {}", status.as_u16()));
        let cause = format!(
            "{}: {kind}{}",
            self.endpoint.name,
            status.unwrap_or_default()
        );
        match kind {
            FailureKind::RateLimited => Error::RateLimited {
                cause,
                retry_after: wait.unwrap_or(COME_AGAIN),
            },
            _ => Error::Upstream(cause),
        }
    }

    /// Time is up.
    pub(super) fn timed_out(&self) -> Error {
        let kind = FailureKind::Timeout;
        kind.count(&self.direct_line.metrics, UPSTREAM);
        Error::UpstreamTimeout(format!("{}: {kind}", self.endpoint.name))
    }

    /// The answer is not what it must be. It is not repeated: whoever sends such things goes on doing so.
    pub(super) fn not_understood(&self) -> Error {
        let kind = FailureKind::Broken;
        kind.count(&self.direct_line.metrics, UPSTREAM);
        Error::Upstream(format!(
            "{}: not the members that it must have",
            self.endpoint.name
        ))
    }
}
