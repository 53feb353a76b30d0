//! `apikey revoke`: by the key itself, or by its id when the key is not at hand.

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use shared::api_key::{ApiKey, MAX_LIFE, Refusal};
use shared::clock::Timestamp;
use shared::control::RevokedKey;
use uuid::Uuid;

use crate::argument;
use crate::console::Console;
use crate::deployment::{Deployment, Target};
use crate::failure::{Answer, Failure};
use crate::keyring::Ring;

/// A key's `iat` may lie this far ahead, and its end with it (contract 2).
const MAX_SKEW: Duration = Duration::from_mins(1);

/// The arguments of `apikey revoke`.
#[derive(Debug, Args)]
#[command(
    after_help = "A revocation cannot be taken back: issue another key. Without a terminal, add --yes.\n\n\
    Examples:\n  aura-admin --local apikey revoke - --yes < key.txt\n  \
    aura-admin --local apikey revoke --jti 5f0e7f4e-30b5-4c8e-a5b5-0e6f0a8c2d11 --expires 2027-01-31T00:00:00Z"
)]
pub(crate) struct Revoke {
    /// The key; - or none reads it from standard input. It tells its own id and end
    #[arg(value_name = "KEY", conflicts_with = "jti")]
    key: Option<String>,
    /// The key's id, as logs and `apikey issue` tell it
    #[arg(long, value_name = "UUID")]
    jti: Option<Uuid>,
    /// With --jti: the key's end (RFC 3339 or seconds since 1970) [default: 400 days from now, the longest life]
    #[arg(long, value_name = "TIME", requires = "jti", value_parser = argument::instant)]
    expires: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    jti: Uuid,
    expires_at: String,
    revoked_at: String,
}

impl Revoke {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let now = target.clock.now();
        let (deployment, jti, exp, whose) = if let Some(jti) = self.jti {
            let exp = end_of_unseen(jti, self.expires, now)?;
            (target.connect().await?, jti, exp, String::new())
        } else {
            let presented = console.key(self.key.as_deref())?;
            let deployment = target.connect().await?;
            let key = open(&deployment, &presented).await?;
            let whose = format!(" of {}", key.app.escape_debug());
            (deployment, key.jti, key.exp, whose)
        };
        let end = Timestamp::from_secs(exp).rfc3339();
        let environment = &deployment.environment;
        console.confirm(&format!(
            "Revoke the key {jti}{whose} in {environment}, for good (until its end, {end})?"
        ))?;
        let revoked = revoke(&deployment, jti, exp, now).await?;
        console.answer(&revoked, || {
            format!("Revoked {jti}. It is refused everywhere within 5 seconds.")
        })?;
        Ok(Answer::Yes)
    }
}

async fn open(deployment: &Deployment, presented: &str) -> Result<ApiKey, Failure> {
    let ring = deployment.ring(Ring::Key).await?;
    ApiKey::open(&ring, presented).map_err(|refusal| {
        let reason = match refusal {
            Refusal::Open(_) => {
                "it does not open with this environment's ring, and is not valid here"
            }
            _ => "it is not an APIKey",
        };
        Failure::Refused(format!("the key's id cannot be read ({refusal}): {reason}"))
    })
}

/// Never shortens an earlier revocation: the end given by hand may be wrong.
async fn revoke(
    deployment: &Deployment,
    jti: Uuid,
    exp: i64,
    now: Timestamp,
) -> Result<View, Failure> {
    let control = deployment.control();
    let listed = control.revoked(now).await?;
    let former = listed.into_iter().find(|key| key.jti == jti);
    let key = RevokedKey {
        jti,
        exp: former.as_ref().map_or(exp, |former| former.exp.max(exp)),
        revoked_at: former.map_or(now, |former| former.revoked_at),
    };
    control.revoke(&key).await?;
    Ok(View {
        jti,
        expires_at: Timestamp::from_secs(key.exp).rfc3339(),
        revoked_at: key.revoked_at.rfc3339(),
    })
}

/// The end to keep a revocation until, in seconds, when only the key's id is known. Too early an end would bring the key back.
fn end_of_unseen(jti: Uuid, expires: Option<Timestamp>, now: Timestamp) -> Result<i64, Failure> {
    if jti.get_version_num() != 4 {
        return Err(Failure::Refused(format!(
            "{jti} is no key's id: those are UUIDs of version 4"
        )));
    }
    let latest = now.plus(MAX_LIFE).plus(MAX_SKEW);
    match expires {
        None => Ok(latest.secs()),
        Some(end) if end <= now => Err(Failure::Refused(
            "--expires lies in the past: a key that has expired needs no revoking".into(),
        )),
        Some(end) if end > latest => Err(Failure::Refused(
            "--expires is more than 400 days ahead: no key lives so long (seconds are expected, not milliseconds)".into(),
        )),
        // Rounded up: never before the key's end.
        Some(end) => Ok(end.plus(Duration::from_millis(999)).secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    #[test]
    fn an_unknown_end_is_the_longest_life() {
        let jti = Uuid::new_v4();
        let end = end_of_unseen(jti, None, NOW).unwrap();
        assert_eq!(end, NOW.secs() + 400 * 86_400 + 60);
    }

    #[test]
    fn ends_that_no_live_key_has_are_refused() {
        let jti = Uuid::new_v4();
        let end = |millis| end_of_unseen(jti, Some(Timestamp::from_millis(millis)), NOW);
        assert_eq!(end(NOW.millis() + 1), Ok(NOW.secs() + 1));
        assert_eq!(end(NOW.millis() + 5_000), Ok(NOW.secs() + 5));
        for bad in [NOW.millis(), 0, NOW.millis() * 1000] {
            assert_eq!(end(bad).unwrap_err().exit_code(), 2, "{bad}");
        }
        assert_eq!(
            end_of_unseen(Uuid::nil(), None, NOW)
                .unwrap_err()
                .exit_code(),
            2
        );
    }
}
