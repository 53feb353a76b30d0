//! Registers users: with data that a channel sends, under an auraId from an outside identity, or by a login at Kernel.

use std::time::Duration;

use futures_util::future::join;
use shared::api::{Access, Effect, Routes};
use shared::base::Base;
use shared::callback::Callbacks;
use shared::clock::Clock;
use shared::control::{Control, Lists};
use shared::function::{Function, Instance};
use shared::jwe::Purpose;
use shared::settings::{BadSetting, Env};
use shared::user_store::{Rules, UserStore};

mod create_user;
mod find_or_create_user;
mod from_kernel;
mod kernel;
mod link_account;
mod registration_headers;

use kernel::Kernel;
pub use kernel::check_client_secret;
pub use link_account::PATH as LOGIN_CALLBACK;

/// The function's name: its package, its Lambda, and the group that an APIKey can be limited to.
pub const NAME: &str = "user-registration";

/// What the handlers work with.
#[derive(Clone)]
pub struct UserRegistration {
    users: UserStore,
    control: Control,
    rules: Rules,
    retention: Duration,
    callbacks: Callbacks,
    kernel: Kernel,
    base: Base,
}

/// Contract 4.1 to 4.3.
#[must_use]
pub fn routes() -> Routes<UserRegistration> {
    Routes::new(NAME)
        .get(
            "/users/aura-id",
            Access::Kernel,
            Effect::Writes,
            find_or_create_user::DOC,
            find_or_create_user::find_or_create_user,
        )
        .get(
            "/users/aura-id/{auraId}",
            Access::Internal,
            Effect::Writes,
            create_user::DOC,
            create_user::create_user,
        )
        .get(
            link_account::PATH,
            Access::None,
            Effect::Writes,
            link_account::DOC,
            link_account::link_account,
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
    let rules = Rules::from_env(&function.env)?;
    let retention = function.env.days("PERSON_RETENTION_DAYS", 30, 3650)?;
    let callbacks = function.callbacks(Purpose::LoginState, &control)?;
    let kernel = Kernel::from_function(&function)?;
    let (access, login) = (
        join(gate.warm(), users.warm()),
        join(callbacks.warm(), kernel.warm()),
    );
    Box::pin(join(access, login)).await;
    let state = UserRegistration {
        users,
        control,
        rules,
        retention,
        callbacks,
        kernel,
        base: function.base.clone(),
    };
    Ok(function.instance(routes(), state, &gate))
}
