//! Looks at what the service needs: real calls, all at once, whose outcome serves everybody who asks within a second.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join3;
use shared::aws::{self, Clients};
use shared::clock::{Clock, Timestamp};
use shared::error::{Check, Checks};
use shared::function::Function;
use shared::key_ring::KeyRing;
use shared::secrets::{self, shown};
use shared::settings::BadSetting;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::rotation_ages::RotationAges;
use crate::service_counts::TOTALS;

/// How long an outcome serves, a failure too.
const SERVES_FOR: Duration = Duration::from_secs(1);
/// How long one look may take: with what waits for it, an answer comes within 2 s even where nothing does from the store.
const TIME_LIMIT: Duration = Duration::from_millis(1400);

/// The looks of one instance.
pub(crate) struct Health {
    clients: Clients,
    table: String,
    key_ring: String,
    ages: RotationAges,
    clock: Clock,
    last: Mutex<Option<(Checks, Timestamp)>>,
}

impl Health {
    /// Looks at what this function has.
    pub(crate) fn new(function: &Function, ages: RotationAges) -> Result<Self, BadSetting> {
        Ok(Self {
            clients: function.clients.clone(),
            table: function.table.clone(),
            key_ring: function.key_ring_id()?.to_owned(),
            ages,
            clock: function.clock.clone(),
            last: Mutex::new(None),
        })
    }

    /// How it is, as of a second ago at most. One caller looks, the others wait for what it sees.
    pub(crate) async fn checks(&self) -> Checks {
        let mut last = self.last.lock().await;
        if let Some((checks, at)) = *last
            && self
                .clock
                .now()
                .since(at)
                .is_some_and(|age| age < SERVES_FOR)
        {
            return checks;
        }
        let checks = self.look().await;
        // From the end of the look: those who waited for it take it even if it took longer than it serves.
        *last = Some((checks, self.clock.now()));
        checks
    }

    async fn look(&self) -> Checks {
        let table = limited("table", self.read_table());
        let secrets = limited("secrets", self.read_secret());
        let ages = timeout(TIME_LIMIT, self.ages.read());
        let (table, secrets, ages) = Box::pin(join3(table, secrets, ages)).await;
        if let Ok(ages) = ages {
            self.clients.metrics.set_ages(ages);
        }
        Checks { table, secrets }
    }

    /// The smallest read that there is: of an item that nobody makes.
    async fn read_table(&self) -> Result<(), String> {
        let get = self.clients.dynamodb.get_item().table_name(&self.table);
        let get = get
            .key("pk", AttributeValue::S(TOTALS.to_owned()))
            .key("sk", AttributeValue::S("HEALTH".to_owned()))
            .consistent_read(true);
        let answer = get.send().await;
        answer.map(drop).map_err(|error| aws::cause(&error))
    }

    async fn read_secret(&self) -> Result<(), String> {
        let text = secrets::read_text(&self.clients.secrets, &self.key_ring).await?;
        // One that is there and not a ring serves nobody either.
        shown(KeyRing::parse(&text)).map(drop)
    }
}

/// The outcome of one look; why it failed is for the log.
async fn limited(what: &str, look: impl Future<Output = Result<(), String>>) -> Check {
    let looked = timeout(TIME_LIMIT, look).await;
    match looked.unwrap_or_else(|_| Err("timeout".to_owned())) {
        Ok(()) => Check::Ok,
        Err(cause) => {
            tracing::warn!(what, cause, "check failed");
            Check::Failed
        }
    }
}
