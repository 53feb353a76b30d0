//! Registration (contract 4.1 to 4.3): of many at once exactly one makes the login, the others find it.

use std::time::Duration;

use super::items::Person;
use super::lost::Lost;
use super::state_claim::StateClaim;
use super::transaction::{MAX_TRIES, Outcome, Part, wait};
use super::{Rules, TIME_LIMIT, UserStore};
use crate::clock::Timestamp;
use crate::control::Channel;
use crate::error::Error;
use crate::metrics::Family;
use crate::sealed_state::StateRefusal;
use crate::user::{AuraId, AuthorizationId, Login, PhoneNumber, UserId};

mod login_item;
mod number;
mod plan;

use plan::Plan;

/// When a registration with a number that is being erased may be repeated.
const AFTER_ERASURE: Duration = Duration::from_secs(5);

/// Who logs in, where.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The person.
    pub user_id: UserId,
    /// The grant.
    pub authorization_id: AuthorizationId,
    /// The channel.
    pub channel: Channel,
    /// The person's number; `None` keeps the one that is known.
    pub phone_number: Option<PhoneNumber>,
    /// How long the person is kept after this login.
    pub retention: Duration,
    /// The login's id where the caller chooses it.
    pub aura_id: Option<AuraId>,
    /// The hold on the state of a login callback, which is spent with what is stored.
    pub claim: Option<StateClaim>,
}

impl UserStore {
    /// Returns the login that has this data, or makes it.
    ///
    /// # Errors
    /// [`Error::BadState`] when the claim is lost, [`Error::Conflict`] when the chosen id is somebody else's, [`Error::Unavailable`] while the number is being erased or
    /// the store fails: nothing, or all of it, was stored.
    pub async fn register(
        &self,
        registration: &Registration,
        rules: &Rules,
    ) -> Result<Login, Error> {
        let registered =
            tokio::time::timeout(TIME_LIMIT, self.try_to_register(registration, rules)).await;
        registered.unwrap_or_else(|_| Err(Error::unavailable("registration took too long")))
    }

    async fn try_to_register(
        &self,
        registration: &Registration,
        rules: &Rules,
    ) -> Result<Login, Error> {
        let keys = self.keys().await?;
        let person_key = keys.person(&registration.user_id);
        let mut lost = Lost::default();
        let mut busy = String::from("others change the same person");
        for tries in 0..MAX_TRIES {
            let now = self.clock.now();
            let known: Option<Person> = self.get(&person_key).await?;
            lost.read(known.as_ref());
            if let Some(login) = known
                .as_ref()
                .and_then(|person| already(person, registration, now))
            {
                if let Some(claim) = &registration.claim {
                    self.spend_state(claim).await?;
                }
                return Ok(login);
            }
            let plan = Plan {
                store: self,
                keys,
                person_key: &person_key,
                registration,
                rules,
                now,
                lost: &lost.ids,
            };
            let (login, transaction) = plan.draw(known);
            match transaction.commit(&self.clients.dynamodb).await? {
                Outcome::Committed => {
                    self.clients.metrics.count(Family::UsersRegistered, &[]);
                    return Ok(login);
                }
                Outcome::Refused(parts) => refused(parts, &mut lost)?,
                Outcome::Busy(cause) => busy = cause,
            }
            wait(tries).await;
        }
        Err(Error::unavailable(busy))
    }
}

/// What a refused registration comes to: try again, or an error.
fn refused(parts: Vec<Part>, lost: &mut Lost) -> Result<(), Error> {
    if parts.contains(&Part::State) {
        return Err(Error::BadState(StateRefusal::Used));
    }
    if parts.contains(&Part::Erasure) {
        let cause = "the number is being erased".to_owned();
        return Err(Error::Unavailable {
            cause,
            retry_after: AFTER_ERASURE,
        });
    }
    if parts.contains(&Part::Login) && !parts.contains(&Part::Person) {
        return Err(Error::Conflict(
            "This auraId belongs to another person or channel, or did a moment ago.",
        ));
    }
    lost.learn(parts);
    Ok(())
}

/// The login that already is what the registration asks for.
fn already(person: &Person, asked: &Registration, now: Timestamp) -> Option<Login> {
    let login = person.logins.get(&asked.channel.id)?;
    let same = login.is_live(now)
        && login.authorization_id == asked.authorization_id
        && asked.aura_id.as_ref().is_none_or(|id| *id == login.aura_id)
        && (asked.phone_number.is_none() || asked.phone_number == person.phone_number);
    if same {
        person.login(&asked.channel.id)
    } else {
        None
    }
}
