//! `clock`: this machine, AWS and the API agree on the time, by the `Date` of their answers. A key that is made a minute ahead of
//! the API's clock is refused, and AWS refuses requests that are signed five minutes off.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use shared::clock::Timestamp;

use super::Patient;
use super::api::Api;
use super::report::Report;

/// `iat` of a key may lie this far ahead (contract 2).
const TOO_FAR: Duration = Duration::from_mins(1);
/// More than any network makes of it.
const NOTICED: Duration = Duration::from_secs(10);

/// By how many milliseconds a clock is ahead of ours; behind it is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ahead(i64);

pub(super) async fn check(patient: &Patient<'_>, report: &mut Report) {
    let aws = of_aws(patient).await;
    match aws {
        Ok(ahead) => {
            let remedy = "set this machine's clock, and keep it: sudo timedatectl set-ntp true";
            let than_aws = Ahead(0).than(ahead);
            than_aws.judge("clock.operator", "this machine", remedy, report);
        }
        Err(ref cause) => {
            let first = "first mend what `table` says";
            report.unknown("clock.operator", cause, first);
        }
    }
    let Some(api) = &patient.api else {
        return;
    };
    match of_api(patient, api).await {
        Ok(ahead) => {
            let remedy = "Lambda's clock is AWS's own: is something between here and the API that makes or keeps its answers? Where the API runs on a machine of yours, set the clock of that";
            let than_aws = ahead.than(aws.unwrap_or(Ahead(0)));
            than_aws.judge("clock.api", "the API", remedy, report);
        }
        Err(cause) => report.unknown("clock.api", &cause, "first mend what `health` says"),
    }
}

impl Ahead {
    /// What a server's time says that was told in whole seconds, between these times of ours.
    fn of(date: Timestamp, asked: Timestamp, answered: Timestamp) -> Self {
        let latest = date.millis() + 999 - asked.millis();
        let earliest = date.millis() - answered.millis();
        Self(if earliest > 0 {
            earliest
        } else {
            latest.min(0)
        })
    }

    fn than(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    /// Says how `whose` clock differs from AWS's.
    fn judge(self, check: &str, whose: &str, remedy: &str, report: &mut Report) {
        let off = Duration::from_millis(self.0.unsigned_abs());
        let way = if self.0 > 0 { "ahead of" } else { "behind" };
        let found = format!("{whose} is {} s {way} AWS", off.as_secs());
        if off > TOO_FAR {
            report.failed(check, &found, remedy);
        } else if off > NOTICED {
            report.warning(check, &found, remedy);
        } else {
            report.ok(check, &format!("{whose} and AWS agree"));
        }
    }
}

/// By any answer of its store, a refusal too.
async fn of_aws(patient: &Patient<'_>) -> Result<Ahead, String> {
    let deployment = patient.deployment;
    let (seen, clock) = (DateSeen::default(), &deployment.clock);
    let describe = deployment.clients.dynamodb.describe_table();
    let asked = clock.now();
    let describe = describe.table_name(&deployment.names.users_table);
    let answer = describe.customize().interceptor(seen.clone()).send().await;
    let answered = clock.now();
    let date = seen.date();
    let failed = || {
        let code = answer.as_ref().err().and_then(|error| error.code());
        code.unwrap_or("AWS does not answer, or not with a date")
            .to_owned()
    };
    date.map(|date| Ahead::of(date, asked, answered))
        .ok_or_else(failed)
}

async fn of_api(patient: &Patient<'_>, api: &Api) -> Result<Ahead, String> {
    let clock = &patient.deployment.clock;
    let asked = clock.now();
    let answer = api.get("/healthz", None).await?;
    let date = answer.headers.get(http::header::DATE);
    let date = date.and_then(|date| date.to_str().ok()).and_then(parsed);
    let date = date.ok_or_else(|| "its answer has no date".to_owned())?;
    Ok(Ahead::of(date, asked, clock.now()))
}

/// The instant of an HTTP date (RFC 9110 5.6.7).
fn parsed(date: &str) -> Option<Timestamp> {
    let since = httpdate::parse_http_date(date)
        .ok()?
        .duration_since(UNIX_EPOCH);
    i64::try_from(since.ok()?.as_secs())
        .ok()
        .map(Timestamp::from_secs)
}

/// Keeps the date of the last answer of an SDK call.
#[derive(Clone, Debug, Default)]
struct DateSeen(Arc<Mutex<Option<Timestamp>>>);

impl DateSeen {
    fn date(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for DateSeen {
    fn name(&self) -> &'static str {
        "DateSeen"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context
            .response()
            .and_then(|answer| answer.headers().get("date"));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date.and_then(parsed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_in_whole_seconds_is_within_what_the_call_took_or_off() {
        let at = Timestamp::from_millis;
        for (date, asked, answered, ahead) in [
            (100_000, 100_500, 100_600, 0),
            (100_000, 99_000, 103_000, 0),
            (100_000, 100_999, 101_500, 0),
            (100_000, 101_500, 101_600, -501),
            (100_000, 40_000, 41_000, 59_000),
            (100_000, 160_000, 161_000, -59_001),
        ] {
            let found = Ahead::of(at(date), at(asked), at(answered));
            assert_eq!(found, Ahead(ahead), "{date} {asked} {answered}");
        }
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(
            parsed("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(Timestamp::from_secs(784_111_777))
        );
        assert_eq!(parsed("yesterday"), None);
    }
}
