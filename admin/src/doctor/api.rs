//! The API as callers reach it, and `health`: what it says of itself.

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use serde_json::Value;
use shared::metrics::Metrics;
use shared::settings::BaseUrl;
use shared::telemetry::Correlator;
use shared::upstream::{Answer, Upstream};
use tokio::time::timeout;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Patient;
use super::report::Report;
use crate::deployment::Deployment;

/// Longer than a cold start, and than the gateway takes for most.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The API at an address.
pub(super) struct Api {
    base: BaseUrl,
    upstream: Upstream,
}

impl Api {
    pub(super) fn new(base: BaseUrl, deployment: &Deployment) -> Self {
        let upstream = Upstream::new(base.clone(), Metrics::default(), deployment.clock.clone());
        Self { base, upstream }
    }

    pub(super) fn url(&self) -> &str {
        &self.base.url
    }

    /// What is at `path`, for the holder of `key`; the error is the kind of failure.
    pub(super) async fn get(
        &self,
        path: &'static str,
        key: Option<&str>,
    ) -> Result<Answer, String> {
        let authorization = key.map(|key| {
            let value = Zeroizing::new(format!("APIKEY {key}"));
            let mut value = HeaderValue::from_str(&value).map_err(|_| "not a key")?;
            value.set_sensitive(true);
            Ok::<_, &str>(value)
        });
        get(&self.upstream, path, authorization.transpose()?).await
    }
}

/// One try, within the time; its correlator leads to it in the logs.
pub(super) async fn get(
    upstream: &Upstream,
    path: &'static str,
    authorization: Option<HeaderValue>,
) -> Result<Answer, String> {
    let correlator = Correlator(format!("doctor-{}", Uuid::new_v4()).into());
    let asked = upstream.get(path, authorization, &correlator);
    match timeout(TIME_LIMIT, asked).await {
        Ok(answer) => answer.map_err(|failure| failure.to_string()),
        Err(_) => Err("no answer in 10 s".to_owned()),
    }
}

/// `GET /healthz`: what the instances have, which need not be what is looked at from here.
pub(super) async fn check_health(patient: &Patient<'_>, api: &Api, report: &mut Report) {
    let check = "health";
    let answer = match api.get("/healthz", None).await {
        Ok(answer) => answer,
        Err(cause) => {
            let found = format!("{} does not answer: {cause}", api.url());
            let remedy = "is the address right, and reachable from here? Locally: is the dev server running?";
            return report.failed(check, &found, remedy);
        }
    };
    match answer.status {
        StatusCode::OK => report.ok(check, api.url()),
        StatusCode::SERVICE_UNAVAILABLE => {
            let found = format!("the functions cannot reach: {}", broken(&answer.body));
            let remedy = format!(
                "first mend what `table` and `secret` say; if they are well, the function has other names (TABLE_NAME, KEY_RING_SECRET) or may not read them: {}",
                patient.commands.deploy()
            );
            report.failed(check, &found, &remedy);
        }
        status => {
            let found = format!("{} answers {} and not 200", api.url(), status.as_u16());
            report.failed(
                check,
                &found,
                "is this the API's address, with the base path of a custom domain?",
            );
        }
    }
}

/// The names of the checks that failed, of those that there can be.
fn broken(body: &[u8]) -> String {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let failed = ["table", "secrets"].into_iter();
    let failed: Vec<_> = failed
        .filter(|check| said["checks"][check] == "failed")
        .collect();
    if failed.is_empty() {
        return "it does not say what".to_owned();
    }
    failed.join(", ")
}
