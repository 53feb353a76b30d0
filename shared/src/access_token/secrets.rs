//! What Copilot Connect signs with, one secret: `{"pepper", "appUser": {"current", "since", "previous"?}, "serviceAccount": {…}}`.
//!
//! A new secret is taken at once wherever it is known, and signs once it is known everywhere: so it is replaced in one step, and
//! no instance meets a token whose secret it has not read yet.

use std::time::Duration;

use jsonwebtoken::{DecodingKey, EncodingKey};
use zeroize::Zeroizing;

use super::Role;
use super::document::{Document, Pair, SecretsError, Text, decoded, random};
use super::keys::{Key, Keys};
use crate::client::Pepper;
use crate::clock::Timestamp;
use crate::jwe::json_object;

/// How long the previous secret goes on signing: every instance reads the secret again within 5 minutes, and clocks may differ by
/// as much.
pub const SETTLING: Duration = Duration::from_mins(10);

/// The parsed secrets.
pub struct CopilotSecrets {
    document: Document,
    pepper: Pepper,
    app_user: Keys,
    service_account: Keys,
}

impl CopilotSecrets {
    /// Parses the secret's text.
    ///
    /// # Errors
    /// [`SecretsError`], which never quotes a secret.
    pub fn parse(text: &str) -> Result<Self, SecretsError> {
        let document: Document = json_object(text.as_bytes()).ok_or(SecretsError::Malformed)?;
        Self::of(document)
    }

    /// New ones, all random.
    ///
    /// # Errors
    /// [`SecretsError::Random`].
    pub fn generate(now: Timestamp) -> Result<Self, SecretsError> {
        let pair = || {
            Ok(Pair {
                current: random()?,
                since: now,
                previous: None,
            })
        };
        Self::of(Document {
            pepper: random()?,
            app_user: pair()?,
            service_account: pair()?,
        })
    }

    fn of(document: Document) -> Result<Self, SecretsError> {
        let pepper = decoded(&document.pepper)?;
        let built = Self {
            pepper: Pepper::new(&pepper).ok_or(SecretsError::Malformed)?,
            app_user: Keys::of(&document.app_user)?,
            service_account: Keys::of(&document.service_account)?,
            document,
        };
        if built.document.has_twins() {
            return Err(SecretsError::Same);
        }
        Ok(built)
    }

    /// The secret's text.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        Zeroizing::new(serde_json::to_string(&self.document).unwrap_or_default())
    }

    /// A new current secret for this role; the current one becomes the previous one, which is lost.
    ///
    /// # Errors
    /// [`SecretsError::Random`].
    pub fn rotated(&self, role: Role, now: Timestamp) -> Result<Self, SecretsError> {
        let mut document = self.document.clone();
        let pair = document.pair_mut(role);
        let new = Pair {
            current: random()?,
            since: now,
            previous: Some(pair.current.clone()),
        };
        *pair = new;
        Self::of(document)
    }

    /// Without the previous secret of this role: what it signed is refused by whoever has read this.
    ///
    /// # Errors
    /// [`SecretsError::NoPrevious`].
    pub fn retired(&self, role: Role) -> Result<Self, SecretsError> {
        let mut document = self.document.clone();
        let previous = &mut document.pair_mut(role).previous;
        previous.take().ok_or(SecretsError::NoPrevious)?;
        Self::of(document)
    }

    /// What the secrets of clients are digested with.
    #[must_use]
    pub fn pepper(&self) -> &Pepper {
        &self.pepper
    }

    /// Since when the current secret of this role has been there.
    #[must_use]
    pub fn current_since(&self, role: Role) -> Timestamp {
        self.keys(role).since
    }

    /// Whether there is a previous secret of this role.
    #[must_use]
    pub fn has_previous(&self, role: Role) -> bool {
        self.keys(role).previous.is_some()
    }

    /// The secret that signs this role's tokens at `now` as text, for who signs on his own desk.
    #[must_use]
    pub fn expose_signing(&self, role: Role, now: Timestamp) -> &str {
        let pair = match role {
            Role::AppUser => &self.document.app_user,
            Role::ServiceAccount => &self.document.service_account,
        };
        let secret: &Text = self.in_force(role, now, &pair.current, pair.previous.as_ref());
        secret
    }

    /// What signs this role's tokens at `now`.
    pub(super) fn signing(&self, role: Role, now: Timestamp) -> &EncodingKey {
        let keys = self.keys(role);
        let key: &Key = self.in_force(role, now, &keys.current, keys.previous.as_ref());
        &key.signing
    }

    /// Which of the two signs at `now`.
    fn in_force<'a, T>(
        &self,
        role: Role,
        now: Timestamp,
        current: &'a T,
        previous: Option<&'a T>,
    ) -> &'a T {
        let settling = now < self.keys(role).since.plus(SETTLING);
        previous.filter(|_| settling).unwrap_or(current)
    }

    /// Every secret that tokens may be signed with, with its role.
    pub(super) fn verifying(&self) -> impl Iterator<Item = (Role, &DecodingKey)> {
        Role::ALL.into_iter().flat_map(|role| {
            let keys = self.keys(role);
            let both = [Some(&keys.current), keys.previous.as_ref()];
            both.into_iter()
                .flatten()
                .map(move |key| (role, &key.verifying))
        })
    }

    fn keys(&self, role: Role) -> &Keys {
        match role {
            Role::AppUser => &self.app_user,
            Role::ServiceAccount => &self.service_account,
        }
    }
}

/// Nothing of them.
impl std::fmt::Debug for CopilotSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CopilotSecrets")
    }
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
