//! The signing key of a new data folder, and its publication.

use std::sync::OnceLock;

use aws_sdk_dynamodb::Client;
use shared::clock::Timestamp;
use shared::control::{ControlEditor, KeyState, PublishedKey};
use shared::jwk::SigningAlgorithm;
use shared::names::Names;
use shared::signing_keys::{SigningKey, SigningKeys, SigningKeysError};

use crate::data_dir::CannotStart;
use crate::secrets_stand_in::SecretsStandIn;

/// One key, which is current. A process makes one only: it takes a third of a second, and tests start many desks.
pub(super) fn first() -> Result<String, String> {
    static MADE: OnceLock<Result<String, SigningKeysError>> = OnceLock::new();
    let make = || {
        let mut keys = SigningKeys::default();
        let key = SigningKey::generate(SigningAlgorithm::Rs256)?;
        let kid = key.kid().to_owned();
        keys.add(key);
        keys.promote(&kid)?;
        Ok(keys.to_json().to_string())
    };
    let text = MADE.get_or_init(make).clone();
    text.map_err(|error| error.to_string())
}

/// Publishes the current signing key, unless it is public: a start that was cut off left that undone.
///
/// # Errors
/// When the secret or the database does not work.
pub async fn published_keys(
    secrets: &SecretsStandIn,
    client: &Client,
    names: &Names,
    now: Timestamp,
) -> Result<(), CannotStart> {
    let failed = |error: &dyn std::fmt::Display| {
        CannotStart(format!("cannot publish the signing keys: {error}"))
    };
    let text = secrets.get(&names.signing_keys_secret).unwrap_or_default();
    let keys = SigningKeys::parse(&text).map_err(|error| failed(&error))?;
    let editor = ControlEditor::new(client.clone(), names.users_table.clone());
    let publication = editor.publication().await.map_err(|error| failed(&error))?;
    let missing = keys
        .current()
        .filter(|key| publication.key(key.kid()).is_none());
    let Some(key) = missing else {
        return Ok(());
    };
    // A secret that was put back in its place: what the table has beside it signs no more.
    let mut all = publication.keys.clone();
    for other in all.iter_mut().filter(|key| key.state == KeyState::Current) {
        other.state = KeyState::Previous;
        other.superseded_at = Some(now);
    }
    let jwk = key.public_jwk().clone();
    all.push(PublishedKey::new(jwk, KeyState::Current, now));
    let published = editor.publish(&publication, &all).await;
    published.map_err(|error| failed(&error))
}
