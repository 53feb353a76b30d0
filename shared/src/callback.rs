//! What the login and the logout callback have in common (contract 4.3, 4.5): no APIKey guards them, but a state that the bot
//! sealed. Here it is opened and checked, and what came of the visit is told to the browser or the program that made it.

use std::sync::Arc;

use crate::clock::Clock;
use crate::control::{Channel, Control};
use crate::error::Error;
use crate::jwe::Purpose;
use crate::key_ring::KeyRing;
use crate::sealed_state::{SealedState, StateRefusal};
use crate::secrets::Secret;

mod answer;
mod visit;

pub use visit::{STATE, Visit};

/// Opens the states of one kind of callback. Cheap to clone.
#[derive(Clone)]
pub struct Callbacks(Arc<Inner>);

struct Inner {
    purpose: Purpose,
    environment: String,
    state_ring: Secret<KeyRing>,
    control: Control,
    clock: Clock,
}

/// A state that passed every check but the store's: whether it was used before is not known yet.
#[derive(Debug)]
pub struct Opened {
    /// What the bot sealed.
    pub state: SealedState,
    /// The channel that it names.
    pub channel: Channel,
}

impl Callbacks {
    /// States made for `purpose` in `environment`, under `state_ring`, for the channels that `control` knows.
    #[must_use]
    pub fn new(
        purpose: Purpose,
        environment: String,
        state_ring: Secret<KeyRing>,
        control: Control,
        clock: Clock,
    ) -> Self {
        Self(Arc::new(Inner {
            purpose,
            environment,
            state_ring,
            control,
            clock,
        }))
    }

    /// Reads the state ring ahead of the first request; a failure shows there.
    pub async fn warm(&self) {
        if let Err(stale) = self.0.state_ring.get().await {
            tracing::warn!(cause = %stale, "not warm yet");
        }
    }

    /// The visit's state, if it is good as far as can be told without the store.
    ///
    /// # Errors
    /// [`Error::BadState`] for every state that is not, [`Error::Unavailable`] while that cannot be told.
    pub async fn open(&self, visit: &Visit) -> Result<Opened, Error> {
        let inner = &*self.0;
        let sealed = visit
            .state()
            .ok_or(Error::BadState(StateRefusal::Missing))?;
        let ring = inner.state_ring.get().await?;
        let opened = SealedState::open(inner.purpose, &ring, sealed);
        let state = opened.map_err(Error::BadState)?;
        let checked = state.check(&inner.environment, inner.clock.now());
        checked.map_err(Error::BadState)?;
        let control = inner.control.current().await?;
        let channel = control.channel(&state.channel_id).cloned();
        let channel = channel.ok_or(Error::BadState(StateRefusal::Channel))?;
        Ok(Opened { state, channel })
    }
}
