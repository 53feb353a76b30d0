//! A stand-in for Direct Line 3.0, by which clients talk to the bot: its tokens, its conversations and their streams, as far as
//! Microsoft describes them. In no Lambda; the bot in it repeats what it is told.
//!
//! What it knows is in memory and gone when it ends. It can be told to fail: see `trouble`.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use shared::clock::Clock;
use tower_http::cors::{AllowHeaders, AllowMethods, Any, CorsLayer};

use crate::secrets_stand_in::SecretsStandIn;

mod activities;
mod caller;
mod conversations;
mod issue;
mod parameter;
mod passes;
mod refusal;
mod stream;
mod trouble;

use conversations::Conversations;
use passes::Passes;
use trouble::Troubles;

/// The longest activity, in bytes.
const MAX_ACTIVITY: usize = 256 * 1024;

/// What the stand-in needs from the desk.
pub struct DirectLineStandIn {
    /// Its own address, without a slash at the end: stream URLs begin with it.
    pub url: String,
    /// The secrets, with the channel's among them.
    pub secrets: Arc<SecretsStandIn>,
    /// The name of the channel's secret.
    pub channel_secret: String,
    /// Tells the time.
    pub clock: Clock,
}

/// The stand-in at work.
struct DirectLine {
    desk: DirectLineStandIn,
    passes: Passes,
    conversations: Conversations,
    troubles: Troubles,
}

/// `/v3/directline` and its switch, `/stand-in/direct-line`, to be merged with others at a port.
pub fn router(desk: DirectLineStandIn) -> Router {
    let direct_line = Arc::new(DirectLine {
        desk,
        passes: Passes::default(),
        conversations: Conversations::default(),
        troubles: Troubles::default(),
    });
    let api = Router::new()
        .route("/tokens/generate", post(issue::generate))
        .route("/tokens/refresh", post(issue::refresh))
        .route("/conversations", post(issue::start))
        .route("/conversations/{id}", get(issue::reconnect))
        .route(
            "/conversations/{id}/activities",
            get(activities::get).post(activities::post),
        )
        .route("/conversations/{id}/stream", get(stream::open))
        .layer(DefaultBodyLimit::max(MAX_ACTIVITY))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&direct_line),
            trouble::meet,
        ))
        .layer(cors());
    Router::new()
        .nest("/v3/directline", api)
        .route(
            "/stand-in/direct-line",
            get(trouble::tell).post(trouble::make),
        )
        .with_state(direct_line)
}

/// Pages of every site are clients. What admits them is a token, which no browser sends by itself.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
}

#[cfg(test)]
mod tests;
