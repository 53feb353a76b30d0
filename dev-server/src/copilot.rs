//! The client of Copilot Connect that this desk has, with a fresh secret at each start, and the sessions that the reference page
//! tries endpoints with.

use std::sync::Arc;

use serde::Serialize;
use shared::access_token::{AccessToken, CopilotSecrets, Role};
use shared::client::{ClientId, ClientSecret};
use shared::clock::Timestamp;
use shared::control::{ControlEditor, RegisteredClient};

use crate::data_dir::CannotStart;
use crate::secrets_stand_in::SecretsStandIn;

/// The id of this desk's client.
const CLIENT_ID: &str = "LOCALCLIENT";

/// A client with its secret. Cheap to clone.
#[derive(Clone)]
pub struct Copilot(Arc<Inner>);

struct Inner {
    id: ClientId,
    secret: ClientSecret,
    secrets: Arc<SecretsStandIn>,
    /// The name of the secret that holds what tokens are signed with.
    name: String,
}

/// What a client of this desk needs for Copilot Connect (contract 6).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CopilotCredentials<'a> {
    client_id: &'a ClientId,
    client_secret: &'a str,
    app_user_secret: String,
    service_account_secret: String,
}

impl Copilot {
    /// The client, with a new secret that nobody knows of yet.
    ///
    /// # Errors
    /// When the system has no random bytes to give.
    pub fn new(secrets: Arc<SecretsStandIn>, name: String) -> Result<Self, CannotStart> {
        let secret = ClientSecret::generate();
        let secret = secret.map_err(|error| CannotStart(format!("no random bytes: {error}")))?;
        let id = ClientId::parse(CLIENT_ID);
        let id = id.ok_or_else(|| CannotStart("the client has no id".to_owned()))?;
        Ok(Self(Arc::new(Inner {
            id,
            secret,
            secrets,
            name,
        })))
    }

    /// Puts the client on the list, in the place of the one of the last start.
    ///
    /// # Errors
    /// When the secret or the database does not work.
    pub async fn register(
        &self,
        control: &ControlEditor,
        now: Timestamp,
    ) -> Result<(), CannotStart> {
        let client = RegisteredClient {
            id: self.0.id.clone(),
            name: "This desk".to_owned(),
            secret_digest: self.secrets()?.pepper().digest(&self.0.secret),
            created_at: now,
            revoked_at: None,
        };
        let set = control.set_client(&client).await;
        set.map_err(|error| CannotStart(format!("cannot set the client: {error}")))
    }

    /// What goes into `credentials.json`: the secrets that sign at `now`, which the functions know.
    ///
    /// # Errors
    /// When the secret cannot be used.
    pub fn credentials(&self, now: Timestamp) -> Result<CopilotCredentials<'_>, CannotStart> {
        let secrets = self.secrets()?;
        let signing = |role| secrets.expose_signing(role, now).to_owned();
        Ok(CopilotCredentials {
            client_id: &self.0.id,
            client_secret: self.0.secret.expose(),
            app_user_secret: signing(Role::AppUser),
            service_account_secret: signing(Role::ServiceAccount),
        })
    }

    /// The client's id and secret.
    #[must_use]
    pub fn id_and_secret(&self) -> (&str, &str) {
        (self.0.id.as_str(), self.0.secret.expose())
    }

    /// The token of a new session.
    #[must_use]
    pub fn session(&self, now: Timestamp) -> Option<String> {
        let token = AccessToken::session(self.0.id.clone(), now);
        token.sign(&self.secrets().ok()?, now).ok()
    }

    fn secrets(&self) -> Result<CopilotSecrets, CannotStart> {
        let Inner { secrets, name, .. } = &*self.0;
        let text = secrets.get(name).unwrap_or_default();
        CopilotSecrets::parse(&text)
            .map_err(|error| CannotStart(format!("cannot use the secret {name}: {error}")))
    }
}
