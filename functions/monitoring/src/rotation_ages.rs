//! How old each key is, so that somebody notices the one that is never changed. What cannot be read is left out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join5;
use shared::cached::Stale;
use shared::clock::{Clock, Timestamp};
use shared::control::ControlEditor;
use shared::function::Function;
use shared::gate::Gate;
use shared::key_ring::KeyRing;
use shared::secrets::{Secret, shown};
use shared::settings::BadSetting;
use tokio::time::timeout;

use crate::dated_secret::DatedSecret;
use crate::signing_key::SigningKey;

/// A scrape waits no longer for them.
const TIME_LIMIT: Duration = Duration::from_secs(4);

/// Reads the ages. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RotationAges(Arc<Inner>);

struct Inner {
    signing_key: SigningKey,
    key_ring: Option<Secret<KeyRing>>,
    state_ring: Secret<KeyRing>,
    direct_line: DatedSecret,
    copilot: DatedSecret,
    clock: Clock,
}

impl RotationAges {
    /// The ages of the keys that this function's environment has.
    pub(crate) fn new(function: &Function, gate: &Gate) -> Result<Self, BadSetting> {
        let env = &function.env;
        let state_ring = function.state_ring_id()?;
        let rule = "the name or ARN of the secret that holds the Direct Line secrets";
        let direct_line = env.text("DIRECT_LINE_SECRET", rule)?;
        let copilot = function.copilot_secret_id()?;
        let (clients, clock) = (&function.clients, function.clock.clone());
        let control = ControlEditor::new(clients.dynamodb.clone(), function.table.clone());
        let parse = |text: &str| shown(KeyRing::parse(text));
        let dated = |what, id| DatedSecret::new(what, clients, id, clock.clone());
        Ok(Self(Arc::new(Inner {
            signing_key: SigningKey::new(control, clock.clone(), clients.metrics.clone()),
            key_ring: gate.key_ring().cloned(),
            state_ring: function.secret("state ring", state_ring, parse),
            direct_line: dated("versions of the Direct Line secrets", direct_line),
            copilot: dated("versions of the Copilot secrets", copilot),
            clock,
        })))
    }

    /// The ages that are known, by key.
    pub(crate) async fn read(&self) -> BTreeMap<&'static str, Duration> {
        let inner = &*self.0;
        let (signing_key, key_ring, state_ring, direct_line, copilot) = join5(
            known(inner.signing_key.published_at()),
            known(active_since(inner.key_ring.as_ref())),
            known(active_since(Some(&inner.state_ring))),
            known(inner.direct_line.made_at()),
            known(inner.copilot.made_at()),
        )
        .await;
        let now = inner.clock.now();
        let since = [
            ("signing-key", signing_key),
            ("key-ring", key_ring),
            ("state-ring", state_ring),
            ("direct-line", direct_line),
            ("copilot", copilot),
        ];
        // What was made ahead of this machine's clock is new.
        let age = |since| now.since(since).unwrap_or_default();
        let ages = since.into_iter();
        ages.filter_map(|(key, since)| Some((key, age(since?))))
            .collect()
    }
}

/// Since when a ring has its active key, where the key's id tells.
async fn active_since(ring: Option<&Secret<KeyRing>>) -> Result<Option<Timestamp>, Stale> {
    match ring {
        Some(ring) => Ok(ring.get().await?.active_since()),
        None => Ok(None),
    }
}

/// How long a key has been there, if that can be read in time. That it cannot is in the log of whatever read it.
async fn known(since: impl Future<Output = Result<Option<Timestamp>, Stale>>) -> Option<Timestamp> {
    let read = timeout(TIME_LIMIT, since).await;
    read.ok()?.ok()?
}
