//! A secret that is read, changed and written back, so that of two operators at once neither undoes the other's change.
//!
//! Secrets Manager has no conditional write, but a version's id is the writer's to choose (`ClientRequestToken`), and it
//! refuses a second version with the same id and another text. The id is made from what was read: whoever read the same wants
//! the same id, and the later one is refused.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use shared::aws;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// One secret by its name.
pub(crate) struct SecretSlot<'a> {
    client: &'a Client,
    name: &'a str,
}

/// What a slot held when it was read.
pub(crate) struct Held {
    /// The text; `None` while the secret has no value yet.
    pub(crate) text: Option<Zeroizing<String>>,
    version: Version,
}

/// Which state of the secret was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Version {
    /// The id of the current version; none while there is no value.
    id: Option<String>,
    /// When the secret was last changed, in any way: it tells a version apart from the same one put back later.
    changed: Option<String>,
}

impl<'a> SecretSlot<'a> {
    pub(crate) fn new(client: &'a Client, name: &'a str) -> Self {
        Self { client, name }
    }

    /// What is there now.
    ///
    /// # Errors
    /// [`Failure::Dependency`], also when there is no such secret.
    pub(crate) async fn read(&self) -> Result<Held, Failure> {
        let request = self.client.get_secret_value().secret_id(self.name);
        let (id, text) = match request.send().await {
            Ok(value) => {
                let text = value.secret_string.map(Zeroizing::new);
                let text = text.ok_or_else(|| self.failed("it is not a text"))?;
                (value.version_id, Some(text))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
            {
                (None, None)
            }
            Err(error) => return Err(self.failed(&aws::cause(&error))),
        };
        let changed = self.last_changed().await?;
        Ok(Held {
            text,
            version: Version { id, changed },
        })
    }

    /// Writes `text` in the place of what was read.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the secret is not as it was read any more; then nothing was written.
    pub(crate) async fn replace(&self, held: &Held, text: &str) -> Result<(), Failure> {
        if self.read().await?.version != held.version {
            return Err(self.moved());
        }
        let request = self
            .client
            .put_secret_value()
            .secret_id(self.name)
            .client_request_token(held.version.successor(self.name))
            .secret_string(text);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutSecretValueError::is_resource_exists_exception) =>
            {
                Err(self.moved())
            }
            Err(error) => Err(self.failed(&aws::cause(&error))),
        }
    }

    async fn last_changed(&self) -> Result<Option<String>, Failure> {
        let request = self.client.describe_secret().secret_id(self.name);
        match request.send().await {
            Ok(secret) => Ok(secret
                .last_changed_date
                .map(|at| at.as_secs_f64().to_string())),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeSecretError::is_resource_not_found_exception) =>
            {
                Err(self.failed(
                    "there is none of this name: is the environment right, is its stack deployed?",
                ))
            }
            Err(error) => Err(self.failed(&aws::cause(&error))),
        }
    }

    fn moved(&self) -> Failure {
        Failure::Refused(format!(
            "somebody else changed the secret {} just now: nothing was written, look at it and run the command again",
            self.name
        ))
    }

    fn failed(&self, cause: &str) -> Failure {
        Failure::Dependency(format!("the secret {}: {cause}", self.name))
    }
}

impl Version {
    /// The id of the one version that may follow: 43 characters, of the 32 to 64 that Secrets Manager takes.
    fn successor(&self, name: &str) -> String {
        let digest = Sha256::new()
            .chain_update(name)
            .chain_update([0])
            .chain_update(self.id.as_deref().unwrap_or_default())
            .chain_update([0])
            .chain_update(self.changed.as_deref().unwrap_or_default())
            .finalize();
        URL_SAFE_NO_PAD.encode(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_are_the_same_only_for_the_same_state() {
        let version = |id: Option<&str>, changed: Option<&str>| Version {
            id: id.map(str::to_owned),
            changed: changed.map(str::to_owned),
        };
        let read = version(Some("v1"), Some("5"));
        assert_eq!(read.successor("s"), read.clone().successor("s"));
        assert_eq!(read.successor("s").len(), 43);
        for other in [
            version(Some("v2"), Some("5")),
            version(Some("v1"), Some("6")),
            version(None, None),
        ] {
            assert_ne!(read.successor("s"), other.successor("s"), "{other:?}");
        }
        assert_ne!(read.successor("s"), read.successor("t"));
    }
}
