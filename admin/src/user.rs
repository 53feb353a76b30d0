//! `user`: what the store has of a person, and erasure on request.

use clap::Subcommand;

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

mod erase;
mod show;

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what is stored of a person: personal data
    Show(show::Show),
    /// Erase every person whose latest number it is
    Erase(erase::Erase),
}

impl Command {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::Show(show) => show.run(target, console).await,
            Self::Erase(erase) => erase.run(target, console).await,
        }
    }
}
