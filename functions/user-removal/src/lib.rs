//! Takes users out: erases persons by phone number, removes single logins, for callers and at a logout.

use futures_util::future::join3;
use shared::api::{Access, Effect, Routes};
use shared::callback::Callbacks;
use shared::clock::Clock;
use shared::control::Lists;
use shared::function::{Function, Instance};
use shared::jwe::Purpose;
use shared::settings::{BadSetting, Env};
use shared::user_store::{Rules, UserStore};

mod delete_user;
mod erase_users_by_phone_number;
mod unlink_account;

pub use erase_users_by_phone_number::ErasureReceipt;
pub use unlink_account::{PATH as LOGOUT_CALLBACK, Unlinked};

/// The function's name: its package, its Lambda, and the group that an APIKey can be limited to.
pub const NAME: &str = "user-removal";

/// What the handlers work with.
#[derive(Clone)]
pub struct UserRemoval {
    users: UserStore,
    rules: Rules,
    callbacks: Callbacks,
}

/// Contract 4.4 to 4.6.
#[must_use]
pub fn routes() -> Routes<UserRemoval> {
    Routes::new(NAME)
        .delete(
            "/admin/users/phone-numbers/{phone_number}",
            Access::Kernel,
            Effect::Writes,
            erase_users_by_phone_number::DOC,
            erase_users_by_phone_number::erase_users_by_phone_number,
        )
        .get(
            unlink_account::PATH,
            Access::None,
            Effect::Writes,
            unlink_account::DOC,
            unlink_account::unlink_account,
        )
        .delete(
            "/users/{auraId}",
            Access::InternalOrKernel,
            Effect::Writes,
            delete_user::DOC,
            delete_user::delete_user,
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
    let callbacks = function.callbacks(Purpose::LogoutState, &control)?;
    Box::pin(join3(gate.warm(), users.warm(), callbacks.warm())).await;
    let state = UserRemoval {
        users,
        rules,
        callbacks,
    };
    Ok(function.instance(routes(), state, &gate))
}
