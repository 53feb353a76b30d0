//! What every function starts from: its settings, its clients, what it counts, and the parts that it asks for.

use axum::Router;

use crate::access_token::CopilotSecrets;
use crate::api::Routes;
use crate::aws::Clients;
use crate::base::Base;
use crate::callback::Callbacks;
use crate::clock::Clock;
use crate::control::{Control, Lists, PublishedKeys};
use crate::gate::Gate;
use crate::jwe::Purpose;
use crate::key_ring::KeyRing;
use crate::metrics::{Family, Flusher, Setup};
use crate::secrets::{Secret, shown};
use crate::settings::{BadSetting, Env};
use crate::telemetry::Telemetry;
use crate::user_store::UserStore;

/// The ground that a function's state is built on; calls nobody yet.
pub struct Function {
    /// Its variables.
    pub env: Env,
    /// What it calls.
    pub clients: Clients,
    /// The time.
    pub clock: Clock,
    /// The users' table, which has the control data and the metrics too.
    pub table: String,
    /// The address that callers know the API by.
    pub base: Base,
    flusher: Flusher,
}

/// A function that is ready to answer.
pub struct Instance {
    /// Answers requests.
    pub router: Router,
    /// Writes what was counted, also where no request comes by.
    pub flusher: Flusher,
}

impl Function {
    /// Reads the variables that every function has.
    ///
    /// # Errors
    /// [`BadSetting`] that names the first variable that is missing or malformed.
    pub fn from_env(name: &'static str, env: Env, clock: Clock) -> Result<Self, BadSetting> {
        let clients = Clients::from_env(&env)?;
        let base = Base(env.base_url()?);
        let table = env.text("TABLE_NAME", "the name of the users' table")?;
        let table = table.to_owned();
        let flusher = Flusher::new(Setup {
            metrics: clients.metrics.clone(),
            client: clients.uncounted.clone(),
            table: table.clone(),
            environment: env.environment()?,
            function: name,
            clock: clock.clone(),
        });
        clients.metrics.count(Family::ColdStarts, &[name]);
        Ok(Self {
            env,
            clients,
            clock,
            table,
            base,
            flusher,
        })
    }

    /// Its copy of the control data.
    #[must_use]
    pub fn control(&self, lists: Lists) -> Control {
        Control::new(&self.clients, self.table.clone(), lists, self.clock.clone())
    }

    /// Its copy of the public keys that signatures verify with.
    #[must_use]
    pub fn published_keys(&self) -> PublishedKeys {
        PublishedKeys::new(&self.clients, self.table.clone(), self.clock.clone())
    }

    /// The check of callers' keys.
    ///
    /// # Errors
    /// [`BadSetting`] that names the variable.
    pub fn gate(&self, control: &Control) -> Result<Gate, BadSetting> {
        let ring = self.key_ring_id()?;
        let ring = self.secret("key ring", ring, |text| shown(KeyRing::parse(text)));
        let environment = self.env.environment()?;
        let (control, clock) = (control.clone(), self.clock.clone());
        Ok(Gate::new(environment, ring, control, clock))
    }

    /// The name or ARN of the secret that holds what Copilot Connect signs with.
    ///
    /// # Errors
    /// [`BadSetting`] when it is missing.
    pub fn copilot_secret_id(&self) -> Result<&str, BadSetting> {
        let rule = "the name or ARN of the secret that holds the Copilot secrets";
        self.env.text("COPILOT_SECRET", rule)
    }

    /// The check of Copilot Connect's clients.
    ///
    /// # Errors
    /// [`BadSetting`] that names the variable.
    pub fn client_gate(
        &self,
        control: &Control,
    ) -> Result<(Gate, Secret<CopilotSecrets>), BadSetting> {
        let id = self.copilot_secret_id()?;
        let secrets = self.secret("Copilot secrets", id, |text| {
            shown(CopilotSecrets::parse(text))
        });
        let (control, clock) = (control.clone(), self.clock.clone());
        Ok((Gate::for_clients(secrets.clone(), control, clock), secrets))
    }

    /// The name or ARN of the secret that holds the key ring.
    ///
    /// # Errors
    /// [`BadSetting`] when it is missing.
    pub fn key_ring_id(&self) -> Result<&str, BadSetting> {
        self.env.text(
            "KEY_RING_SECRET",
            "the name or ARN of the secret that holds the key ring",
        )
    }

    /// The check of the states that callbacks come with.
    ///
    /// # Errors
    /// [`BadSetting`] that names the variable.
    pub fn callbacks(&self, purpose: Purpose, control: &Control) -> Result<Callbacks, BadSetting> {
        let ring = self.secret("state ring", self.state_ring_id()?, |text| {
            shown(KeyRing::parse(text))
        });
        let environment = self.env.environment()?;
        let (control, clock) = (control.clone(), self.clock.clone());
        Ok(Callbacks::new(purpose, environment, ring, control, clock))
    }

    /// The name or ARN of the secret that holds the state ring.
    ///
    /// # Errors
    /// [`BadSetting`] when it is missing.
    pub fn state_ring_id(&self) -> Result<&str, BadSetting> {
        self.env.text(
            "STATE_RING_SECRET",
            "the name or ARN of the secret that holds the state ring",
        )
    }

    /// The users.
    ///
    /// # Errors
    /// [`BadSetting`] that names the variable.
    pub fn users(&self) -> Result<UserStore, BadSetting> {
        let digest_key = self.env.text(
            "DIGEST_KEY_SECRET",
            "the name or ARN of the secret that holds the digest key",
        )?;
        let clients = self.clients.clone();
        Ok(UserStore::new(
            clients,
            &self.table,
            digest_key,
            self.clock.clone(),
        ))
    }

    /// A secret; `what` is its name in logs, `id` its name or ARN.
    #[must_use]
    pub fn secret<T>(
        &self,
        what: &'static str,
        id: &str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Secret<T> {
        Secret::new(
            what,
            &self.clients,
            id.to_owned(),
            parse,
            self.clock.clone(),
        )
    }

    /// The function, ready to answer.
    pub fn instance<S>(self, routes: Routes<S>, state: S, gate: &Gate) -> Instance
    where
        S: Clone + Send + Sync + 'static,
    {
        let host = self.base.0.map_or_else(String::new, |url| url.authority);
        let dialect = routes.dialect();
        let telemetry = Telemetry::new(self.clock, self.flusher.clone(), &host, dialect);
        Instance {
            router: routes.serve(state, gate, telemetry),
            flusher: self.flusher,
        }
    }
}
