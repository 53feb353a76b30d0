//! How a function learns that it is to end: Lambda sends SIGTERM where an extension is registered; one for no event will do.
//!
//! Two requests of the Extensions API, on the client that the runtime has already; the crate for whole extensions would bring
//! a regular-expression engine and a calendar along.

use std::future::Future;

use http::Request;
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{BoxError, PooledClient};
use tokio::signal::unix::{SignalKind, signal};

/// Unique among the extensions of a function.
const NAME: &str = "aura-authentication-shutdown";
const ID: &str = "Lambda-Extension-Identifier";

/// Registers, and returns what waits for the signal. Where that fails the function goes on, and ends without notice.
pub(super) async fn told_to_end() -> impl Future<Output = ()> {
    match register().await {
        // INIT ends when every extension has asked for its next event, which never comes for this one.
        Ok(next_event) => drop(tokio::spawn(next_event)),
        Err(error) => tracing::warn!(cause = %error, "ends without notice"),
    }
    let signals = signal(SignalKind::terminate());
    async move {
        match signals {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    }
}

/// Registers for no event; returns what asks for the next one.
async fn register() -> Result<impl Future<Output = ()> + 'static, BoxError> {
    let client = PooledClient::builder().build();
    let register = Request::post("/2020-01-01/extension/register")
        .header("Lambda-Extension-Name", NAME)
        .header("Content-Type", "application/json")
        .body(Body::from(r#"{"events":[]}"#))?;
    let registered = client.call(register).await?;
    let id = registered.headers().get(ID).cloned();
    let id = id.ok_or_else(|| format!("the Extensions API answers {}", registered.status()))?;
    let next = Request::get("/2020-01-01/extension/event/next").header(ID, id);
    let answer = client.call(next.body(Body::empty())?);
    Ok(async move {
        let _ = answer.await;
    })
}
