//! What every function starts from: its settings, its clients, its gate.

use crate::aws::Clients;
use crate::clock::Clock;
use crate::control::{Control, Lists};
use crate::gate::Gate;
use crate::key_ring::KeyRing;
use crate::secrets::{Secret, shown};
use crate::settings::{BadSetting, Env};
use crate::user_store::UserStore;

/// The ground that a function's state is built on.
pub struct Function {
    /// Checks the callers' keys.
    pub gate: Gate,
    /// Revoked keys, channels.
    pub control: Control,
    /// The users.
    pub users: UserStore,
}

impl Function {
    /// Builds clients and caches from the variables; calls nobody yet.
    ///
    /// # Errors
    /// [`BadSetting`] that names the first variable that is missing or malformed.
    pub fn from_env(env: &Env, lists: Lists, clock: &Clock) -> Result<Self, BadSetting> {
        let clients = Clients::from_env(env)?;
        let table = env.text("TABLE_NAME", "the name of the users' table")?;
        let key_ring = env.text(
            "KEY_RING_SECRET",
            "the name or ARN of the secret that holds the key ring",
        )?;
        let digest_key = env.text(
            "DIGEST_KEY_SECRET",
            "the name or ARN of the secret that holds the digest key",
        )?;
        let control = Control::new(
            clients.dynamodb.clone(),
            table.to_owned(),
            lists,
            clock.clone(),
        );
        let parse_ring = |text: &str| shown(KeyRing::parse(text));
        let ring = Secret::new(
            "key ring",
            clients.secrets.clone(),
            key_ring.to_owned(),
            parse_ring,
            clock.clone(),
        );
        let gate = Gate::new(env.environment()?, ring, control.clone(), clock.clone());
        let users = UserStore::new(clients, table, digest_key, clock.clone());
        Ok(Self {
            gate,
            control,
            users,
        })
    }

    /// Makes the first calls, all at once: INIT runs at full speed, requests do not. Failures show with the first request.
    pub async fn warm(&self) {
        Box::pin(futures_util::future::join(
            self.gate.warm(),
            self.users.warm(),
        ))
        .await;
    }
}
