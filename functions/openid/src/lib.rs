//! Publishes what others verify our signatures with: the OpenID configuration and the JWK Set.
//!
//! It reads the public set alone. The private keys are in a secret that its role may not read and that its code never names.

use shared::api::{Access, Effect, Routes};
use shared::base::Base;
use shared::clock::Clock;
use shared::control::PublishedKeys;
use shared::function::{Function, Instance};
use shared::gate::Gate;
use shared::settings::{BadSetting, BaseUrl, Env};

mod document;
mod get_jwk_set;
mod get_openid_configuration;

#[cfg(feature = "openapi")]
pub use get_jwk_set::JwkSetView;
pub use get_openid_configuration::OpenidConfiguration;

/// The function's name: its package, its Lambda, and the group that an APIKey can be limited to.
pub const NAME: &str = "openid";

/// What the handlers work with.
#[derive(Clone)]
pub struct Openid {
    keys: PublishedKeys,
    base: Base,
    kernel: BaseUrl,
}

/// Contract 4.11 and 4.12.
#[must_use]
pub fn routes() -> Routes<Openid> {
    Routes::new(NAME)
        .get(
            "/openid/issuer/.well-known/openid-configuration",
            Access::None,
            Effect::Reads,
            get_openid_configuration::DOC,
            get_openid_configuration::get_openid_configuration,
        )
        .get(
            "/openid/jwk",
            Access::None,
            Effect::Reads,
            get_jwk_set::DOC,
            get_jwk_set::get_jwk_set,
        )
}

/// Builds the function and reads the public set.
///
/// # Errors
/// [`BadSetting`] that names the variable that is missing or malformed.
pub async fn start(env: Env, clock: Clock) -> Result<Instance, BadSetting> {
    let function = Function::from_env(NAME, env, clock)?;
    let kernel = function.env.upstream_url("KERNEL_URL")?;
    let keys = function.published_keys();
    keys.warm().await;
    let state = Openid {
        keys,
        base: function.base.clone(),
        kernel,
    };
    let gate = Gate::without_keys(function.clock.clone());
    Ok(function.instance(routes(), state, &gate))
}
