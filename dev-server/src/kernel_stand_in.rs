//! A stand-in for Kernel, the operator's identity platform: its authorization server, as far as this API meets it (contract
//! 4.3, 4.5, 4.17). In no Lambda, and clearly marked: its persons are made up and nobody's password is asked for.
//!
//! It is as strict as the standards let it be, so that what a real Kernel would refuse is refused here. What it knows is in
//! memory, and it reads our public keys as a stranger would: from the API, for every request.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use shared::clock::Clock;
use shared::control::ControlEditor;

use crate::secrets_stand_in::SecretsStandIn;

mod assertion;
mod authorize;
mod client;
mod code_challenge;
mod grants;
mod introspect;
mod jwk;
mod logout;
mod page;
mod person;
mod refusal;
mod request;
mod token;

pub(crate) use code_challenge::CodeChallenge;
use grants::Grants;
pub use person::{PERSONS, Person};

/// What the stand-in needs from the desk.
pub struct KernelStandIn {
    /// Its own addresses, without a slash at the end: what a client assertion may be made for.
    pub urls: Vec<String>,
    /// The addresses of the API: the browser goes back to nowhere else.
    pub api_bases: Vec<String>,
    /// The secrets, with the client's among them.
    pub secrets: Arc<SecretsStandIn>,
    /// The name of the client's secret.
    pub client_secret: String,
    /// The API, which publishes the keys that client assertions are signed with.
    pub functions: Router,
    /// Where to look up the places that the API sends the browser on to.
    pub channels: Option<ControlEditor>,
    /// Tells the time.
    pub clock: Clock,
}

/// The stand-in at work.
struct Kernel {
    desk: KernelStandIn,
    grants: Grants,
}

/// `/authorize`, `/token`, `/introspect` and `/logout`, to be merged with others at a port.
pub fn router(desk: KernelStandIn) -> Router {
    let kernel = Kernel {
        desk,
        grants: Grants::default(),
    };
    Router::new()
        .route("/authorize", get(authorize::ask).post(authorize::decide))
        .route("/token", post(token::token))
        .route("/introspect", post(introspect::introspect))
        .route("/logout", get(logout::logout))
        .with_state(Arc::new(kernel))
}

impl Kernel {
    /// Whether this is the API's callback: compared character by character (RFC 9700 2.1).
    fn is_callback(&self, address: &str, path: &str) -> bool {
        let mut bases = self.desk.api_bases.iter();
        bases.any(|base| address.strip_prefix(base.as_str()) == Some(path))
    }
}

#[cfg(test)]
mod tests;
