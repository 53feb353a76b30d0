//! The operators' command line as a library, so that tests can call it with their own arguments, clock and console.

use std::ffi::OsString;

use clap::Parser;
use shared::clock::Clock;
use shared::settings::Env;

mod apikey;
mod argument;
mod channel;
mod cli;
mod client;
mod console;
mod copilot_secret;
mod credentials;
mod deployment;
mod doctor;
mod end_user_token;
mod event;
mod failure;
mod keyring;
mod placeholder;
mod redact;
mod secret_slot;
mod signing_key;
mod state;
mod table;
mod user;

pub use console::Console;

use cli::Cli;
use deployment::Target;
use failure::Answer;

/// Runs one command line (the first argument is the program's name) and returns the process's exit code:
/// 0 done, 1 the answer is no, 2 usage or refused, 3 a dependency failed.
pub async fn run<I, T>(args: I, env: &Env, clock: &Clock, console: &mut Console<'_>) -> u8
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return console.usage(&error),
    };
    console.json = cli.options.json;
    console.yes = cli.options.yes;
    let target = Target::new(&cli.options, env, clock);
    let answered = cli.command.run(&target, console).await;
    match answered.and_then(|answer| console.flush().map(|()| answer)) {
        Ok(Answer::Yes) => 0,
        Ok(Answer::No) => 1,
        Err(failure) => {
            let text = failure.to_string();
            let local = cli.options.local.is_some() && text.ends_with("connection failed");
            let hint = if local {
                " (is the dev server running?)"
            } else {
                ""
            };
            console.note(&format!("error: {text}{hint}"));
            failure.exit_code()
        }
    }
}

#[cfg(test)]
#[path = "lib_tests.rs"]
mod tests;
