//! Takes users out: erases persons by phone number, removes single logins.

use futures_util::future::join;
use shared::api::{Access, Effect, Routes};
use shared::clock::Clock;
use shared::control::Lists;
use shared::function::{Function, Instance};
use shared::settings::{BadSetting, Env};
use shared::user_store::{Rules, UserStore};

mod delete_user;
mod erase_users_by_phone_number;

pub use erase_users_by_phone_number::ErasureReceipt;

/// The function's name: its package, its Lambda, and the group that an APIKey can be limited to.
pub const NAME: &str = "user-removal";

/// What the handlers work with.
#[derive(Clone)]
pub struct UserRemoval {
    users: UserStore,
    rules: Rules,
}

/// Contract 4.4 and 4.6.
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
    let control = function.control(Lists::Keys);
    let (gate, users) = (function.gate(&control)?, function.users()?);
    let rules = Rules::from_env(&function.env)?;
    Box::pin(join(gate.warm(), users.warm())).await;
    let state = UserRemoval { users, rules };
    Ok(function.instance(routes(), state, &gate))
}
