//! What is shown of a key: its claims with times that people read, never the key.

use serde::Serialize;
use shared::api_key::{ApiKey, Mode, Scope};
use shared::clock::Timestamp;
use uuid::Uuid;

use crate::table;

/// A key's claims.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyView {
    jti: Uuid,
    app: String,
    scope: Scope,
    mode: Mode,
    /// `null` when the key is not limited to some.
    groups: Option<Vec<String>>,
    env: String,
    issued_at: String,
    expires_at: String,
}

impl KeyView {
    pub(super) fn of(key: &ApiKey) -> Self {
        Self {
            jti: key.jti,
            app: key.app.clone(),
            scope: key.scope,
            mode: key.mode,
            groups: key.groups.clone(),
            env: key.env.clone(),
            issued_at: Timestamp::from_secs(key.iat).rfc3339(),
            expires_at: Timestamp::from_secs(key.exp).rfc3339(),
        }
    }

    /// For [`table::facts`].
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let groups = self.groups.as_deref();
        vec![
            ("jti", self.jti.to_string()),
            ("app", self.app.clone()),
            ("scope", scope_word(self.scope).to_owned()),
            ("mode", mode_word(self.mode).to_owned()),
            (
                "groups",
                groups.map_or_else(|| "all".to_owned(), |groups| table::list(groups, "none")),
            ),
            ("env", self.env.clone()),
            ("issued", self.issued_at.clone()),
            ("expires", self.expires_at.clone()),
        ]
    }
}

pub(super) fn scope_word(scope: Scope) -> &'static str {
    match scope {
        Scope::Internal => "internal",
        Scope::Kernel => "kernel",
        Scope::Public => "public",
    }
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Read => "r",
        Mode::ReadWrite => "rw",
    }
}
