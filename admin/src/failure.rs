//! How a command ends: an answer, or a failure with the exit code that scripts can tell apart.

use shared::access_token::SecretsError;
use shared::control::EditError;
use shared::error::Error;
use shared::key_ring::RingError;
use shared::signing_keys::SigningKeysError;

/// A command that worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Done, or yes: exit code 0.
    Yes,
    /// No: not found, not valid; exit code 1.
    No,
}

/// A command that did not. The text is one line for people and never quotes a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no such thing: exit code 1.
    NotFound(String),
    /// Wrong usage, or something that is not done as things are: exit code 2.
    Refused(String),
    /// The store, the secrets or the output failed: exit code 3.
    Dependency(String),
}

impl Failure {
    /// The process's exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound(_) => 1,
            Self::Refused(_) => 2,
            Self::Dependency(_) => 3,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::NotFound(text) | Self::Refused(text) | Self::Dependency(text)) = self;
        f.write_str(text)
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        let text = error.to_string();
        match error {
            EditError::Store(_) => Self::Dependency(text),
            EditError::Unknown => Self::NotFound(text),
            EditError::TooMany | EditError::Conflict | EditError::Exists => Self::Refused(text),
        }
    }
}

impl From<RingError> for Failure {
    fn from(error: RingError) -> Self {
        let text = error.to_string();
        match error {
            RingError::Unknown(_) => Self::NotFound(text),
            RingError::StillActive(_) | RingError::Duplicate(_) | RingError::Kid => {
                Self::Refused(text)
            }
            RingError::Malformed | RingError::Key(_) | RingError::Active(_) => {
                Self::Dependency(text)
            }
        }
    }
}

impl From<SigningKeysError> for Failure {
    fn from(error: SigningKeysError) -> Self {
        let text = error.to_string();
        match error {
            SigningKeysError::Unknown(_) => Self::NotFound(text),
            SigningKeysError::StillCurrent(_) => Self::Refused(text),
            SigningKeysError::Malformed
            | SigningKeysError::Key(_)
            | SigningKeysError::Kid(_)
            | SigningKeysError::Current(_)
            | SigningKeysError::Failed => Self::Dependency(text),
        }
    }
}

impl From<SecretsError> for Failure {
    fn from(error: SecretsError) -> Self {
        let text = error.to_string();
        match error {
            SecretsError::NoPrevious => Self::NotFound(text),
            SecretsError::Malformed | SecretsError::Same | SecretsError::Random(_) => {
                Self::Dependency(text)
            }
        }
    }
}

/// What the users' store says: its errors name causes, never data.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Dependency(error.to_string())
    }
}

/// The cryptography failed.
pub(crate) fn sign_failed<E: std::fmt::Display>(error: E) -> Failure {
    Failure::Dependency(format!("the token cannot be signed: {error}"))
}

/// The system has no random bytes to seal `what` with.
pub(crate) fn seal_failed<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> Failure {
    move |error| Failure::Dependency(format!("the {what} cannot be sealed: {error}"))
}
