//! `client revoke`: its secret and the sessions that it made are refused from then on.

use clap::Args;
use serde::Serialize;
use shared::client::ClientId;
use shared::control::RegisteredClient;

use crate::argument;
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};

/// The arguments of `client revoke`.
#[derive(Debug, Args)]
#[command(
    after_help = "A revocation cannot be taken back: issue another client. Without a terminal, add --yes.\n\n\
    Example:\n  aura-admin --local client revoke ABABABABQQIRZ"
)]
pub(crate) struct Revoke {
    /// The client's id
    #[arg(value_name = "ID", value_parser = argument::client_id)]
    id: ClientId,
}

#[derive(Serialize)]
struct Revoked<'a> {
    revoked: &'a ClientId,
}

impl Revoke {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let control = deployment.control();
        let id = self.id.as_str();
        let clients = control.clients().await?.into_iter();
        let mut living = clients.filter(RegisteredClient::is_living);
        let Some(client) = living.find(|client| client.id == self.id) else {
            return Err(Failure::NotFound(format!("there is no client {id}")));
        };
        console.confirm(&format!(
            "Revoke the client {id} ({}) in {}, for good?",
            client.name.escape_debug(),
            deployment.environment
        ))?;
        control.revoke_client(&self.id, target.clock.now()).await?;
        let told = || format!("Revoked {id}. It is refused everywhere within 5 seconds.");
        console.answer(&Revoked { revoked: &self.id }, told)?;
        Ok(Answer::Yes)
    }
}
