//! A stand-in for Secrets Manager: `GetSecretValue`, `PutSecretValue`, `DescribeSecret` and `ListSecretVersionIds`, kept in one
//! file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::data_dir::{CannotStart, write_private};

mod answer;

use answer::{description, empty, failure, get_secret_value, name_of, versions, written};

/// One value of a secret.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    id: String,
    text: String,
    /// Seconds since the Unix epoch.
    created_at: i64,
}

/// A secret's current value, and the one before.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    current: Version,
    previous: Option<Version>,
}

/// All secrets, in memory and, where there is one, in a file.
pub struct SecretsStandIn {
    file: Option<PathBuf>,
    secrets: Mutex<BTreeMap<String, Stored>>,
    /// Secrets that were made, which may have no value yet.
    made: Mutex<BTreeSet<String>>,
    changed: Notify,
}

/// Why a secret did not get its text.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// A version of this id has another text.
    #[error("a version of this id has another text")]
    Exists,
    /// The file cannot be written.
    #[error("{0}")]
    File(#[from] std::io::Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Asked {
    secret_id: String,
    version_stage: Option<String>,
    secret_string: Option<String>,
    client_request_token: Option<String>,
}

impl SecretsStandIn {
    /// The secrets of this file, which is made with the first one; without a file they are in memory only.
    ///
    /// # Errors
    /// When the file is there but is not ours; it is left as it is.
    pub fn open(file: Option<PathBuf>) -> Result<Self, CannotStart> {
        let mut secrets = BTreeMap::new();
        if let Some(path) = file.as_ref().filter(|path| path.exists()) {
            let text =
                std::fs::read(path).map_err(|error| CannotStart::with("read", path, error))?;
            secrets = serde_json::from_slice(&text).map_err(|_| {
                CannotStart::with(
                    "use",
                    path,
                    "it is not a file of secrets; move it away to start afresh",
                )
            })?;
        }
        Ok(Self {
            file,
            secrets: Mutex::new(secrets),
            made: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// Returns when a client has changed a secret since the last time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Makes a secret without a value, as CloudFormation does.
    pub fn make(&self, name: &str) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.insert(name.to_owned());
    }

    fn is_made(&self, name: &str) -> bool {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.contains(name)
    }

    /// The current text of a secret.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.lock()
            .get(name)
            .map(|stored| stored.current.text.clone())
    }

    /// Gives a secret a new text, and stores it before it counts.
    ///
    /// # Errors
    /// [`PutError`]: nothing has changed.
    pub fn put(
        &self,
        name: &str,
        text: String,
        id: Option<String>,
        now: i64,
    ) -> Result<String, PutError> {
        let mut secrets = self.lock();
        let id = id.unwrap_or_else(|| Uuid::new_v4().to_string());
        let previous = secrets.get(name).map(|stored| stored.current.clone());
        if let Some(version) = previous.as_ref().filter(|version| version.id == id) {
            let repeated = version.text == text;
            return if repeated {
                Ok(id)
            } else {
                Err(PutError::Exists)
            };
        }
        let mut changed = secrets.clone();
        let current = Version {
            id: id.clone(),
            text,
            created_at: now,
        };
        changed.insert(name.to_owned(), Stored { current, previous });
        if let Some(path) = &self.file {
            let json = serde_json::to_vec_pretty(&changed).map_err(std::io::Error::from)?;
            write_private(path, &json)?;
        }
        *secrets = changed;
        Ok(id)
    }

    /// Answers a request for `operation`, in the service's JSON protocol.
    pub fn answer(&self, operation: &str, body: &[u8], now: i64) -> Response {
        let Ok(asked) = serde_json::from_slice::<Asked>(body) else {
            return failure("InvalidParameterException", "the request is malformed");
        };
        let name = name_of(&asked.secret_id).to_owned();
        let Some(stored) = self.lock().get(&name).cloned() else {
            return match operation {
                "PutSecretValue" if self.is_made(&name) => self.put_as_asked(&name, asked, now),
                "DescribeSecret" if self.is_made(&name) => axum::Json(empty(&name)).into_response(),
                _ => failure(
                    "ResourceNotFoundException",
                    "Secrets Manager can't find the specified secret.",
                ),
            };
        };
        match operation {
            "GetSecretValue" => get_secret_value(&name, stored, asked.version_stage.as_deref()),
            "DescribeSecret" => axum::Json(description(&name, &stored)).into_response(),
            "ListSecretVersionIds" => axum::Json(versions(&name, &stored)).into_response(),
            "PutSecretValue" => self.put_as_asked(&name, asked, now),
            _ => failure(
                "InvalidRequestException",
                "the stand-in does not do this operation",
            ),
        }
    }

    fn put_as_asked(&self, name: &str, asked: Asked, now: i64) -> Response {
        let text = asked.secret_string.unwrap_or_default();
        match self.put(name, text, asked.client_request_token, now) {
            Ok(id) => {
                self.changed.notify_one();
                axum::Json(written(name, &id)).into_response()
            }
            Err(PutError::Exists) => {
                failure("ResourceExistsException", "the version has another text")
            }
            Err(PutError::File(_)) => failure(
                "InternalServiceError",
                "the file of secrets cannot be written",
            ),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Stored>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
