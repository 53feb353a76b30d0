//! `apikey inspect`: what a key says, and why it is or is not valid. Never shows the key.

use clap::Args;
use serde::Serialize;
use shared::api_key::{ApiKey, Refusal};
use shared::clock::Timestamp;
use shared::jwe::{OpenError, claimed_kid};
use shared::key_ring::KeyRing;

use super::view::KeyView;
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::keyring::{self, Ring};
use crate::table;

/// The arguments of `apikey inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 when the key is not valid.\n\n\
    Example (the key stays out of the shell's history):\n  aura-admin --local apikey inspect - < key.txt")]
pub(crate) struct Inspect {
    /// The key; - or none reads it from standard input
    #[arg(value_name = "KEY")]
    key: Option<String>,
}

/// What is known of a key.
#[derive(Serialize)]
struct Inspection {
    valid: bool,
    /// The word that logs and metrics have for it.
    reason: Option<String>,
    explanation: Option<String>,
    /// As the header has it: of a key that does not open, nothing vouches for it.
    kid: Option<String>,
    /// `null` when the key does not open.
    revoked: Option<bool>,
    claims: Option<KeyView>,
}

impl Inspect {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let presented = console.key(self.key.as_deref())?;
        let deployment = target.connect().await?;
        let ring = deployment.ring(Ring::Key).await?;
        let opened = ApiKey::open(&ring, &presented);
        let revoked = match &opened {
            Ok(key) => Some(deployment.control().is_revoked(key.jti).await?),
            Err(_) => None,
        };
        let environment = &deployment.environment;
        let found = Inspection {
            kid: claimed_kid(&presented),
            ..judge(opened, revoked, environment, target.clock.now())
        };
        console.answer(&found, || found.facts(&ring))?;
        Ok(if found.valid { Answer::Yes } else { Answer::No })
    }
}

fn judge(
    opened: Result<ApiKey, Refusal>,
    revoked: Option<bool>,
    environment: &str,
    now: Timestamp,
) -> Inspection {
    let checked = opened.as_ref().map_err(|refusal| *refusal).and_then(|key| {
        key.check(environment, now)?;
        match revoked {
            Some(true) => Err(Refusal::Revoked),
            _ => Ok(()),
        }
    });
    let refusal = checked.err();
    Inspection {
        valid: refusal.is_none(),
        reason: refusal.map(|refusal| refusal.to_string()),
        explanation: refusal.map(|refusal| explanation(refusal).to_owned()),
        kid: None,
        revoked,
        claims: opened.ok().as_ref().map(KeyView::of),
    }
}

impl Inspection {
    fn facts(&self, ring: &KeyRing) -> String {
        let because = self.explanation.as_deref();
        let valid = because.map_or_else(|| "yes".to_owned(), |because| format!("no: {because}"));
        let mut facts = vec![("valid", valid)];
        if let Some(kid) = &self.kid {
            facts.push(("kid", keyring::placed(kid, ring)));
        }
        if let Some(revoked) = self.revoked {
            facts.push(("revoked", if revoked { "yes" } else { "no" }.to_owned()));
        }
        facts.extend(self.claims.iter().flat_map(KeyView::facts));
        table::facts(&facts)
    }
}

fn explanation(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Missing | Refusal::Scheme | Refusal::Open(OpenError::Malformed) => {
            "it is not an APIKey, or only a part of one"
        }
        Refusal::Open(OpenError::Header) => "its header is not that of an APIKey",
        Refusal::Open(OpenError::UnknownKid) => {
            "it was made under a key that is not on this environment's ring"
        }
        Refusal::Open(OpenError::Tag) => "it was altered, or made with another ring",
        Refusal::Claims => "its claims are not those of an APIKey",
        Refusal::Environment => "it was made for another environment",
        Refusal::Scope => "its app cannot have its scope",
        Refusal::NotYetValid => "it was issued in the future",
        Refusal::Expired => "it has expired",
        Refusal::Lifetime => "it was made for longer than a key may live",
        Refusal::Revoked => "it was revoked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::api_key::{Mode, Scope};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn key(env: &str, life: i64) -> ApiKey {
        ApiKey {
            jti: Uuid::new_v4(),
            env: env.into(),
            app: "web".into(),
            scope: Scope::Public,
            mode: Mode::Read,
            groups: None,
            iat: NOW.secs() - 100,
            exp: NOW.secs() + life,
        }
    }

    #[test]
    fn the_first_reason_is_told() {
        for (opened, revoked, reason) in [
            (Ok(key("dev", 1)), Some(false), None),
            (Ok(key("dev", 1)), Some(true), Some("revoked")),
            (Ok(key("dev", 0)), Some(true), Some("expired")),
            (Ok(key("prod", 1)), Some(false), Some("environment")),
            (Err(Refusal::Open(OpenError::Tag)), None, Some("tag")),
        ] {
            let found = judge(opened, revoked, "dev", NOW);
            assert_eq!(found.reason.as_deref(), reason);
            assert_eq!(found.valid, reason.is_none());
        }
    }

    #[test]
    fn neither_form_shows_the_key() {
        let ring = KeyRing::generate("k1").unwrap();
        let sealed = key("dev", 1).seal(&ring).unwrap();
        let found = Inspection {
            kid: claimed_kid(&sealed),
            ..judge(ApiKey::open(&ring, &sealed), Some(false), "dev", NOW)
        };
        let (text, json) = (found.facts(&ring), serde_json::to_string(&found).unwrap());
        assert!(
            text.contains("k1 (active)") && json.contains(r#""kid":"k1""#),
            "{text}{json}"
        );
        for part in sealed.split('.').filter(|part| !part.is_empty()) {
            assert!(!text.contains(part) && !json.contains(part));
        }
    }
}
