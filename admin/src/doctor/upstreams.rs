//! `upstream`: Kernel and Direct Line answer. What is sent says nothing and asks for nothing: any answer will do.

use http::StatusCode;
use shared::api_key::Scope;
use shared::metrics::Metrics;
use shared::settings::BaseUrl;
use shared::upstream::Upstream;
use uuid::Uuid;

use super::Patient;
use super::api::{Api, get};
use super::keys::Probe;
use super::report::Report;
use crate::keyring::Ring;

/// Checks both; `kernel` is where the API says that it is.
pub(super) async fn check(patient: &Patient<'_>, kernel: Option<BaseUrl>, report: &mut Report) {
    let option = "name it: doctor --direct-line-url";
    let places = [
        (
            "upstream.kernel",
            kernel,
            "first mend what `openid.configuration` says",
            "KernelUrl",
        ),
        (
            "upstream.direct-line",
            patient.direct_line.clone(),
            option,
            "DirectLineUrl",
        ),
    ];
    for (check, place, unknown, parameter) in places {
        let Some(place) = place else {
            report.unknown(check, "nobody said where it is", unknown);
            continue;
        };
        reach(patient, check, place, parameter, report).await;
    }
    if let Some(api) = patient.api.as_ref().filter(|_| patient.probe) {
        check_token(patient, api, report).await;
    }
}

async fn reach(
    patient: &Patient<'_>,
    check: &str,
    place: BaseUrl,
    parameter: &str,
    report: &mut Report,
) {
    let url = place.url.clone();
    let upstream = Upstream::new(place, Metrics::default(), patient.deployment.clock.clone());
    match get(&upstream, "", None).await {
        Ok(answer) if answer.status.is_server_error() => {
            let found = format!("{url} answers {}", answer.status.as_u16());
            report.warning(check, &found, "ask whoever runs it");
        }
        Ok(_) => report.ok(check, &url),
        Err(cause) => {
            let found = format!("{url} does not answer from here: {cause}");
            let remedy = format!(
                "is the address right ({parameter})? Ask whoever runs it; from another network than this one it may answer (`upstream_failures_total` in /metrics counts what the functions see). Another address: {}",
                patient.commands.deploy()
            );
            report.failed(check, &found, &remedy);
        }
    }
}

/// With `--probe`: the deployment itself gets a token from Direct Line, with the secrets that it has.
async fn check_token(patient: &Patient<'_>, api: &Api, report: &mut Report) {
    let check = "upstream.direct-line-token";
    let status = match token(patient, api).await {
        Ok(status) => status,
        Err(cause) => {
            return report.unknown(check, &cause, "first mend what `secret` and `health` say");
        }
    };
    let found = format!("GET /token answers {}", status.as_u16());
    match status {
        StatusCode::OK => report.ok(check, "the deployment gets tokens"),
        StatusCode::TOO_MANY_REQUESTS => report.warning(check, &found, "Direct Line takes no more for now: try again later"),
        StatusCode::UNAUTHORIZED => report.unknown(check, &found, "first mend what `environment` says"),
        _ => report.failed(
            check,
            &found,
            "are the secrets those of the channel (docs/operations/rotation.md, Direct Line)? Look for `direct-line` in the log of the function direct-line-token",
        ),
    }
}

async fn token(patient: &Patient<'_>, api: &Api) -> Result<StatusCode, String> {
    let ring = patient.deployment.ring(Ring::Key).await;
    let ring = ring.map_err(|failure| failure.to_string())?;
    let probe = Probe::seal(
        patient,
        &ring,
        Uuid::new_v4(),
        Scope::Public,
        "direct-line-token",
    )?;
    let answer = api.get("/token", Some(&probe.key)).await?;
    Ok(answer.status)
}
