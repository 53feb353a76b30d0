//! The command line: global options and the groups of commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::{
    apikey, channel, client, copilot_secret, doctor, end_user_token, event, keyring, signing_key,
    state, user,
};

const NOTES: &str = "\
Where:
  --local works on the dev server (`cargo run`); otherwise --environment names the deployment, and region and
  credentials come from the usual AWS chain (variables, profile, SSO, role). A word after --local is its folder:
  write --local=DIR, or put --local before another option.

Exit codes:
  0  done, or the answer is yes
  1  the answer is no: not found, not valid
  2  wrong usage, or refused: nothing was changed
  3  the store, the secrets or the output failed: repeat the command

Example:
  aura-admin --local apikey issue --app kernel --scope kernel --days 30";

/// The operators' command line of the Aura Authentication API
#[derive(Debug, Parser)]
#[command(name = "aura-admin", version, after_help = NOTES, subcommand_precedence_over_arg = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Options {
    /// Work on the dev server, with this data folder (.local when none is named)
    #[arg(long, global = true, value_name = "DIR", num_args = 0..=1, default_missing_value = ".local")]
    pub(crate) local: Option<PathBuf>,
    /// Work on the deployment of this environment [env: ENVIRONMENT]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Answer in JSON, for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Answer every question with yes
    #[arg(long, global = true)]
    pub(crate) yes: bool,
}

/// The groups of commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Issue, inspect and revoke the keys of callers
    #[command(subcommand, subcommand_precedence_over_arg = true)]
    Apikey(apikey::Command),
    /// Make, show and rotate the rings that callers' keys and callback states are sealed with
    #[command(subcommand, subcommand_precedence_over_arg = true)]
    Keyring(keyring::Command),
    /// Make, list and rotate the keys that this API signs with
    #[command(subcommand, subcommand_precedence_over_arg = true)]
    SigningKey(signing_key::Command),
    /// Set, list and remove the channels that users come through
    #[command(subcommand, subcommand_precedence_over_arg = true)]
    Channel(channel::Command),
    /// Show what is stored of a person, and erase persons
    #[command(subcommand, subcommand_precedence_over_arg = true)]
    User(user::Command),
    /// Make and open the states of login and logout callbacks
    #[command(subcommand, subcommand_precedence_over_arg = true)]
    State(state::Command),
    /// Issue, list and revoke the clients of Copilot Connect
    #[command(subcommand, subcommand_precedence_over_arg = true)]
    Client(client::Command),
    /// Rotate what Copilot Connect's tokens are signed with
    #[command(subcommand, subcommand_precedence_over_arg = true)]
    CopilotSecret(copilot_secret::Command),
    /// Make and inspect the access tokens of end users
    #[command(subcommand, subcommand_precedence_over_arg = true)]
    EndUserToken(end_user_token::Command),
    /// Fill the placeholders of a sample event with fresh keys and states
    Event(event::Event),
    /// Look at everything that a deployment needs, and say what is wrong and what to do
    Doctor(doctor::Doctor),
}

impl Command {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::Apikey(command) => command.run(target, console).await,
            Self::Keyring(command) => command.run(target, console).await,
            Self::SigningKey(command) => command.run(target, console).await,
            Self::Channel(command) => command.run(target, console).await,
            Self::User(command) => command.run(target, console).await,
            Self::State(command) => command.run(target, console).await,
            Self::Client(command) => command.run(target, console).await,
            Self::CopilotSecret(command) => command.run(target, console).await,
            Self::EndUserToken(command) => command.run(target, console).await,
            Self::Event(event) => event.run(target, console).await,
            Self::Doctor(doctor) => Box::pin(doctor.run(target, console)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn local_does_not_swallow_a_command() {
        for (args, folder) in [
            ("--local apikey list-revoked", Some(".local")),
            ("apikey --local list-revoked", Some(".local")),
            ("apikey list-revoked --local", Some(".local")),
            ("--local other apikey list-revoked", Some("other")),
            ("apikey list-revoked --local=other", Some("other")),
            ("apikey list-revoked", None),
        ] {
            let cli = Cli::try_parse_from(format!("aura-admin {args}").split(' ')).unwrap();
            assert_eq!(cli.options.local, folder.map(PathBuf::from), "{args}");
        }
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            assert!(
                command.get_about().is_some(),
                "{path} says nothing of itself"
            );
            for sub in command.get_subcommands() {
                check(sub, &path);
            }
            let help = command.get_after_help().map(ToString::to_string);
            let shown = command.has_subcommands() && path != " aura-admin"
                || help.is_some_and(|help| help.contains("Example"));
            assert!(shown, "{path} has no example");
        }
        check(&Cli::command(), "");
    }
}
