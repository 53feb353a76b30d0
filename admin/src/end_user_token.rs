//! `end-user-token`: the tokens that end users come with (contract 5.3); here for trying and for looking into.

use clap::Subcommand;

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

mod inspect;
mod issue;

/// What can be done with end users' tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a token and print it
    Issue(issue::Issue),
    /// Tell what a token says and whether it is good now
    Inspect(inspect::Inspect),
}

impl Command {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::Issue(issue) => issue.run(target, console).await,
            Self::Inspect(inspect) => inspect.run(target, console).await,
        }
    }
}
