//! The gate: from an `Authorization` header to a caller who may do this, or to the 401, 403 or 503 of contract 2.

use std::sync::Arc;

use futures_util::future::join;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use uuid::Uuid;

use crate::api::{Effect, Operation};
use crate::api_key::{ApiKey, Mode, Refusal, Scope};
use crate::cached::Stale;
use crate::clock::{Clock, Timestamp};
use crate::control::{Control, ControlData};
use crate::error::{Denial, Error};
use crate::key_ring::KeyRing;
use crate::secrets::Secret;

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

/// A request that is not let in; its log line names the key wherever that is genuine.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Who holds the key, as far as it opens.
    pub caller: Option<Caller>,
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

/// Checks keys for one function. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    keys: Option<Keys>,
    clock: Clock,
}

/// What keys are checked with.
struct Keys {
    environment: String,
    key_ring: Secret<KeyRing>,
    control: Control,
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
        let keys = Some(Keys {
            environment,
            key_ring,
            control,
        });
        Self(Arc::new(Inner { keys, clock }))
    }

    /// The gate of a function that has no key ring: it lets nobody in where a key is asked for.
    #[must_use]
    pub fn without_keys(clock: Clock) -> Self {
        Self(Arc::new(Inner { keys: None, clock }))
    }

    /// The ring that keys are opened with.
    #[must_use]
    pub fn key_ring(&self) -> Option<&Secret<KeyRing>> {
        self.0.keys.as_ref().map(|keys| &keys.key_ring)
    }

    /// Reads the ring and the control data ahead of the first request; failures show there.
    pub async fn warm(&self) {
        let Some(keys) = &self.0.keys else {
            return;
        };
        let (ring, control) = join(keys.key_ring.get(), keys.control.current()).await;
        for stale in [ring.err(), control.err()].into_iter().flatten() {
            tracing::warn!(cause = %stale, "not warm yet");
        }
    }

    /// Decides whether the holder of the key in `headers` may do this.
    ///
    /// # Errors
    /// 401 without a valid key, 403 with one that does not admit, 503 while that cannot be told.
    pub async fn admit(
        &self,
        headers: &HeaderMap,
        operation: &Operation,
    ) -> Result<Caller, Refused> {
        let keys = self.0.keys.as_ref();
        let keys = keys.ok_or_else(|| Refused::unnamed(Error::unavailable("no key ring")))?;
        let presented = presented_key(headers).map_err(Refused::unnamed)?;
        // At once: where both are old, the request waits for the slower one only.
        let (ring, control) = join(keys.key_ring.get(), keys.control.current()).await;
        let ring = ring.map_err(|stale| Refused::unnamed(stale.into()))?;
        let key = ApiKey::open(&ring, presented)
            .map_err(|refusal| Refused::unnamed(Error::Unauthenticated(refusal)))?;
        let caller = Caller::of(&key);
        let valid = keys.check(&key, control, self.0.clock.now());
        match valid.and_then(|()| admit(&key, operation)) {
            Ok(()) => Ok(caller),
            Err(error) => Err(Refused {
                caller: Some(caller),
                error,
            }),
        }
    }
}

impl Keys {
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

/// The key of `Authorization: APIKEY <key>`, the scheme in any case (RFC 9110 11.4).
fn presented_key(headers: &HeaderMap) -> Result<&str, Error> {
    let refused = |refusal| Error::Unauthenticated(refusal);
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(refused(Refusal::Missing))?;
    if values.next().is_some() {
        return Err(refused(Refusal::Scheme));
    }
    let text = value.to_str().map_err(|_| refused(Refusal::Scheme))?;
    match text.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("APIKEY") => Ok(key.trim_matches(' ')),
        _ => Err(refused(Refusal::Scheme)),
    }
}
