//! `channel`: the means of talking to the assistant that users may come through (contract 1).

use clap::{Args, Subcommand};
use serde::Serialize;
use shared::control::Channel;
use shared::redirect;
use shared::user::ChannelId;

use crate::argument;
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::table::{self, table};

/// A login lives a minute at the least, a year at the most.
const LIFETIMES: std::ops::RangeInclusive<u64> = 60..=31_536_000;

/// What can be done with channels.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a channel, or replace all that is set of the one with this id
    Set(Set),
    /// Remove a channel: its logins stay until they expire, new ones are refused
    Remove(Remove),
    /// List the channels
    #[command(after_help = "Example:\n  aura-admin --local channel list --json")]
    List,
}

/// The options of `channel set`.
#[derive(Debug, Args)]
#[command(
    after_help = "The functions know it within 5 seconds. A redirect covers the addresses with its scheme, host, port and path prefix.\n\n\
    Example:\n  aura-admin --local channel set --id whatsapp --name WhatsApp --redirect https://app.example/linked"
)]
pub(crate) struct Set {
    /// Its id, as callers send it in x-channel-id
    #[arg(long, value_parser = argument::parsed::<ChannelId>)]
    id: ChannelId,
    /// Its name, for people
    #[arg(long, value_parser = argument::name)]
    name: String,
    /// How long a login in it lives
    #[arg(long, value_name = "N", default_value_t = Channel::DEFAULT_LIFETIME_SECONDS,
        value_parser = clap::value_parser!(u64).range(LIFETIMES))]
    lifetime_seconds: u64,
    /// Where the browser may be sent back to; can be repeated
    #[arg(long = "redirect", value_name = "URL", value_parser = redirect::normal_form)]
    redirects: Vec<String>,
}

/// The arguments of `channel remove`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without a terminal, add --yes.\n\nExample:\n  aura-admin --local channel remove whatsapp"
)]
pub(crate) struct Remove {
    /// The channel's id
    #[arg(value_name = "ID", value_parser = argument::parsed::<ChannelId>)]
    id: ChannelId,
}

#[derive(Serialize)]
struct WasSet<'a> {
    created: bool,
    channel: &'a Channel,
}

#[derive(Serialize)]
struct Removed<'a> {
    removed: &'a ChannelId,
}

#[derive(Serialize)]
struct Channels {
    channels: Vec<Channel>,
}

impl Command {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::Set(set) => set.run(target, console).await,
            Self::Remove(remove) => remove.run(target, console).await,
            Self::List => list(target, console).await,
        }
    }
}

impl Set {
    async fn run(self, target: &Target<'_>, console: &mut Console<'_>) -> Result<Answer, Failure> {
        let control = target.connect().await?.control();
        let channel = Channel {
            id: self.id,
            name: self.name,
            lifetime_seconds: self.lifetime_seconds,
            redirects: self.redirects,
        };
        let created = control
            .channels()
            .await?
            .iter()
            .all(|other| other.id != channel.id);
        control.set_channel(&channel).await?;
        let set = WasSet {
            created,
            channel: &channel,
        };
        console.answer(&set, || {
            let done = if created { "Added" } else { "Replaced" };
            format!(
                "{done} the channel {}. The functions know it within 5 seconds.",
                channel.id.as_str()
            )
        })?;
        Ok(Answer::Yes)
    }
}

impl Remove {
    async fn run(self, target: &Target<'_>, console: &mut Console<'_>) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let control = deployment.control();
        let id = self.id.as_str();
        let channels = control.channels().await?;
        let found = channels.into_iter().find(|channel| channel.id == self.id);
        let Some(channel) = found else {
            return Err(Failure::NotFound(format!("there is no channel {id}")));
        };
        console.confirm(&format!(
            "Remove the channel {id} ({}) from {}? New logins in it are refused.",
            channel.name.escape_debug(),
            deployment.environment
        ))?;
        control.remove_channel(&self.id).await?;
        let told = || format!("Removed the channel {id}. Its logins end when they expire.");
        console.answer(&Removed { removed: &self.id }, told)?;
        Ok(Answer::Yes)
    }
}

async fn list(target: &Target<'_>, console: &mut Console<'_>) -> Result<Answer, Failure> {
    let channels = target.connect().await?.control().channels().await?;
    let channels = Channels { channels };
    console.answer(&channels, || channels.table())?;
    Ok(Answer::Yes)
}

impl Channels {
    fn table(&self) -> String {
        if self.channels.is_empty() {
            return "No channels.".to_owned();
        }
        let cells = |channel: &Channel| {
            [
                channel.id.as_str().to_owned(),
                channel.name.clone(),
                format!("{} s", channel.lifetime_seconds),
                table::list(&channel.redirects, "-"),
            ]
        };
        let rows: Vec<_> = self.channels.iter().map(cells).collect();
        table(["ID", "NAME", "LOGIN LIFE", "REDIRECTS"], &rows)
    }
}
