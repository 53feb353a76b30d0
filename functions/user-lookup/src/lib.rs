//! Finds users: by the id of a login, and by person and channel.

use futures_util::future::join;
use shared::api::{Access, Effect, Routes};
use shared::clock::Clock;
use shared::control::{Control, Lists};
use shared::function::{Function, Instance};
use shared::settings::{BadSetting, Env};
use shared::user_store::UserStore;

mod get_latest_user;
mod get_user;

/// The function's name: its package, its Lambda, and the group that an APIKey can be limited to.
pub const NAME: &str = "user-lookup";

/// What the handlers work with.
#[derive(Clone)]
pub struct UserLookup {
    users: UserStore,
    control: Control,
}

/// Contract 4.7 and 4.8.
#[must_use]
pub fn routes() -> Routes<UserLookup> {
    Routes::new(NAME)
        .get(
            "/users/{auraId}",
            Access::Internal,
            Effect::Reads,
            get_user::DOC,
            get_user::get_user,
        )
        .get(
            "/users/aura-id-global/{aura_id_global}",
            Access::Kernel,
            Effect::Reads,
            get_latest_user::DOC,
            get_latest_user::get_latest_user,
        )
}

/// Builds the function and makes the first calls, all at once: INIT runs at full speed, requests do not.
///
/// # Errors
/// [`BadSetting`] that names the variable that is missing or malformed.
pub async fn start(env: Env, clock: Clock) -> Result<Instance, BadSetting> {
    let function = Function::from_env(NAME, env, clock)?;
    let control = function.control(Lists::KeysAndChannels);
    let (gate, users) = (function.gate(&control)?, function.users()?);
    Box::pin(join(gate.warm(), users.warm())).await;
    let state = UserLookup { users, control };
    Ok(function.instance(routes(), state, &gate))
}
