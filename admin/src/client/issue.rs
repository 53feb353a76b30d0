//! `client issue`: the only place where a client's secret is shown. What is kept of it is a digest.

use clap::Args;
use serde::Serialize;
use shared::client::{ClientId, ClientSecret};
use shared::control::{EditError, RegisteredClient};

use crate::argument;
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::table;

/// The options of `client issue`.
#[derive(Debug, Args)]
#[command(
    after_help = "The secret goes to standard output, all else to standard error: it cannot be shown again. To replace a client's secret, \
    issue another client, and revoke the old one when nobody uses it any more.\n\n\
    Example:\n  aura-admin --environment es-prod client issue --name \"Maker's backend\""
)]
pub(crate) struct Issue {
    /// Whose it is, for people
    #[arg(long, value_parser = argument::name)]
    name: String,
    /// Its id [default: a random one]
    #[arg(long, value_name = "ID", value_parser = argument::client_id)]
    id: Option<ClientId>,
}

/// A new client.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Issued<'a> {
    client_id: &'a ClientId,
    client_secret: &'a str,
    name: &'a str,
}

impl Issue {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let secrets = deployment.copilot_secrets().await?;
        let secret = ClientSecret::generate();
        let secret = secret
            .map_err(|error| Failure::Dependency(format!("there are no random bytes: {error}")))?;
        let client = RegisteredClient {
            id: self.id.unwrap_or_else(ClientId::random),
            name: self.name,
            secret_digest: secrets.pepper().digest(&secret),
            created_at: target.clock.now(),
            revoked_at: None,
        };
        let added = deployment.control().add_client(&client).await;
        added.map_err(|error| match error {
            EditError::Store(cause) => Failure::Dependency(format!(
                "the store failed: {cause}. If `client list` has {id}, revoke it: nobody knows its secret",
                id = client.id.as_str()
            )),
            other => other.into(),
        })?;
        if !console.json {
            let facts = [
                ("client id", client.id.as_str().to_owned()),
                ("name", client.name.clone()),
                ("usable", "within 5 seconds".to_owned()),
            ];
            console.note(table::facts(&facts).trim_end());
        }
        let issued = Issued {
            client_id: &client.id,
            client_secret: secret.expose(),
            name: &client.name,
        };
        console.answer(&issued, || secret.expose().to_owned())?;
        Ok(Answer::Yes)
    }
}
