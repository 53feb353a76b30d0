//! `environment`: a key that is made for this environment now is taken. It lives for ten minutes and only reads.

use http::StatusCode;
use shared::api_key::{ApiKey, Mode, Scope};
use shared::key_ring::KeyRing;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Patient;
use super::api::Api;
use super::report::Report;
use crate::keyring::Ring;

/// Before now and after it: so far the clocks of operators and of AWS may differ.
const HALF_LIFE_SECONDS: i64 = 300;
const CHECK: &str = "environment";

/// A key for the doctor's own calls.
pub(super) struct Probe {
    /// What the call carries.
    pub(super) key: Zeroizing<String>,
    /// The end of the key, in seconds since the Unix epoch.
    pub(super) exp: i64,
}

impl Probe {
    /// A key of this id that may do no more than read, in one group of endpoints.
    pub(super) fn seal(
        patient: &Patient<'_>,
        ring: &KeyRing,
        jti: Uuid,
        scope: Scope,
        group: &str,
    ) -> Result<Self, String> {
        let now = patient.deployment.clock.now().secs();
        let app = match scope {
            Scope::Kernel => "kernel",
            _ => "doctor",
        };
        let claims = ApiKey {
            jti,
            env: patient.deployment.environment.clone(),
            app: app.to_owned(),
            scope,
            mode: Mode::Read,
            groups: Some(vec![group.to_owned()]),
            iat: now - HALF_LIFE_SECONDS,
            exp: now + HALF_LIFE_SECONDS,
        };
        let key = claims.seal(ring).map_err(|error| error.to_string())?;
        let (key, exp) = (Zeroizing::new(key), claims.exp);
        Ok(Self { key, exp })
    }
}

/// What `GET /ping` answers to the holder of a key with this id.
pub(super) async fn ping(
    patient: &Patient<'_>,
    api: &Api,
    ring: &KeyRing,
    jti: Uuid,
) -> Result<StatusCode, String> {
    let probe = Probe::seal(patient, ring, jti, Scope::Kernel, "monitoring")?;
    let answer = api.get("/ping", Some(&probe.key)).await?;
    Ok(answer.status)
}

/// Whether the key was taken.
pub(super) async fn check(patient: &Patient<'_>, api: &Api, report: &mut Report) -> bool {
    let Ok(ring) = patient.deployment.ring(Ring::Key).await else {
        let first = "first mend what `secret.key-ring` says";
        report.unknown(CHECK, "no key can be made", first);
        return false;
    };
    let environment = &patient.deployment.environment;
    match ping(patient, api, &ring, Uuid::new_v4()).await {
        Ok(StatusCode::OK) => {
            report.ok(CHECK, &format!("{environment}: a key made now is taken"));
            return true;
        }
        Ok(StatusCode::UNAUTHORIZED) => {
            let found = format!(
                "a key made for {environment} now is refused at {}",
                api.url()
            );
            let remedy = format!(
                "is this address of the environment {environment}? What the functions take themselves for is their variable ENVIRONMENT: {}. After a change of the key ring wait 5 minutes; see `clock` too",
                patient.commands.deploy()
            );
            report.failed(CHECK, &found, &remedy);
        }
        Ok(StatusCode::SERVICE_UNAVAILABLE) => {
            let first = "first mend what `table`, `secret` and `health` say; then look for `stale` in the log of the function monitoring";
            report.failed(CHECK, "the functions cannot check keys", first);
        }
        Ok(status) => {
            let found = format!("GET /ping answers {}", status.as_u16());
            report.failed(
                CHECK,
                &found,
                "is this the API's address, with the base path of a custom domain?",
            );
        }
        Err(cause) => report.unknown(CHECK, &cause, "first mend what `health` says"),
    }
    false
}
