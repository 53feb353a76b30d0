//! Where each key stands, by the secret and the table together. The secret decides what signs; the table knows what is public.

use shared::clock::Timestamp;
use shared::control::{KeyState, Publication, PublishedKey};
use shared::jwk::SigningAlgorithm;
use shared::signing_keys::{SigningKey, SigningKeys};

/// One key.
#[derive(Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) kid: &'a str,
    pub(super) algorithm: SigningAlgorithm,
    pub(crate) state: KeyState,
    /// Whether the secret has its private part.
    pub(super) in_secret: bool,
    /// The key in the table; `None` while it is not public.
    pub(crate) published: Option<&'a PublishedKey>,
}

/// How secret and table disagree about a key: a command was cut off, or one of the two was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disagreement {
    /// A key that signs nothing yet is not public.
    NotPublished,
    /// The key that signs is not the table's current one, or one that does not sign is.
    HalfPromoted,
    /// A public key has no private part.
    NoPrivateKey,
}

/// All keys: next, current, previous.
pub(super) fn all<'a>(secret: &'a SigningKeys, table: &'a Publication) -> Vec<Standing<'a>> {
    let only_public = table
        .keys
        .iter()
        .filter(|key| secret.key(key.kid()).is_none());
    let mut all: Vec<_> = secret
        .keys()
        .map(|key| of_private(secret, table, key))
        .chain(only_public.map(of_public))
        .collect();
    all.sort_by_key(|key| key.state);
    all
}

fn of_private<'a>(
    secret: &SigningKeys,
    table: &'a Publication,
    key: &'a SigningKey,
) -> Standing<'a> {
    let published = table.key(key.kid());
    let is_current = secret.current().map(SigningKey::kid) == Some(key.kid());
    let state = match published.map(|key| key.state) {
        _ if is_current => KeyState::Current,
        None => KeyState::Next,
        Some(state) => not_current(state),
    };
    Standing {
        kid: key.kid(),
        algorithm: key.algorithm(),
        state,
        in_secret: true,
        published,
    }
}

fn of_public(key: &PublishedKey) -> Standing<'_> {
    Standing {
        kid: key.kid(),
        algorithm: key.jwk.algorithm(),
        state: not_current(key.state),
        in_secret: false,
        published: Some(key),
    }
}

/// What the table calls current and the secret does not is a key that was superseded.
fn not_current(state: KeyState) -> KeyState {
    match state {
        KeyState::Current => KeyState::Previous,
        other => other,
    }
}

impl Standing<'_> {
    pub(crate) fn disagreement(&self) -> Option<Disagreement> {
        match self.published {
            None if self.state == KeyState::Current => Some(Disagreement::HalfPromoted),
            None => Some(Disagreement::NotPublished),
            Some(published) if published.state != self.state => Some(Disagreement::HalfPromoted),
            Some(_) if !self.in_secret => Some(Disagreement::NoPrivateKey),
            Some(_) => None,
        }
    }
}

/// The published keys with those of the secret that are not public yet.
pub(super) fn complete(
    secret: &SigningKeys,
    table: &Publication,
    now: Timestamp,
) -> Vec<PublishedKey> {
    let missing = all(secret, table).into_iter().filter_map(|key| {
        let jwk = secret.public_jwk(key.kid)?.clone();
        let missing = key.published.is_none();
        missing.then(|| PublishedKey::new(jwk, key.state, now))
    });
    table.keys.iter().cloned().chain(missing).collect()
}

/// The published keys with the secret's current one as the current one, and no other.
pub(super) fn promoted(
    secret: &SigningKeys,
    table: &Publication,
    now: Timestamp,
) -> Vec<PublishedKey> {
    let current = secret.current().map(SigningKey::kid);
    let mut keys = table.keys.clone();
    for key in &mut keys {
        if Some(key.kid()) == current {
            (key.state, key.superseded_at) = (KeyState::Current, None);
        } else if key.state == KeyState::Current {
            (key.state, key.superseded_at) = (KeyState::Previous, Some(now));
        }
    }
    let missing = secret
        .current()
        .filter(|current| table.key(current.kid()).is_none());
    keys.extend(
        missing.map(|key| PublishedKey::new(key.public_jwk().clone(), KeyState::Current, now)),
    );
    keys
}

pub(super) fn word(state: KeyState) -> &'static str {
    match state {
        KeyState::Next => "next",
        KeyState::Current => "current",
        KeyState::Previous => "previous",
    }
}
