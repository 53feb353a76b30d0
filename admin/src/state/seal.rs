//! `state seal`: the only place where a state is shown. It is as good as one of the bot's.

use std::convert::Infallible;

use clap::Args;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::sealed_state::{CodeVerifier, Locale, Redirect, SealedState};
use shared::user::{AuraId, ChannelId};
use uuid::Uuid;

use super::Callback;
use super::view::StateView;
use crate::argument;
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure, seal_failed};
use crate::keyring::Ring;
use crate::table;

/// The options of `state seal`.
#[derive(Debug, Args)]
#[command(
    after_help = "The state goes to standard output, all else to standard error. It is good for ten minutes.\n\n\
    Examples:\n  aura-admin --local state seal --aura-id whatsapp:34600000001 --channel whatsapp\n  \
    aura-admin --local state seal --purpose logout --aura-id a1 --channel app --locale es-ES --json"
)]
pub(crate) struct Seal {
    /// The login that is to be made or removed
    #[arg(long, value_name = "ID", value_parser = argument::parsed::<AuraId>)]
    aura_id: AuraId,
    /// The channel of that login
    #[arg(long, value_name = "ID", value_parser = argument::parsed::<ChannelId>)]
    channel: ChannelId,
    /// The callback that it is for
    #[arg(long, value_enum, default_value = "login")]
    purpose: Callback,
    /// The language of the page in the end, like en-GB
    #[arg(long, value_name = "TAG", value_parser = locale)]
    locale: Option<Locale>,
    /// Where the browser is to go in the end
    #[arg(long, value_name = "URL", value_parser = redirect)]
    redirect: Option<Redirect>,
    /// The code verifier of RFC 7636, when the login link has its challenge
    #[arg(long, value_name = "TEXT", value_parser = verifier)]
    code_verifier: Option<GivenVerifier>,
}

/// Parsed at once but judged later: what is refused while the command line is read gets quoted, and this is a secret.
#[derive(Clone, Debug)]
struct GivenVerifier(Option<CodeVerifier>);

/// A new state.
#[derive(Serialize)]
struct Sealed<'a> {
    state: &'a str,
    purpose: Callback,
    jti: Uuid,
    /// Seconds since the Unix epoch, as the claim has it.
    iat: i64,
    expires: String,
}

impl Seal {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let purpose = self.purpose;
        let code_verifier = self.checked_verifier()?;
        let deployment = target.connect().await?;
        let state = SealedState {
            code_verifier,
            ..self.state(&deployment.environment, target.clock.now())
        };
        let ring = deployment.ring(Ring::State).await?;
        let compact = state.seal(purpose.purpose(), &ring);
        let compact = compact.map_err(seal_failed("state"))?;
        if !console.json {
            let mut facts = vec![("purpose", purpose.word().to_owned())];
            facts.extend(StateView::of(&state).facts());
            console.note(table::facts(&facts).trim_end());
        }
        let sealed = Sealed {
            state: &compact,
            purpose,
            jti: state.jti,
            iat: state.iat,
            expires: state.expires().rfc3339(),
        };
        console.answer(&sealed, || compact.clone())?;
        Ok(Answer::Yes)
    }

    fn checked_verifier(&self) -> Result<Option<CodeVerifier>, Failure> {
        let given = self.code_verifier.clone();
        given.map_or(Ok(None), |GivenVerifier(parsed)| {
            parsed.map(Some).ok_or_else(|| {
                Failure::Refused(format!("--code-verifier must be {}", CodeVerifier::RULE))
            })
        })
    }

    fn state(self, environment: &str, now: Timestamp) -> SealedState {
        SealedState {
            locale: self.locale,
            redirect: self.redirect,
            ..SealedState::new(environment, self.aura_id, self.channel, now)
        }
    }
}

fn locale(text: &str) -> Result<Locale, String> {
    Locale::parse(text).ok_or_else(|| format!("it must be {}", Locale::RULE))
}

fn redirect(text: &str) -> Result<Redirect, String> {
    Redirect::parse(text).ok_or_else(|| format!("it must be {}", Redirect::RULE))
}

#[expect(clippy::unnecessary_wraps, reason = "the form of clap's parsers")]
fn verifier(text: &str) -> Result<GivenVerifier, Infallible> {
    Ok(GivenVerifier(CodeVerifier::parse(text)))
}
