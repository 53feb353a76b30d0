//! The gate: from an `Authorization` header to a caller who may do this, or to the 401, 403 or 503 of contract 2.

use std::sync::Arc;

use http::{Extensions, HeaderMap};
use uuid::Uuid;

use crate::access_token::CopilotSecrets;
use crate::api::{Access, Operation};
use crate::api_key::Scope;
use crate::client::ClientId;
use crate::clock::Clock;
use crate::control::Control;
use crate::error::Error;
use crate::key_ring::KeyRing;
use crate::secrets::Secret;

mod authorization;
mod clients;
mod keys;

use clients::Clients;
pub use clients::{ClientRefusal, ClientRefused};
use keys::Keys;

/// Who calls: what the key says of its holder.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The key's id.
    pub jti: Uuid,
    /// Whom the key was made for.
    pub app: Arc<str>,
    /// The class of endpoints it opens.
    pub scope: Scope,
}

/// Who is let in. The request carries the caller or the client for its handler, the response for telemetry.
#[derive(Clone, Debug)]
pub enum Admitted {
    /// The holder of an APIKey.
    Caller(Caller),
    /// A client of Copilot Connect.
    Client(ClientId),
}

impl Admitted {
    /// Puts it where handlers and telemetry look for it.
    pub(crate) fn tell(&self, extensions: &mut Extensions) {
        match self {
            Self::Caller(caller) => drop(extensions.insert(caller.clone())),
            Self::Client(client) => drop(extensions.insert(client.clone())),
        }
    }
}

/// A request that is not let in; its log line names the key wherever that is genuine.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Who holds the key, as far as it opens.
    pub caller: Option<Admitted>,
    /// What is answered.
    pub error: Error,
}

impl Refused {
    fn unnamed(error: Error) -> Self {
        Self {
            caller: None,
            error,
        }
    }
}

/// Checks callers for one function. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    checks: Checks,
    clock: Clock,
}

/// Whom a function can tell from others.
enum Checks {
    /// Holders of APIKeys.
    Keys(Keys),
    /// Clients of Copilot Connect.
    Clients(Clients),
    /// Nobody.
    None,
}

impl Gate {
    /// A gate that opens keys with `key_ring` and asks `control` for the revoked ones.
    #[must_use]
    pub fn new(
        environment: String,
        key_ring: Secret<KeyRing>,
        control: Control,
        clock: Clock,
    ) -> Self {
        let checks = Checks::Keys(Keys {
            environment,
            key_ring,
            control,
        });
        Self(Arc::new(Inner { checks, clock }))
    }

    /// The gate of a function that only clients call: checks them by `secrets` and the list that `control` has of them.
    #[must_use]
    pub fn for_clients(secrets: Secret<CopilotSecrets>, control: Control, clock: Clock) -> Self {
        let checks = Checks::Clients(Clients { secrets, control });
        Self(Arc::new(Inner { checks, clock }))
    }

    /// The gate of a function that tells nobody from others: it lets nobody in where somebody is asked for.
    #[must_use]
    pub fn without_keys(clock: Clock) -> Self {
        let checks = Checks::None;
        Self(Arc::new(Inner { checks, clock }))
    }

    /// The ring that keys are opened with.
    #[must_use]
    pub fn key_ring(&self) -> Option<&Secret<KeyRing>> {
        match &self.0.checks {
            Checks::Keys(keys) => Some(&keys.key_ring),
            _ => None,
        }
    }

    /// Reads secrets and control data ahead of the first request; failures show there.
    pub async fn warm(&self) {
        let stale = match &self.0.checks {
            Checks::Keys(keys) => keys.warm().await,
            Checks::Clients(clients) => clients.warm().await,
            Checks::None => [None, None],
        };
        for stale in stale.into_iter().flatten() {
            tracing::warn!(cause = %stale, "not warm yet");
        }
    }

    /// Decides whether whoever `headers` name may do this; `None` where nobody is asked for.
    ///
    /// # Errors
    /// 401 without a valid key, secret or session, 403 with a key that does not admit, 503 while that cannot be told.
    pub async fn admit(
        &self,
        headers: &HeaderMap,
        operation: &Operation,
    ) -> Result<Option<Admitted>, Refused> {
        let now = || self.0.clock.now();
        match (operation.access, &self.0.checks) {
            (Access::None, _) => Ok(None),
            (access @ (Access::Client | Access::Session), Checks::Clients(clients)) => {
                let client = clients.admit(headers, access, now).await?;
                Ok(Some(Admitted::Client(client)))
            }
            (
                Access::Internal | Access::Kernel | Access::InternalOrKernel | Access::Public,
                Checks::Keys(keys),
            ) => {
                let caller = keys.admit(headers, operation, now).await?;
                Ok(Some(Admitted::Caller(caller)))
            }
            // A function without what the check needs lets nobody in.
            _ => Err(Refused::unnamed(Error::unavailable("no way to check"))),
        }
    }
}
