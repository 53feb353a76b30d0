//! How a try at an upstream failed, in few words: what is done about it, what an alarm is about, and what the log says.

use http::StatusCode;

use super::{Answer, UpstreamFailure};
use crate::metrics::{Family, Metrics};

/// One way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// 401 or 403: what we authenticate ourselves with is not taken.
    RefusedSecret,
    /// 429: it takes no more for now.
    RateLimited,
    /// 5xx.
    ServerError,
    /// It did not answer within our limit.
    Timeout,
    /// There was no connection to send on.
    Connection,
    /// The connection broke, or the answer is not what it must be.
    Broken,
    /// The answer is longer than [`super::MAX_ANSWER`].
    TooLong,
    /// Any other status: a redirect is one.
    UnexpectedStatus,
}

impl FailureKind {
    /// How a try failed; `None` where the answer is a 2xx. A time limit is its owner's to see.
    #[must_use]
    pub fn of(outcome: &Result<Answer, UpstreamFailure>) -> Option<Self> {
        match outcome {
            Ok(answer) => Self::of_status(answer.status),
            Err(UpstreamFailure::NotSent) => Some(Self::Connection),
            Err(UpstreamFailure::Broken) => Some(Self::Broken),
            Err(UpstreamFailure::TooLong) => Some(Self::TooLong),
        }
    }

    fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Some(Self::RefusedSecret),
            StatusCode::TOO_MANY_REQUESTS => Some(Self::RateLimited),
            status if status.is_server_error() => Some(Self::ServerError),
            status if status.is_success() => None,
            _ => Some(Self::UnexpectedStatus),
        }
    }

    /// Counts it; `upstream` is a word of ours, such as `kernel`.
    pub fn count(self, metrics: &Metrics, upstream: &str) {
        metrics.count(Family::UpstreamFailures, &[upstream, self.as_str()]);
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RefusedSecret => "refused-secret",
            Self::RateLimited => "rate-limited",
            Self::ServerError => "server-error",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Broken => "broken",
            Self::TooLong => "too-long",
            Self::UnexpectedStatus => "unexpected-status",
        }
    }
}

impl std::fmt::Display for FailureKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_but_success_is_a_failure_of_a_kind() {
        for (statuses, kind) in [
            (&[200, 201, 204][..], None),
            (&[401, 403], Some("refused-secret")),
            (&[429], Some("rate-limited")),
            (&[500, 502, 503, 599], Some("server-error")),
            (&[301, 307, 400, 404, 411, 600], Some("unexpected-status")),
        ] {
            for &status in statuses {
                let of = FailureKind::of_status(StatusCode::from_u16(status).unwrap());
                assert_eq!(of.map(FailureKind::as_str), kind, "{status}");
            }
        }
    }

    #[test]
    fn no_answer_is_one_too_and_is_counted_by_upstream_and_kind() {
        let metrics = Metrics::default();
        for failure in [
            UpstreamFailure::NotSent,
            UpstreamFailure::Broken,
            UpstreamFailure::TooLong,
        ] {
            let kind = FailureKind::of(&Err(failure)).unwrap();
            kind.count(&metrics, "kernel");
        }
        let counts = metrics.counts();
        let series = counts.family("upstream_failures");
        let series: Vec<_> = series.map(|(labels, _)| labels.join(" ")).collect();
        let expected = ["kernel broken", "kernel connection", "kernel too-long"];
        assert_eq!(series, expected);
    }
}
