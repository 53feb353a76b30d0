//! `credentials.json`: everything a client of this dev server needs (contract 6).

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use shared::api_key::{ApiKey, Mode, Scope};
use shared::clock::Timestamp;
use shared::control::Channel;
use shared::key_ring::KeyRing;
use shared::names::Names;
use uuid::Uuid;

use crate::copilot::CopilotCredentials;
use crate::data_dir::CannotStart;
use crate::local_env::{ENVIRONMENT, LocalEnv, REGION};

/// How long the keys of one start live.
const KEY_LIFE: Duration = Duration::from_hours(365 * 24);

/// One key of each class of caller.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ApiKeys {
    /// Internal.
    pub aura_bot: String,
    /// Internal.
    pub aura_groot: String,
    /// Kernel.
    pub kernel: String,
    /// Public.
    pub channel: String,
}

impl ApiKeys {
    /// Fresh keys under the ring's active key.
    ///
    /// # Errors
    /// When the system has no random bytes to give.
    pub fn issue(ring: &KeyRing, now: Timestamp) -> Result<Self, CannotStart> {
        let issue = |app: &str, scope: Scope| {
            let key = ApiKey {
                jti: Uuid::new_v4(),
                env: ENVIRONMENT.to_owned(),
                app: app.to_owned(),
                scope,
                mode: Mode::ReadWrite,
                groups: None,
                iat: now.secs(),
                exp: now.plus(KEY_LIFE).secs(),
            };
            key.seal(ring)
                .map_err(|error| CannotStart(format!("cannot make an APIKey: {error}")))
        };
        Ok(Self {
            aura_bot: issue("aura-bot", Scope::Internal)?,
            aura_groot: issue("aura-groot", Scope::Internal)?,
            kernel: issue("kernel", Scope::Kernel)?,
            channel: issue("channel", Scope::Public)?,
        })
    }
}

/// The file's contents.
#[must_use]
pub fn document(
    base_url: &str,
    keys: &ApiKeys,
    rings: [&KeyRing; 2],
    copilot: &CopilotCredentials<'_>,
    env: &LocalEnv,
    names: &Names,
    channels: &[Channel],
) -> Value {
    let ring = |ring: &KeyRing| serde_json::from_str::<Value>(&ring.to_json()).unwrap_or_default();
    let channel = |channel: &Channel| json!({ "id": channel.id, "name": channel.name, "redirects": channel.redirects });
    json!({
        "baseUrl": base_url,
        "environment": ENVIRONMENT,
        "apiKeys": keys,
        "keyRing": ring(rings[0]),
        "stateRing": ring(rings[1]),
        "copilot": copilot,
        "aws": {
            "endpointUrl": env.endpoint_url,
            "region": REGION,
            "accessKeyId": env.access_key_id,
            "secretAccessKey": env.secret_access_key,
            "tableName": names.users_table,
            "erasureTableName": names.erasure_table,
        },
        "kernel": { "authorizeUrl": format!("{}/authorize", env.kernel_url) },
        "directLine": { "url": env.direct_line_url },
        "channels": channels.iter().map(channel).collect::<Vec<_>>(),
    })
}
