//! What a command works on: the dev server, or one environment's tables and secrets in AWS.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use shared::access_token::CopilotSecrets;
use shared::aws::{self, Clients};
use shared::clock::Clock;
use shared::control::ControlEditor;
use shared::key_ring::KeyRing;
use shared::metrics::Metrics;
use shared::names::Names;
use shared::secrets;
use shared::settings::Env;
use shared::user_store::UserStore;
use zeroize::Zeroizing;

use crate::cli::Options;
use crate::credentials::{Copilot, Credentials, Places};
use crate::failure::Failure;
use crate::keyring::Ring;
use crate::secret_slot::{Held, SecretSlot};

/// What was named on the command line; nothing is read or called before a command has checked its own arguments.
pub(crate) struct Target<'a> {
    pub(crate) options: &'a Options,
    pub(crate) env: &'a Env,
    /// Tells the time.
    pub(crate) clock: &'a Clock,
}

impl<'a> Target<'a> {
    pub(crate) fn new(options: &'a Options, env: &'a Env, clock: &'a Clock) -> Self {
        Self {
            options,
            env,
            clock,
        }
    }

    /// Finds names, region and credentials; calls neither tables nor secrets yet.
    pub(crate) async fn connect(&self) -> Result<Deployment, Failure> {
        match (&self.options.local, &self.options.environment) {
            (Some(_), Some(_)) => Err(Failure::Refused(
                "--local and --environment exclude each other".into(),
            )),
            (Some(folder), None) => Deployment::local(&Credentials::read(folder)?, self.clock),
            (None, named) => {
                let named = named.as_deref().or(self.env.optional("ENVIRONMENT"));
                let named = named.ok_or_else(|| {
                    Failure::Refused(
                        "say what to work on: --local for the dev server, or --environment NAME"
                            .into(),
                    )
                })?;
                Deployment::aws(checked(named)?, self.clock).await
            }
        }
    }
}

/// One environment with the clients that reach it.
pub(crate) struct Deployment {
    pub(crate) environment: String,
    pub(crate) clients: Clients,
    pub(crate) names: Names,
    pub(crate) clock: Clock,
    /// The desk's own client of Copilot Connect: of a deployment's clients nobody knows the secrets.
    pub(crate) copilot: Option<Copilot>,
    /// Where things are, on a desk.
    pub(crate) desk: Option<Places>,
}

impl Deployment {
    /// The dev server that wrote these.
    pub(crate) fn local(credentials: &Credentials, clock: &Clock) -> Result<Self, Failure> {
        let aws = &credentials.aws;
        let env = Env::from_pairs([
            ("AWS_REGION", &aws.region),
            ("AWS_ENDPOINT_URL", &aws.endpoint_url),
            ("AWS_ACCESS_KEY_ID", &aws.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &aws.secret_access_key),
        ]);
        let clients = Clients::from_env(&env)
            .map_err(|bad| Failure::Refused(format!("the dev server's credentials.json: {bad}")))?;
        let environment = checked(&credentials.environment)?;
        let names = Names {
            users_table: aws.table_name.clone(),
            erasure_table: aws.erasure_table_name.clone(),
            ..Names::of(&environment)
        };
        Ok(Self {
            environment,
            clients,
            names,
            clock: clock.clone(),
            copilot: credentials.copilot.clone(),
            desk: Some(credentials.places()),
        })
    }

    async fn aws(environment: String, clock: &Clock) -> Result<Self, Failure> {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(aws::http_client())
            .retry_config(aws::retries())
            .timeout_config(aws::timeouts())
            .load()
            .await;
        usable(&config).await?;
        let dynamodb = aws_sdk_dynamodb::Client::new(&config);
        let clients = Clients {
            uncounted: dynamodb.clone(),
            dynamodb,
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            metrics: Metrics::default(),
        };
        let names = Names::of(&environment);
        Ok(Self {
            environment,
            clients,
            names,
            clock: clock.clone(),
            copilot: None,
            desk: None,
        })
    }

    /// The control data: revoked keys, channels, public signing keys.
    pub(crate) fn control(&self) -> ControlEditor {
        let client = self.clients.dynamodb.clone();
        ControlEditor::new(client, self.names.users_table.clone())
    }

    /// The users.
    pub(crate) fn users(&self) -> UserStore {
        UserStore::new(
            self.clients.clone(),
            &self.names.users_table,
            &self.names.digest_key_secret,
            self.clock.clone(),
        )
    }

    /// A secret that is to be changed.
    pub(crate) fn secret<'a>(&'a self, name: &'a str) -> SecretSlot<'a> {
        SecretSlot::new(&self.clients.secrets, name)
    }

    /// A ring as it is now, to seal and open with.
    pub(crate) async fn ring(&self, ring: Ring) -> Result<KeyRing, Failure> {
        let text = self.secret_text(ring.secret(&self.names)).await?;
        Ok(KeyRing::parse(&text)?)
    }

    /// The Copilot secrets as they are now.
    pub(crate) async fn copilot_secrets(&self) -> Result<CopilotSecrets, Failure> {
        let text = self.secret_text(&self.names.copilot_secret).await?;
        Ok(CopilotSecrets::parse(&text)?)
    }

    /// The Copilot secrets that are about to be changed.
    pub(crate) fn copilot_secrets_in(&self, held: &Held) -> Result<CopilotSecrets, Failure> {
        let name = &self.names.copilot_secret;
        let text = held.text.as_ref().ok_or_else(|| {
            Failure::Refused(format!(
                "the secret {name} has no value yet: `keyring init` makes it"
            ))
        })?;
        Ok(CopilotSecrets::parse(text)?)
    }

    async fn secret_text(&self, name: &str) -> Result<Zeroizing<String>, Failure> {
        let text = secrets::read_text(&self.clients.secrets, name).await;
        text.map_err(|cause| {
            let advice = match cause.as_str() {
                "ResourceNotFoundException" => {
                    " (is the environment right? A new one needs `keyring init`)"
                }
                _ => "",
            };
            Failure::Dependency(format!("the secret {name} cannot be read{advice}: {cause}"))
        })
    }
}

/// An environment's name as keys and resources carry it.
fn checked(environment: &str) -> Result<String, Failure> {
    Env::from_pairs([("ENVIRONMENT", environment)])
        .environment()
        .map_err(|_| {
            Failure::Refused("an environment's name must be 1 to 32 characters of a-z 0-9 -".into())
        })
}

/// Region and credentials are asked for ahead: the SDK's own error does not say that they are missing.
async fn usable(config: &SdkConfig) -> Result<(), Failure> {
    if config.region().is_none() {
        return Err(Failure::Refused(
            "no AWS region is set: set AWS_REGION, or AWS_PROFILE with a profile that has one"
                .into(),
        ));
    }
    let missing = || {
        Failure::Refused(
            "there are no AWS credentials: log in (`aws sso login`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".into(),
        )
    };
    let provider = config.credentials_provider().ok_or_else(missing)?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(CredentialsError::CredentialsNotLoaded(_)) => Err(missing()),
        Err(_) => Err(Failure::Dependency(
            "the AWS credentials cannot be loaded: are they expired? Log in again".into(),
        )),
    }
}
