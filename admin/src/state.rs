//! `state`: the states of login and logout callbacks (contract 4.3, 4.5), which the bot makes; here for trying and for looking into.

use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use shared::jwe::Purpose;

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

mod open;
mod seal;
mod view;

/// What can be done with callback states.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a state and print it
    Seal(seal::Seal),
    /// Tell what a state says and whether it is good now
    Open(open::Open),
}

impl Command {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::Seal(seal) => seal.run(target, console).await,
            Self::Open(open) => open.run(target, console).await,
        }
    }
}

/// Which callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Callback {
    /// the login callback
    Login,
    /// the logout callback
    Logout,
}

impl Callback {
    fn purpose(self) -> Purpose {
        match self {
            Self::Login => Purpose::LoginState,
            Self::Logout => Purpose::LogoutState,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Logout => "logout",
        }
    }
}
