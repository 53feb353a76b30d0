//! `state open`: what a state says, and why it is or is not good. Never shows the state or its code verifier.

use clap::Args;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::jwe::{OpenError, claimed_kid};
use shared::key_ring::KeyRing;
use shared::sealed_state::{SealedState, StateRefusal};

use super::Callback;
use super::view::StateView;
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::keyring::{self, Ring};
use crate::table;

/// The arguments of `state open`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 1 when the state is not good. Whether it was used before is not looked up.\n\n\
    Example (the state stays out of the shell's history):\n  aura-admin --local state open - < state.txt"
)]
pub(crate) struct Open {
    /// The state; - or none reads it from standard input
    #[arg(value_name = "STATE")]
    state: Option<String>,
}

/// What is known of a state.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    /// As far as the state itself tells.
    valid: bool,
    /// The word that logs and metrics have for it.
    reason: Option<String>,
    explanation: Option<String>,
    /// `null` when the state does not open.
    purpose: Option<Callback>,
    /// As the header has it: of a state that does not open, nothing vouches for it.
    kid: Option<String>,
    /// Below zero when it was issued in the future.
    age_seconds: Option<i64>,
    claims: Option<StateView>,
}

impl Open {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let presented = console.state(self.state.as_deref())?;
        let deployment = target.connect().await?;
        let ring = deployment.ring(Ring::State).await?;
        let found = look_into(
            &presented,
            &ring,
            &deployment.environment,
            target.clock.now(),
        );
        console.answer(&found, || found.facts(&ring))?;
        Ok(if found.valid { Answer::Yes } else { Answer::No })
    }
}

fn look_into(presented: &str, ring: &KeyRing, environment: &str, now: Timestamp) -> Opened {
    let opened_as = |callback: Callback| {
        let opened = SealedState::open(callback.purpose(), ring, presented);
        (callback, opened)
    };
    let (callback, opened) = match opened_as(Callback::Login) {
        (_, Err(StateRefusal::Open(OpenError::Header))) => opened_as(Callback::Logout),
        other => other,
    };
    let is_open = !matches!(opened, Err(StateRefusal::Open(_)));
    let checked = opened.as_ref().map_err(|refusal| *refusal);
    let refusal = checked
        .and_then(|state| state.check(environment, now))
        .err();
    Opened {
        valid: refusal.is_none(),
        reason: refusal.map(|refusal| refusal.to_string()),
        explanation: refusal.map(|refusal| explanation(refusal).to_owned()),
        purpose: is_open.then_some(callback),
        kid: claimed_kid(presented),
        age_seconds: checked
            .ok()
            .map(|state| now.secs().saturating_sub(state.iat)),
        claims: checked.ok().map(StateView::of),
    }
}

impl Opened {
    fn facts(&self, ring: &KeyRing) -> String {
        let valid = match &self.explanation {
            None => "yes, unless it was used before: that is not looked up here".to_owned(),
            Some(because) => format!("no: {because}"),
        };
        let mut facts = vec![("valid", valid)];
        if let Some(purpose) = self.purpose {
            facts.push(("purpose", purpose.word().to_owned()));
        }
        if let Some(kid) = &self.kid {
            facts.push(("kid", keyring::placed(kid, ring)));
        }
        if let Some(age) = self.age_seconds {
            facts.push(("age", format!("{age} s")));
        }
        facts.extend(self.claims.iter().flat_map(StateView::facts));
        table::facts(&facts)
    }
}

