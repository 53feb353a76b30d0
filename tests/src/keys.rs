//! APIKeys for tests: good ones, and bad ones made from good ones.

use shared::api_key::{ApiKey, Mode, Scope};
use shared::clock::Timestamp;
use shared::key_ring::KeyRing;
use uuid::Uuid;

/// The payload of a good key of this scope for this app.
#[must_use]
pub fn payload(app: &str, scope: Scope, now: Timestamp) -> ApiKey {
    ApiKey {
        jti: Uuid::new_v4(),
        env: dev_server::local_env::ENVIRONMENT.to_owned(),
        app: app.to_owned(),
        scope,
        mode: Mode::ReadWrite,
        groups: None,
        iat: now.secs(),
        exp: now.secs() + 390 * 86_400,
    }
}

/// The `Authorization` header's value for a key.
///
/// # Panics
/// When the system has no random bytes to give.
#[must_use]
pub fn authorization(key: &ApiKey, ring: &KeyRing) -> String {
    let sealed = key
        .seal(ring)
        .unwrap_or_else(|error| panic!("no random bytes: {error}"));
    format!("APIKEY {sealed}")
}
