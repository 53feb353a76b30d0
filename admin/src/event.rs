//! `event`: sample events are kept without keys and states in them; this fills fresh ones in, so that they can be sent.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::de::IgnoredAny;
use shared::api_key::{ApiKey, Mode, Scope};
use shared::jwe::Purpose;
use shared::key_ring::KeyRing;
use shared::sealed_state::SealedState;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::argument;
use crate::console::Console;
use crate::deployment::{Deployment, Target};
use crate::failure::{Answer, Failure, seal_failed};
use crate::keyring::Ring;
use crate::placeholder::{self, Piece};

mod copilot;

/// How long the keys in an event live.
const LIFE_SECONDS: i64 = 3600;
/// What can stand between `{{` and `}}`.
const KNOWN: &str = "{{apikey:kernel}}, {{apikey:aura-bot}}, {{apikey:aura-groot}}, {{apikey:NAME}} for any other app, {{login-state}}, {{logout-state}}, {{client-credentials}}, {{session-token}}, {{end-user-token}}";
/// Whose login the states are about.
const SAMPLE_AURA_ID: &str = "whatsapp:34600000001";
const SAMPLE_CHANNEL: &str = "whatsapp";

/// The arguments of `event`.
#[derive(Debug, Args)]
#[command(
    after_help = "Placeholders: {{apikey:kernel}}, {{apikey:aura-bot}}, {{apikey:aura-groot}}, and {{apikey:NAME}} for a public key of any other app; {{login-state}} and {{logout-state}} of the user whatsapp:34600000001 in the channel whatsapp; {{client-credentials}} and {{session-token}} of the desk's own client of Copilot Connect (with --local), {{end-user-token}} of that user. Keys live for an hour, the others for ten minutes.\n\n\
    Example:\n  aura-admin --local event events/user-lookup/get_user.json | sam local invoke UserLookup --event -"
)]
pub(crate) struct Event {
    /// The sample event's file; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Event {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let text = self.read(console)?;
        let pieces = placeholder::split(&text)?;
        let filler = Filler {
            deployment: target.connect().await?,
            key_ring: OnceCell::new(),
            state_ring: OnceCell::new(),
        };
        console.write(&filler.fill_all(pieces).await?)?;
        Ok(Answer::Yes)
    }

    fn read(&self, console: &mut Console<'_>) -> Result<String, Failure> {
        let (shown, text) = if self.file.as_os_str() == "-" {
            ("standard input".to_owned(), console.document()?)
        } else {
            let shown = self.file.display().to_string();
            let text = std::fs::read_to_string(&self.file)
                .map_err(|error| Failure::Refused(format!("{shown} cannot be read: {error}")))?;
            (shown, text)
        };
        match serde_json::from_str::<IgnoredAny>(&text) {
            Ok(_) => Ok(text),
            Err(error) => Err(Failure::Refused(format!(
                "{shown} is not JSON: line {}, column {}",
                error.line(),
                error.column()
            ))),
        }
    }
}

/// Makes what stands in a placeholder's place.
struct Filler {
    deployment: Deployment,
    key_ring: OnceCell<KeyRing>,
    state_ring: OnceCell<KeyRing>,
}

impl Filler {
    /// One placeholder, one value: an event may need the same key twice.
    async fn fill_all(&self, pieces: Vec<Piece<'_>>) -> Result<String, Failure> {
        let mut values = BTreeMap::new();
        let mut complete = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => complete.push_str(text),
                Piece::Placeholder(name) => {
                    if !values.contains_key(name) {
                        values.insert(name, self.fill(name).await?);
                    }
                    complete.push_str(&values[name]);
                }
            }
        }
        Ok(complete)
    }

    /// Each kind of placeholder is one arm. What it makes must need no escaping in a JSON text.
    async fn fill(&self, name: &str) -> Result<String, Failure> {
        match (name, name.strip_prefix("apikey:")) {
            ("login-state", _) => self.state(Purpose::LoginState).await,
            ("logout-state", _) => self.state(Purpose::LogoutState).await,
            ("client-credentials", _) => self.client_credentials(),
            ("session-token", _) => self.session_token().await,
            ("end-user-token", _) => self.end_user_token().await,
            (_, Some(app)) if !app.is_empty() => self.api_key(app).await,
            _ => Err(Failure::Refused(format!(
                "the placeholder {{{{{name}}}}} is unknown; known are {KNOWN}"
            ))),
        }
    }

    async fn api_key(&self, app: &str) -> Result<String, Failure> {
        let ring = self
            .key_ring
            .get_or_try_init(|| self.deployment.ring(Ring::Key));
        let iat = self.deployment.clock.now().secs();
        let key = ApiKey {
            jti: Uuid::new_v4(),
            env: self.deployment.environment.clone(),
            app: app.to_owned(),
            scope: scope_of(app),
            mode: Mode::ReadWrite,
            groups: None,
            iat,
            exp: iat + LIFE_SECONDS,
        };
        key.seal(ring.await?).map_err(seal_failed("key"))
    }

    async fn state(&self, purpose: Purpose) -> Result<String, Failure> {
        let ring = self
            .state_ring
            .get_or_try_init(|| self.deployment.ring(Ring::State));
        let state = SealedState::new(
            &self.deployment.environment,
            argument::parsed(SAMPLE_AURA_ID).map_err(Failure::Refused)?,
            argument::parsed(SAMPLE_CHANNEL).map_err(Failure::Refused)?,
            self.deployment.clock.now(),
        );
        let sealed = state.seal(purpose, ring.await?);
        sealed.map_err(seal_failed("state"))
    }
}

/// The scope that makes the most of an app.
fn scope_of(app: &str) -> Scope {
    let scopes = [Scope::Internal, Scope::Kernel];
    scopes
        .into_iter()
        .find(|scope| scope.is_open_to(app))
        .unwrap_or(Scope::Public)
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
