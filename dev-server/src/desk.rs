//! What lies under the functions: the data folder, the secrets, the engine, and the files that tell clients about them.

use std::path::Path;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use axum::Router;
use dynoxide::Database;
use shared::aws::Clients;
use shared::clock::Clock;
use shared::control::ControlEditor;
use shared::key_ring::KeyRing;
use shared::names::Names;
use uuid::Uuid;

use crate::copilot::Copilot;
use crate::credentials::{self, ApiKeys};
use crate::data_dir::{CannotStart, DataDir, write_private};
use crate::local_env::{ENVIRONMENT, LocalEnv};
use crate::options::Options;
use crate::places::{Places, SAM_LOCAL};
use crate::secrets_stand_in::SecretsStandIn;
use crate::{aws_endpoint, seed};

const DATABASE: &str = "dynamodb.sqlite";
const SECRETS: &str = "secrets.json";
const CREDENTIALS: &str = "credentials.json";
const SAM_ENV: &str = "sam-env.json";

/// A data folder in use, with its secrets.
pub struct Desk {
    data_dir: DataDir,
    ephemeral: bool,
    clock: Clock,
    /// The secrets.
    pub secrets: Arc<SecretsStandIn>,
    /// The names of tables and secrets.
    pub names: Names,
    /// The client of Copilot Connect.
    pub copilot: Copilot,
    /// The functions' variables.
    pub env: LocalEnv,
    /// The same in the containers of `sam local`.
    in_containers: LocalEnv,
    dynamodb: Client,
}

impl Desk {
    /// Takes the data folder, makes the secrets that are not there, and returns the AWS endpoint to serve.
    ///
    /// # Errors
    /// When the folder or what is in it cannot be used.
    pub async fn open(
        options: &Options,
        places: &Places,
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
        let endpoint = endpoint.map_err(failed)?;
        let (env, in_containers) = variables(places);
        let clients = Clients::from_env(&env.variables("dev-server"));
        let clients = clients.map_err(|error| CannotStart(error.to_string()))?;
        let copilot = Copilot::new(Arc::clone(&secrets), names.copilot_secret.clone())?;
        let desk = Self {
            data_dir,
            ephemeral: options.ephemeral,
            clock,
            secrets,
            names,
            copilot,
            env,
            in_containers,
            dynamodb: clients.dynamodb,
        };
        Ok((desk, endpoint))
    }

    /// Edits control data.
    #[must_use]
    pub fn control(&self) -> ControlEditor {
        ControlEditor::new(self.dynamodb.clone(), self.names.users_table.clone())
    }

    /// Makes the tables that are not there, issues keys for this start, and writes the files that clients read.
    ///
    /// # Errors
    /// When the database does not work or a file cannot be written.
    pub async fn furnish(&self) -> Result<ApiKeys, CannotStart> {
        seed::tables(&self.dynamodb, &self.names).await?;
        let (control, now) = (self.control(), self.clock.now());
        self.copilot.register(&control, now).await?;
        self.issue().await
    }

    async fn issue(&self) -> Result<ApiKeys, CannotStart> {
        let now = self.clock.now();
        seed::published_keys(&self.secrets, &self.dynamodb, &self.names, now).await?;
        seed::own_page(&self.control(), &self.env.base_url).await?;
        let key_ring = self.ring(&self.names.key_ring_secret)?;
        let keys = ApiKeys::issue(&key_ring, now)?;
        self.write_files(&keys, &key_ring).await?;
        Ok(keys)
    }

    async fn write_files(&self, keys: &ApiKeys, key_ring: &KeyRing) -> Result<(), CannotStart> {
        let state_ring = self.ring(&self.names.state_ring_secret)?;
        let channels = self.control().channels().await;
        let document = credentials::document(
            &self.env.base_url,
            keys,
            [key_ring, &state_ring],
            &self.copilot.credentials(self.clock.now())?,
            &self.env,
            &self.names,
            &channels.map_err(|error| CannotStart(error.to_string()))?,
        );
        for (file, contents) in [
            (CREDENTIALS, document),
            (SAM_ENV, self.in_containers.sam_env()),
        ] {
            let path = self.data_dir.file(file);
            let text = format!("{contents:#}\n");
            write_private(&path, text.as_bytes())
                .map_err(|error| CannotStart::with("write", &path, error))?;
        }
        Ok(())
    }

    /// Keeps the files that clients read in step with the secrets, which operators rotate.
    pub async fn refurnish(&self) {
        loop {
            self.secrets.changed().await;
            if let Err(CannotStart(why)) = self.issue().await {
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

/// The functions' variables on this machine and in the containers of `sam local`.
fn variables(places: &Places) -> (LocalEnv, LocalEnv) {
    let here = LocalEnv {
        base_url: places.base_url.clone(),
        kernel_url: places.kernel.url.clone(),
        direct_line_url: places.direct_line.url.clone(),
        endpoint_url: places.aws.url.clone(),
        access_key_id: "local".to_owned(),
        secret_access_key: Uuid::new_v4().simple().to_string(),
    };
    let in_containers = LocalEnv {
        base_url: SAM_LOCAL.to_owned(),
        kernel_url: places.kernel.in_containers.clone(),
        direct_line_url: places.direct_line.in_containers.clone(),
        endpoint_url: places.aws.in_containers.clone(),
        ..here.clone()
    };
    (here, in_containers)
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