fn explanation(refusal: StateRefusal) -> &'static str {
    match refusal {
        StateRefusal::Open(OpenError::Malformed) => "it is not a state, or only a part of one",
        StateRefusal::Open(OpenError::Header) => {
            "its header is not that of a state (`apikey inspect` is for keys)"
        }
        StateRefusal::Open(OpenError::UnknownKid) => {
            "it was made under a key that is not on this environment's state ring"
        }
        StateRefusal::Open(OpenError::Tag) => "it was altered, or made with another ring",
        StateRefusal::Claims => "its claims are not those of a state",
        StateRefusal::Environment => "it was made for another environment",
        StateRefusal::NotYetValid => "it was issued in the future",
        StateRefusal::Expired => "it is older than ten minutes",
        StateRefusal::Missing => "there is none",
        StateRefusal::Channel => "its channel is not known",
        StateRefusal::Used => "it was used before",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::api_key::{ApiKey, Mode, Scope};
    use shared::extract::Argument as _;
    use shared::jwe::{self, Purpose};
    use shared::sealed_state::CodeVerifier;
    use shared::user::{AuraId, ChannelId};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn state(env: &str, age: i64) -> SealedState {
        SealedState {
            iat: NOW.secs() - age,
            code_verifier: CodeVerifier::parse(&"v".repeat(43)),
            ..SealedState::new(
                env,
                AuraId::parse("a1").unwrap(),
                ChannelId::parse("app").unwrap(),
                NOW,
            )
        }
    }

    #[test]
    fn the_first_reason_is_told_with_what_is_known() {
        let ring = KeyRing::generate("k1").unwrap();
        for (state, callback, reason) in [
            (state("dev", 600), Callback::Login, None),
            (state("dev", -60), Callback::Logout, None),
            (state("dev", 601), Callback::Login, Some("expired")),
            (state("dev", -61), Callback::Logout, Some("not-yet-valid")),
            (state("prod", 601), Callback::Login, Some("environment")),
        ] {
            let sealed = state.seal(callback.purpose(), &ring).unwrap();
            let found = look_into(&sealed, &ring, "dev", NOW);
            assert_eq!(found.reason.as_deref(), reason);
            assert_eq!(
                (found.valid, found.purpose),
                (reason.is_none(), Some(callback))
            );
            assert_eq!(found.age_seconds, Some(NOW.secs() - state.iat));
        }
    }

    #[test]
    fn of_what_does_not_open_only_the_claimed_kid_is_known() {
        let ring = KeyRing::generate("k1").unwrap();
        let other = KeyRing::generate("k2").unwrap();
        let key = ApiKey {
            jti: Uuid::new_v4(),
            env: "dev".into(),
            app: "web".into(),
            scope: Scope::Public,
            mode: Mode::Read,
            groups: None,
            iat: NOW.secs(),
            exp: NOW.secs() + 60,
        };
        for (presented, reason, kid) in [
            ("garbage".to_owned(), "malformed", None),
            (key.seal(&ring).unwrap(), "header", Some("k1")),
            (
                state("dev", 0).seal(Purpose::LogoutState, &other).unwrap(),
                "unknown-kid",
                Some("k2"),
            ),
        ] {
            let found = look_into(&presented, &ring, "dev", NOW);
            assert_eq!(found.reason.as_deref(), Some(reason));
            assert_eq!(found.kid.as_deref(), kid);
            assert!(found.purpose.is_none() && found.claims.is_none() && !found.valid);
        }
        let empty = jwe::seal(Purpose::LogoutState, &ring, b"{}").unwrap();
        let found = look_into(&empty, &ring, "dev", NOW);
        assert_eq!(found.reason.as_deref(), Some("claims"));
        assert_eq!(found.purpose, Some(Callback::Logout));
    }

    #[test]
    fn neither_form_shows_the_state_or_its_code_verifier() {
        let ring = KeyRing::generate("k1").unwrap();
        let sealed = state("dev", 0).seal(Purpose::LoginState, &ring).unwrap();
        let found = look_into(&sealed, &ring, "dev", NOW);
        let (text, json) = (found.facts(&ring), serde_json::to_string(&found).unwrap());
        assert!(text.contains("code verifier  there is one"), "{text}");
        assert!(json.contains(r#""hasCodeVerifier":true"#), "{json}");
        let parts = sealed.split('.').filter(|part| !part.is_empty());
        for part in parts.chain(["vvv"]) {
            assert!(!text.contains(part) && !json.contains(part), "{text}{json}");
        }
    }
}
