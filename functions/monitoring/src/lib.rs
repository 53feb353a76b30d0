//! Tells how the service is: its health, its configuration, and what all of its instances counted.

use std::sync::Arc;

use futures_util::future::join;
use shared::api::{Access, Effect, Routes};
use shared::clock::Clock;
use shared::control::Lists;
use shared::function::{Function, Instance};
use shared::metrics::Metrics;
use shared::settings::{BadSetting, Env};

mod check_health;
mod dated_secret;
mod exposition;
mod get_config;
mod get_metrics;
mod health;
mod ping;
mod rotation_ages;
mod service_counts;
mod signing_key;

pub use check_health::Healthy;
pub use get_config::Config;
pub use get_metrics::Exposition;
pub use ping::Pong;

use health::Health;
use rotation_ages::RotationAges;
use service_counts::ServiceCounts;

/// The function's name: its package, its Lambda, and the group that an APIKey can be limited to.
pub const NAME: &str = "monitoring";

/// What the handlers work with.
#[derive(Clone)]
pub struct Monitoring {
    health: Arc<Health>,
    counts: Arc<ServiceCounts>,
    ages: RotationAges,
    metrics: Metrics,
    storage_name: Arc<str>,
}

/// Contract 4.13 to 4.16.
#[must_use]
pub fn routes() -> Routes<Monitoring> {
    let (public, reads) = (Access::Public, Effect::Reads);
    Routes::new(NAME)
        .get("/ping", Access::Kernel, reads, ping::DOC, ping::ping)
        .get(
            "/config",
            public,
            reads,
            get_config::DOC,
            get_config::get_config,
        )
        .get(
            "/metrics",
            public,
            reads,
            get_metrics::DOC,
            get_metrics::get_metrics,
        )
        .get(
            "/healthz",
            Access::None,
            reads,
            check_health::DOC,
            check_health::check_health,
        )
}

/// Builds the function and makes the first calls, all at once: INIT runs at full speed, requests do not.
///
/// # Errors
/// [`BadSetting`] that names the variable that is missing or malformed.
pub async fn start(env: Env, clock: Clock) -> Result<Instance, BadSetting> {
    let function = Function::from_env(NAME, env, clock)?;
    let control = function.control(Lists::Keys);
    let gate = function.gate(&control)?;
    let ages = RotationAges::new(&function, &gate)?;
    let state = Monitoring {
        health: Arc::new(Health::new(&function, ages.clone())?),
        counts: Arc::new(ServiceCounts::new(&function)),
        metrics: function.clients.metrics.clone(),
        storage_name: get_config::storage_name(&function.env)?,
        ages,
    };
    Box::pin(join(gate.warm(), state.ages.read())).await;
    Ok(function.instance(routes(), state, &gate))
}
