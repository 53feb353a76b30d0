//! The secrets as Secrets Manager holds them, and what is wrong with a text that is not that.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Role;
use crate::clock::Timestamp;

/// How long a secret is, in bytes: as long as the hash at the least (RFC 7518 3.2).
const SIZES: std::ops::RangeInclusive<usize> = 32..=128;
/// How long one of ours is.
const OWN_SIZE: usize = 32;

/// What is wrong with the secrets. Never quotes one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// Not JSON of the documented form.
    #[error(
        "not Copilot secrets: {{\"pepper\", \"appUser\": {{\"current\", \"since\", \"previous\"?}}, \"serviceAccount\": the same}} are expected, each 32 to 128 bytes in base64url without padding"
    )]
    Malformed,
    /// Two of them are the same, which would let one role's tokens pass for the other's.
    #[error("two of the secrets are the same")]
    Same,
    /// There is no previous secret to drop.
    #[error("there is no previous secret")]
    NoPrevious,
    /// The system has no random bytes to give.
    #[error("no random bytes: {0}")]
    Random(getrandom::Error),
}

/// A secret, in base64url.
pub(super) type Text = Zeroizing<String>;

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Document {
    pub(super) pepper: Text,
    pub(super) app_user: Pair,
    pub(super) service_account: Pair,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pair {
    pub(super) current: Text,
    pub(super) since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<Text>,
}

impl Document {
    pub(super) fn pair_mut(&mut self, role: Role) -> &mut Pair {
        match role {
            Role::AppUser => &mut self.app_user,
            Role::ServiceAccount => &mut self.service_account,
        }
    }

    /// Whether two of them are the same.
    pub(super) fn has_twins(&self) -> bool {
        let pairs = [&self.app_user, &self.service_account];
        let all = pairs
            .into_iter()
            .flat_map(|pair| [Some(&pair.current), pair.previous.as_ref()]);
        let all: Vec<&Text> = all.flatten().chain([&self.pepper]).collect();
        let same = |one: &Text, other: &Text| bool::from(one.as_bytes().ct_eq(other.as_bytes()));
        (1..all.len()).any(|at| all[..at].iter().any(|other| same(all[at], other)))
    }
}

/// The bytes of a secret.
pub(super) fn decoded(text: &Text) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
    let bytes = URL_SAFE_NO_PAD.decode(text.as_bytes());
    let bytes = Zeroizing::new(bytes.map_err(|_| SecretsError::Malformed)?);
    if SIZES.contains(&bytes.len()) {
        Ok(bytes)
    } else {
        Err(SecretsError::Malformed)
    }
}

/// A new secret.
pub(super) fn random() -> Result<Text, SecretsError> {
    let mut bytes = Zeroizing::new([0; OWN_SIZE]);
    getrandom::fill(&mut *bytes).map_err(SecretsError::Random)?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes)))
}
