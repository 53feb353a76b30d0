//! The gate of the Aura API (contract 2): an APIKey, opened with the ring and looked up among the revoked ones, both in memory.

use std::sync::Arc;

use futures_util::future::join;
use http::HeaderMap;

use super::authorization::{NoCredentials, credentials};
use super::{Admitted, Caller, Refused};
use crate::api::{Effect, Operation};
use crate::api_key::{ApiKey, Mode, Refusal};
use crate::cached::Stale;
use crate::clock::Timestamp;
use crate::control::{Control, ControlData};
use crate::error::{Denial, Error};
use crate::key_ring::KeyRing;
use crate::secrets::Secret;

/// What keys are checked with.
pub(super) struct Keys {
    pub(super) environment: String,
    pub(super) key_ring: Secret<KeyRing>,
    pub(super) control: Control,
}

impl Keys {
    /// Reads the ring and the control data ahead of the first request.
    pub(super) async fn warm(&self) -> [Option<Stale>; 2] {
        let (ring, control) = join(self.key_ring.get(), self.control.current()).await;
        [ring.err(), control.err()]
    }

    /// Decides whether the holder of the key in `headers` may do this.
    pub(super) async fn admit(
        &self,
        headers: &HeaderMap,
        operation: &Operation,
        now: impl FnOnce() -> Timestamp,
    ) -> Result<Caller, Refused> {
        let presented = credentials(headers, "APIKEY").map_err(|none| {
            Refused::unnamed(Error::Unauthenticated(match none {
                NoCredentials::Missing => Refusal::Missing,
                NoCredentials::Scheme => Refusal::Scheme,
            }))
        })?;
        // At once: where both are old, the request waits for the slower one only.
        let (ring, control) = join(self.key_ring.get(), self.control.current()).await;
        let ring = ring.map_err(|stale| Refused::unnamed(stale.into()))?;
        let key = ApiKey::open(&ring, presented)
            .map_err(|refusal| Refused::unnamed(Error::Unauthenticated(refusal)))?;
        let caller = Caller::of(&key);
        let valid = self.check(&key, control, now());
        match valid.and_then(|()| admit(&key, operation)) {
            Ok(()) => Ok(caller),
            Err(error) => Err(Refused {
                caller: Some(Admitted::Caller(caller)),
                error,
            }),
        }
    }

    fn check(
        &self,
        key: &ApiKey,
        control: Result<Arc<ControlData>, Stale>,
        now: Timestamp,
    ) -> Result<(), Error> {
        key.check(&self.environment, now)
            .map_err(Error::Unauthenticated)?;
        if control?.is_revoked(key.jti) {
            return Err(Error::Unauthenticated(Refusal::Revoked));
        }
        Ok(())
    }
}

/// Whether the holder of a valid key may do this; the error says what about the key forbids it.
fn admit(key: &ApiKey, operation: &Operation) -> Result<(), Error> {
    if !operation.access.admits(key.scope) {
        return Err(Error::PermissionDenied(Denial::Scope));
    }
    if operation.effect == Effect::Writes && key.mode == Mode::Read {
        return Err(Error::PermissionDenied(Denial::Mode));
    }
    let in_groups = |groups: &Vec<String>| groups.iter().any(|group| group == operation.function);
    if !key.groups.as_ref().is_none_or(in_groups) {
        return Err(Error::PermissionDenied(Denial::Groups));
    }
    Ok(())
}

impl Caller {
    fn of(key: &ApiKey) -> Self {
        Self {
            jti: key.jti,
            app: key.app.as_str().into(),
            scope: key.scope,
        }
    }
}
