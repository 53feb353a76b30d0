//! `apikey issue`: the only place where a key is shown.

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use serde::Serialize;
use shared::api_key::{ApiKey, Mode, Scope};
use shared::clock::Timestamp;
use uuid::Uuid;

use super::view::{KeyView, scope_word};
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure, seal_failed};
use crate::keyring::Ring;
use crate::table;

const DAY_SECONDS: i64 = 86_400;

/// The functions that a key can be limited to: each one's name is its endpoints' group.
const GROUPS: [&str; 7] = [
    "user-registration",
    "user-removal",
    "user-lookup",
    "direct-line-token",
    "openid",
    "monitoring",
    "end-user-authentication",
];

/// The options of `apikey issue`.
#[derive(Debug, Args)]
#[command(
    after_help = "The key goes to standard output, all else to standard error: it cannot be shown again.\n\n\
    Example:\n  aura-admin --environment es-prod apikey issue --app whatsapp --scope public --group direct-line-token --days 90"
)]
pub(crate) struct Issue {
    /// Whom the key is for: aura-bot, aura-groot, kernel, or a channel's or consumer's name
    #[arg(long, value_name = "APP")]
    app: String,
    /// The class of endpoints that it opens
    #[arg(long, value_enum)]
    scope: ScopeArgument,
    /// Whether it may call the operations that write
    #[arg(long, value_enum, default_value = "rw")]
    mode: ModeArgument,
    /// Limit it to this group of endpoints; can be repeated [default: no limit]
    #[arg(long = "group", value_name = "GROUP", value_parser = PossibleValuesParser::new(GROUPS))]
    groups: Vec<String>,
    /// How many days it lives, 400 at the most
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=400))]
    days: i64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScopeArgument {
    /// for aura-bot and aura-groot only
    Internal,
    /// for kernel only
    Kernel,
    /// for everyone
    Public,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ModeArgument {
    /// reading operations only
    R,
    /// all operations
    Rw,
}

/// A new key with its claims.
#[derive(Serialize)]
struct Issued<'a> {
    #[serde(flatten)]
    view: &'a KeyView,
    key: &'a str,
}

impl Issue {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        self.check_app()?;
        let deployment = target.connect().await?;
        let claims = self.claims(&deployment.environment, target.clock.now())?;
        let ring = deployment.ring(Ring::Key).await?;
        let key = claims.seal(&ring).map_err(seal_failed("key"))?;
        let view = KeyView::of(&claims);
        if !console.json {
            console.note(table::facts(&view.facts()).trim_end());
        }
        let issued = Issued {
            view: &view,
            key: &key,
        };
        console.answer(&issued, || key.clone())?;
        Ok(Answer::Yes)
    }

    /// Before anything is called: contract 2 ties two of the scopes to their apps.
    fn check_app(&self) -> Result<(), Failure> {
        let scope = Scope::from(self.scope);
        if scope.is_open_to(&self.app) {
            return Ok(());
        }
        let apps = match scope {
            Scope::Internal => "aura-bot or aura-groot",
            Scope::Kernel | Scope::Public => "kernel",
        };
        Err(Failure::Refused(format!(
            "a key of scope {} can only be made for the app {apps}",
            scope_word(scope)
        )))
    }

    fn claims(&self, environment: &str, now: Timestamp) -> Result<ApiKey, Failure> {
        let mut groups = self.groups.clone();
        groups.sort();
        groups.dedup();
        let iat = now.secs();
        let key = ApiKey {
            jti: Uuid::new_v4(),
            env: environment.to_owned(),
            app: self.app.clone(),
            scope: self.scope.into(),
            mode: self.mode.into(),
            groups: (!groups.is_empty()).then_some(groups),
            iat,
            exp: iat + self.days * DAY_SECONDS,
        };
        // Whatever is left to refuse is the app's name: the rest was made here.
        key.check(environment, now).map(|()| key).map_err(|_| {
            Failure::Refused("--app must be 1 to 128 bytes without control characters".into())
        })
    }
}

impl From<ScopeArgument> for Scope {
    fn from(scope: ScopeArgument) -> Self {
        match scope {
            ScopeArgument::Internal => Self::Internal,
            ScopeArgument::Kernel => Self::Kernel,
            ScopeArgument::Public => Self::Public,
        }
    }
}

impl From<ModeArgument> for Mode {
    fn from(mode: ModeArgument) -> Self {
        match mode {
            ModeArgument::R => Self::Read,
            ModeArgument::Rw => Self::ReadWrite,
        }
    }
}

#[cfg(test)]
#[path = "issue_tests.rs"]
mod tests;
