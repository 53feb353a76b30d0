//! The signing keys of a deployment as they were read, and the two writes that change them.

use shared::control::{ControlEditor, EditError, Publication, PublishedKey};
use shared::signing_keys::SigningKeys;

use super::standing::{self, Standing};
use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::secret_slot::{Held, SecretSlot};

/// How often a publication is tried when another operator is at it: each one needs a single turn.
const TRIES: u32 = 5;

/// See the module's text.
pub(crate) struct Keys<'a> {
    slot: SecretSlot<'a>,
    held: Held,
    control: ControlEditor,
    /// The private keys.
    pub(super) secret: SigningKeys,
    /// The public ones.
    pub(crate) table: Publication,
}

impl<'a> Keys<'a> {
    /// Reads secret and table; a secret without a value has no keys.
    pub(crate) async fn read(deployment: &'a Deployment) -> Result<Self, Failure> {
        let slot = deployment.secret(&deployment.names.signing_keys_secret);
        let held = slot.read().await?;
        let secret = held.text.as_deref().map(|text| SigningKeys::parse(text));
        let control = deployment.control();
        let table = control.publication().await?;
        Ok(Self {
            slot,
            held,
            control,
            secret: secret.transpose()?.unwrap_or_default(),
            table,
        })
    }

    pub(crate) fn all(&self) -> Vec<Standing<'_>> {
        standing::all(&self.secret, &self.table)
    }

    /// Writes the private keys in the place of those that were read.
    pub(super) async fn store(&self) -> Result<(), Failure> {
        self.slot.replace(&self.held, &self.secret.to_json()).await
    }

    /// Makes the published keys what `change` makes of them; whether that was anything new.
    pub(super) async fn publish(
        &mut self,
        change: impl Fn(&SigningKeys, &Publication) -> Vec<PublishedKey>,
    ) -> Result<bool, Failure> {
        let mut tries = 1;
        loop {
            let keys = change(&self.secret, &self.table);
            let changed = keys != self.table.keys;
            match self.control.publish(&self.table, &keys).await {
                Ok(()) => {
                    self.table.keys = keys;
                    return Ok(changed);
                }
                Err(EditError::Conflict) if tries < TRIES => {
                    tries += 1;
                    let again = self.control.publication().await;
                    self.table = again.map_err(|error| unfinished(&error))?;
                }
                Err(error) => return Err(unfinished(&error)),
            }
        }
    }
}

fn unfinished(error: &EditError) -> Failure {
    Failure::Dependency(format!(
        "not finished, {error}. Run the same command again: it goes on where this one stopped"
    ))
}
