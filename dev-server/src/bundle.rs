//! Every function's router, merged behind one front as API Gateway does it.

use axum::Router;
use shared::api::Operation;
use shared::clock::Clock;
use shared::settings::{BadSetting, Env};

use crate::gateway::Gateway;

/// The rows of every function's route table.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let mut all: Vec<Operation> = Vec::new();
    all.extend(user_registration::routes().operations().cloned());
    all.extend(user_lookup::routes().operations().cloned());
    all.extend(user_removal::routes().operations().cloned());
    all
}

/// Starts every function from the variables that `env` gives for its name.
///
/// # Errors
/// [`BadSetting`] of the first function that cannot start.
pub async fn bundle(env: impl Fn(&str) -> Env, clock: &Clock) -> Result<Router, BadSetting> {
    let mut gateway = Gateway::new(operations());
    gateway.add(
        user_registration::NAME,
        user_registration::start(env(user_registration::NAME), clock.clone()).await?,
    );
    gateway.add(
        user_lookup::NAME,
        user_lookup::start(env(user_lookup::NAME), clock.clone()).await?,
    );
    gateway.add(
        user_removal::NAME,
        user_removal::start(env(user_removal::NAME), clock.clone()).await?,
    );
    Ok(gateway.into_router())
}
