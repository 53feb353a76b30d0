//! What lies under the functions: the data folder, the secrets, the engine, and the files that tell clients about them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use dynoxide::Database;
use shared::aws::Clients;
use shared::clock::Clock;
use shared::control::ControlEditor;
use shared::key_ring::KeyRing;
use shared::names::Names;
use uuid::Uuid;

use crate::credentials::{self, ApiKeys};
use crate::data_dir::{CannotStart, DataDir, write_private};
use crate::local_env::{ENVIRONMENT, LocalEnv};
use crate::options::Options;
use crate::secrets_stand_in::SecretsStandIn;
use crate::{aws_endpoint, seed};

const DATABASE: &str = "dynamodb.sqlite";
const SECRETS: &str = "secrets.json";
const CREDENTIALS: &str = "credentials.json";
const SAM_ENV: &str = "sam-env.json";
/// Where `samconfig.toml` lets `sam local start-api` listen.
const SAM_LOCAL: &str = "http://127.0.0.1:3030";

/// A data folder in use, with its secrets.
pub struct Desk {
    data_dir: DataDir,
    ephemeral: bool,
    secrets: Arc<SecretsStandIn>,
    names: Names,
    clock: Clock,
    /// The functions' variables.
    pub env: LocalEnv,
}

impl Desk {
    /// Takes the data folder, makes the secrets that are not there, and returns the AWS endpoint for `aws` to serve.
    ///
    /// # Errors
    /// When the folder or what is in it cannot be used.
    pub async fn open(
        options: &Options,
        base_url: &str,
        aws: SocketAddr,
        clock: Clock,
    ) -> Result<(Self, Router), CannotStart> {
        let data_dir = DataDir::open(&options.data_dir)?;
        let file = (!options.ephemeral).then(|| data_dir.file(SECRETS));
        let secrets = Arc::new(SecretsStandIn::open(file)?);
        let database = open_database(&data_dir, options.ephemeral)?;
        let names = Names::of(ENVIRONMENT);
        seed::secrets(&secrets, &names, clock.now().secs())?;
        let endpoint = aws_endpoint::endpoint(database, Arc::clone(&secrets), clock.clone()).await;
        let failed = |error| CannotStart(format!("cannot start the database: {error}"));
        let env = LocalEnv {
            base_url: base_url.to_owned(),
            kernel_url: options.kernel_url.clone(),
            endpoint_url: format!("http://{aws}"),
            access_key_id: "local".to_owned(),
            secret_access_key: Uuid::new_v4().simple().to_string(),
        };
        let ephemeral = options.ephemeral;
        let desk = Self {
            data_dir,
            ephemeral,
            secrets,
            names,
            clock,
            env,
        };
        Ok((desk, endpoint.map_err(failed)?))
    }

    /// Makes the tables that are not there, issues keys for this start, and writes the files that clients read.
    ///
    /// # Errors
    /// When the database does not work or a file cannot be written.
    pub async fn furnish(&self, container_endpoint: &str) -> Result<ApiKeys, CannotStart> {
        let clients = Clients::from_env(&self.env.variables("dev-server"));
        let dynamodb = clients
            .map_err(|error| CannotStart(error.to_string()))?
            .dynamodb;
        seed::tables(&dynamodb, &self.names).await?;
        let now = self.clock.now();
        seed::published_keys(&self.secrets, &dynamodb, &self.names, now).await?;
        let (key_ring, state_ring) = (
            self.ring(&self.names.key_ring_secret)?,
            self.ring(&self.names.state_ring_secret)?,
        );
        let keys = ApiKeys::issue(&key_ring, self.clock.now())?;
        let editor = ControlEditor::new(dynamodb, self.names.users_table.clone());
        let channels = editor
            .channels()
            .await
            .map_err(|error| CannotStart(error.to_string()))?;
        let document = credentials::document(
            &self.env.base_url,
            &keys,
            [&key_ring, &state_ring],
            &self.env,
            &self.names,
            &channels,
        );
        let in_containers = LocalEnv {
            endpoint_url: container_endpoint.to_owned(),
            base_url: SAM_LOCAL.to_owned(),
            ..self.env.clone()
        };
        for (file, contents) in [(CREDENTIALS, document), (SAM_ENV, in_containers.sam_env())] {
            let path = self.data_dir.file(file);
            let text = format!("{contents:#}\n");
            write_private(&path, text.as_bytes())
                .map_err(|error| CannotStart::with("write", &path, error))?;
        }
        Ok(keys)
    }

    /// Keeps the files that clients read in step with the secrets, which operators rotate.
    pub async fn refurnish(&self, container_endpoint: &str) {
        loop {
            self.secrets.changed().await;
            if let Err(CannotStart(why)) = self.furnish(container_endpoint).await {
                tracing::warn!(why, "credentials are not up to date");
            }
        }
    }

    /// Leaves nothing of data that was in memory only.
    pub fn clear(&self) {
        if self.ephemeral {
            let _ =
                [CREDENTIALS, SAM_ENV].map(|file| std::fs::remove_file(self.data_dir.file(file)));
        }
    }

    fn ring(&self, name: &str) -> Result<KeyRing, CannotStart> {
        let text = self.secrets.get(name).unwrap_or_default();
        KeyRing::parse(&text)
            .map_err(|error| CannotStart(format!("cannot use the secret {name}: {error}")))
    }
}

fn open_database(data_dir: &DataDir, ephemeral: bool) -> Result<Database, CannotStart> {
    let cannot = |path: &Path, error: &dyn std::fmt::Display| {
        CannotStart::with(
            "use the database",
            path,
            format!("{error}; move it away to start afresh"),
        )
    };
    if ephemeral {
        return Database::memory().map_err(|error| cannot(Path::new("in memory"), &error));
    }
    let path = data_dir.private_file(DATABASE)?;
    let text = path
        .to_str()
        .ok_or_else(|| cannot(&path, &"its path is not UTF-8"))?;
    Database::new(text).map_err(|error| cannot(&path, &error))
}
