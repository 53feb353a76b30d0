//! What every function of the bundle shares: who may call, who the users are, how things fail, how a function starts.

pub mod api;
pub mod api_key;
pub mod aws;
pub mod cached;
pub mod clock;
pub mod control;
pub mod digest;
pub mod error;
pub mod etag;
pub mod extract;
pub mod function;
pub mod gate;
pub mod jwe;
pub mod jwk;
mod jwt;
pub mod key_ring;
pub mod lambda;
pub mod metrics;
pub mod names;
pub mod sealed_state;
pub mod secrets;
pub mod settings;
pub mod signing_keys;
pub mod telemetry;
pub mod upstream;
pub mod user;
pub mod user_store;
