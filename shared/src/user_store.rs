//! The users in DynamoDB. Reads are one strongly consistent round trip; writes are transactions. See `docs/data-model.md`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use crate::aws::{self, Clients};
use crate::cached::Stale;
use crate::clock::{Clock, Timestamp};
use crate::digest::Digester;
use crate::error::Error;
use crate::secrets::{self, shown};
use crate::settings::{BadSetting, Env};
use crate::user::{AuraId, AuraIdGlobal, ChannelId, Login, PhoneNumber, UserId};

mod condition;
mod erase;
mod items;
mod keys;
mod lost;
mod person_view;
mod register;
mod remove;
mod state_claim;
mod transaction;

pub use erase::{ErasureRecord, Receipt, Replayed};
pub use person_view::{LoginView, PersonView};
pub use register::Registration;
pub use state_claim::StateClaim;
pub(crate) use transaction::failed_conditions;

use items::{GlobalItem, LoginItem, Person};
use keys::{Key, Keys};

/// All tries of one registration or removal together.
const TIME_LIMIT: Duration = Duration::from_secs(8);

/// An item as DynamoDB has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The life of what is stored, for the functions that write.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The table of erasure records.
    pub erasure_table: String,
    /// How long a removed or expired auraId cannot pass to another person: the longest life of an end-user token.
    pub quarantine: Duration,
}

impl Rules {
    /// From `ERASURE_TABLE_NAME` and `END_USER_TOKEN_SECONDS`.
    ///
    /// # Errors
    /// [`BadSetting`] that names the variable.
    pub fn from_env(env: &Env) -> Result<Self, BadSetting> {
        Ok(Self {
            erasure_table: env
                .text(
                    "ERASURE_TABLE_NAME",
                    "the name of the table of erasure records",
                )?
                .to_owned(),
            quarantine: env.end_user_token_life()?,
        })
    }
}

/// The users' table. Cheap to clone.
#[derive(Clone)]
pub struct UserStore {
    clients: Clients,
    table: Arc<str>,
    digest_key: Arc<str>,
    digester: Arc<tokio::sync::OnceCell<Digester>>,
    clock: Clock,
}

impl UserStore {
    /// The store in `table`; `digest_key` names the secret that its keys are digested with.
    #[must_use]
    pub fn new(clients: Clients, table: &str, digest_key: &str, clock: Clock) -> Self {
        Self {
            clients,
            table: table.into(),
            digest_key: digest_key.into(),
            digester: Arc::default(),
            clock,
        }
    }

    /// Reads the digest key ahead of the first request; a failure shows there.
    pub async fn warm(&self) {
        if let Err(error) = self.keys().await {
            tracing::warn!(cause = %error, "not warm yet");
        }
    }

    /// The valid login with this id: one round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be read.
    pub async fn get_user(&self, aura_id: &AuraId) -> Result<Option<Login>, Error> {
        let found: Option<LoginItem> = self.get(&self.keys().await?.login(aura_id)).await?;
        Ok(found
            .and_then(LoginItem::into_login)
            .filter(|login| login.expires_at > self.clock.now()))
    }

    /// The valid login of this person in this channel: one round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be read.
    pub async fn get_latest_user(
        &self,
        global: &AuraIdGlobal,
        channel: &ChannelId,
    ) -> Result<Option<Login>, Error> {
        let found: Option<GlobalItem> = self.get(&Keys::global(global)).await?;
        let login = found.and_then(|item| item.into_login(channel));
        Ok(login.filter(|login| login.expires_at > self.clock.now()))
    }

    /// Everything the store has of a person, for the operators: one round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be read.
    pub async fn get_person(&self, user_id: &UserId) -> Result<Option<PersonView>, Error> {
        let key = self.keys().await?.person(user_id);
        Ok(self
            .get::<Person>(&key)
            .await?
            .map(|person| person.view(self.clock.now())))
    }

    /// The persons whose latest number this is, for the operators.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be read.
    pub async fn get_persons_by_phone_number(
        &self,
        number: &PhoneNumber,
    ) -> Result<Vec<PersonView>, Error> {
        let partition = self.keys().await?.number(number);
        let mut persons = Vec::new();
        for member in self.members(&partition, None).await? {
            persons.extend(
                self.get::<Person>(&member.person)
                    .await?
                    .map(|person| person.view(self.clock.now())),
            );
        }
        Ok(persons)
    }

    /// The key never changes, so that it is read once and kept.
    async fn keys(&self) -> Result<Keys<'_>, Error> {
        let read = || async {
            let text = secrets::read_text(&self.clients.secrets, &self.digest_key).await?;
            shown(Digester::parse(&text))
        };
        let digester = self.digester.get_or_try_init(read).await;
        let what = "digest key";
        digester
            .map(Keys)
            .map_err(|cause| Stale { what, cause }.into())
    }

    async fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Error> {
        let get = self
            .clients
            .dynamodb
            .get_item()
            .table_name(&*self.table)
            .consistent_read(true);
        let answer = get.set_key(Some(key.attributes())).send().await;
        let answer = answer
            .map_err(|error| Error::unavailable(format!("GetItem: {}", aws::cause(&error))))?;
        answer.item.map(decode).transpose()
    }
}

fn decode<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item)
        .map_err(|_| Error::Internal("an item of the users' table is malformed".into()))
}

/// The TTL attribute of something that ends at `end`: never before it, in whole seconds.
fn ttl(end: Timestamp) -> i64 {
    end.secs() + 1
}
