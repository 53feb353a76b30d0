//! Copilot Connect: tells a maker's server whether the access token that an end user came with is good.

use std::time::Duration;

use futures_util::future::join;
use shared::access_token::CopilotSecrets;
use shared::api::{Access, Effect, Routes};
use shared::clock::Clock;
use shared::control::{Control, Lists};
use shared::function::{Function, Instance};
use shared::metrics::Metrics;
use shared::secrets::Secret;
use shared::settings::{BadSetting, Env};
use shared::user_store::UserStore;

mod authenticate_end_user;
mod create_session;
mod dialect;
mod generate_user_auth_key;
mod short_body;

pub use authenticate_end_user::{Authenticate, ToClientBody, ToClientResponse, Verdict};
pub use create_session::{CreateSession, Session};
pub use dialect::{DIALECT, Refusal};
pub use generate_user_auth_key::{AuthKey, GenerateUserAuthKey};
pub use short_body::MAX_BODY_BYTES;

/// The name of the function: its package, and its Lambda.
pub const NAME: &str = "end-user-authentication";

/// What the handlers work with.
#[derive(Clone)]
pub struct EndUserAuthentication {
    users: UserStore,
    control: Control,
    secrets: Secret<CopilotSecrets>,
    token_life: Duration,
    metrics: Metrics,
    clock: Clock,
}

/// Contract 5. Nothing is stored: what a token says is all that there is of it.
#[must_use]
pub fn routes() -> Routes<EndUserAuthentication> {
    Routes::new(NAME)
        .in_dialect(DIALECT)
        .post(
            "/v2/api/management/copilot_connect/auth/token",
            Access::Client,
            Effect::Reads,
            create_session::DOC,
            create_session::create_session,
        )
        .post(
            "/v2/api/management/copilot_connect/authenticate",
            Access::Session,
            Effect::Reads,
            authenticate_end_user::DOC,
            authenticate_end_user::authenticate_end_user,
        )
        .post(
            "/v2/api/management/copilot_your_own/generate_user_auth_key",
            Access::Client,
            Effect::Reads,
            generate_user_auth_key::DOC,
            generate_user_auth_key::generate_user_auth_key,
        )
}

/// Builds the function and makes the first calls, all at once: INIT runs at full speed, requests do not.
///
/// # Errors
/// [`BadSetting`] that names the variable that is missing or malformed.
pub async fn start(env: Env, clock: Clock) -> Result<Instance, BadSetting> {
    let function = Function::from_env(NAME, env, clock)?;
    let control = function.control(Lists::Clients);
    let (gate, secrets) = function.client_gate(&control)?;
    let users = function.users()?;
    Box::pin(join(gate.warm(), users.warm())).await;
    let state = EndUserAuthentication {
        users,
        control,
        secrets,
        token_life: function.env.end_user_token_life()?,
        metrics: function.clients.metrics.clone(),
        clock: function.clock.clone(),
    };
    Ok(function.instance(routes(), state, &gate))
}
