//! Every function, behind one front as API Gateway does it.

use axum::Router;
use shared::api::Operation;
use shared::clock::Clock;
use shared::metrics::Flusher;
use shared::settings::{BadSetting, Env};

use crate::gateway::Gateway;

/// The rows of every function's route table.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let mut all: Vec<Operation> = Vec::new();
    all.extend(user_registration::routes().operations().cloned());
    all.extend(user_lookup::routes().operations().cloned());
    all.extend(user_removal::routes().operations().cloned());
    all.extend(direct_line_token::routes().operations().cloned());
    all.extend(end_user_authentication::routes().operations().cloned());
    all.extend(openid::routes().operations().cloned());
    all.extend(monitoring::routes().operations().cloned());
    all
}

/// Every function, started.
pub struct Bundle {
    /// All of them behind one front.
    pub router: Router,
    /// What each has counted.
    pub flushers: Vec<Flusher>,
}

/// Starts every function from the variables that `env` gives for its name.
///
/// # Errors
/// [`BadSetting`] of the first function that cannot start.
pub async fn bundle(env: impl Fn(&str) -> Env, clock: &Clock) -> Result<Bundle, BadSetting> {
    let mut gateway = Gateway::new(operations());
    let mut flushers = Vec::new();
    macro_rules! start {
        ($($function:ident),*) => {$(
            let name = $function::NAME;
            let instance = Box::pin($function::start(env(name), clock.clone())).await?;
            gateway.add(name, instance.router);
            flushers.push(instance.flusher);
        )*};
    }
    start!(
        user_registration,
        user_lookup,
        user_removal,
        direct_line_token,
        end_user_authentication,
        openid,
        monitoring
    );
    Ok(Bundle {
        router: gateway.into_router(),
        flushers,
    })
}
