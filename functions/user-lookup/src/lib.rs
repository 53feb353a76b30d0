//! Finds users: by the id of a login, and by person and channel.

use axum::Router;
use shared::api::{Access, Effect, Routes};
use shared::clock::Clock;
use shared::control::{Control, Lists};
use shared::function::Function;
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

/// Builds the router and makes the first calls.
///
/// # Errors
/// [`BadSetting`] that names the variable that is missing or malformed.
pub async fn start(env: Env, clock: Clock) -> Result<Router, BadSetting> {
    let function = Function::from_env(&env, Lists::KeysAndChannels, &clock)?;
    function.warm().await;
    let state = UserLookup {
        users: function.users,
        control: function.control,
    };
    Ok(routes().serve(state, &function.gate))
}
