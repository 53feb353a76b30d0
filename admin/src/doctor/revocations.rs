//! `revocations`: what the table says is revoked is refused by the deployment, within the 5 s of contract 2.
//!
//! A key is known by its id alone: so a fresh key with the id of a revoked one tells, without a write, whether instances see the
//! list. Where the list is empty only a key that is revoked for the purpose can tell.

use std::time::Duration;

use http::StatusCode;
use shared::api_key::Scope;
use shared::control::RevokedKey;
use shared::key_ring::KeyRing;
use uuid::Uuid;

use super::Patient;
use super::api::Api;
use super::keys::{Probe, ping};
use super::report::Report;
use crate::keyring::Ring;

const CHECK: &str = "revocations.refused";
/// Instances read the list again when it is over 5 s old.
const TRIES: u32 = 7;
const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn check(patient: &Patient<'_>, api: &Api, report: &mut Report) {
    let control = patient.deployment.control();
    let now = patient.deployment.clock.now();
    let (Ok(ring), Ok(revoked)) = (
        patient.deployment.ring(Ring::Key).await,
        control.revoked(now).await,
    ) else {
        let first = "first mend what `secret.key-ring` and `table.users` say";
        return report.unknown(CHECK, "the list or the ring cannot be read", first);
    };
    let newest = revoked.iter().max_by_key(|key| key.revoked_at);
    let jti = match newest {
        Some(key) if !patient.probe => key.jti,
        None if !patient.probe => {
            return report.ok(CHECK, "the list is empty; --probe revokes a key to see");
        }
        _ => match revoke_own(patient, &ring).await {
            Ok(jti) => jti,
            Err(cause) => {
                let remedy = "may these credentials write control data?";
                return report.unknown(CHECK, &cause, remedy);
            }
        },
    };
    match is_refused(patient, api, &ring, jti).await {
        Ok(true) => {
            let found = format!("{} on the list; the newest is refused", revoked.len().max(1));
            report.ok(CHECK, &found);
        }
        Ok(false) => report.failed(
            CHECK,
            "a revoked key is taken for longer than 5 s: the instances have a stale list",
            "look for `control data` in the functions' log: can they read the table? Else make every instance start anew, with a deployment (docs/operations/restore.md, step 8), and rotate the key ring if a key must die now",
        ),
        Err(cause) => report.unknown(CHECK, &cause, "first mend what `health` says"),
    }
}

/// Asks until the key is refused, or for longer than that may take.
async fn is_refused(
    patient: &Patient<'_>,
    api: &Api,
    ring: &KeyRing,
    jti: Uuid,
) -> Result<bool, String> {
    for tries in 1..=TRIES {
        match ping(patient, api, ring, jti).await? {
            StatusCode::UNAUTHORIZED => return Ok(true),
            StatusCode::OK if tries < TRIES => tokio::time::sleep(PAUSE).await,
            StatusCode::OK => {}
            status => return Err(format!("GET /ping answers {}", status.as_u16())),
        }
    }
    Ok(false)
}

/// Revokes an id that no key of anybody's has, until the key that is made with it ends.
async fn revoke_own(patient: &Patient<'_>, ring: &KeyRing) -> Result<Uuid, String> {
    let jti = Uuid::new_v4();
    let probe = Probe::seal(patient, ring, jti, Scope::Kernel, "monitoring")?;
    let key = RevokedKey {
        jti,
        exp: probe.exp,
        revoked_at: patient.deployment.clock.now(),
    };
    let revoked = patient.deployment.control().revoke(&key).await;
    revoked.map(|()| jti).map_err(|error| error.to_string())
}
