//! Listening, serving, and being told to stop.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::data_dir::CannotStart;
use crate::options::Options;

/// A listener, and the address that this machine reaches it by.
pub async fn listen(
    options: &Options,
    port: u16,
    option: &str,
) -> Result<(TcpListener, SocketAddr), CannotStart> {
    let cannot = |error: std::io::Error| {
        let hint = if error.kind() == std::io::ErrorKind::AddrInUse {
            "the port is in use: "
        } else {
            ""
        };
        CannotStart(format!(
            "cannot listen on {}:{port}: {hint}choose another with {option} ({error})",
            options.listen
        ))
    };
    let listener = TcpListener::bind((options.listen, port))
        .await
        .map_err(cannot)?;
    let mut address = listener.local_addr().map_err(cannot)?;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    Ok((listener, address))
}

/// Serves until it is told to stop.
pub async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let told = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
    if let Err(error) = axum::serve(listener, router)
        .with_graceful_shutdown(told)
        .await
    {
        tracing::error!(cause = %error, "a server ended");
    }
}

/// Returns at Ctrl-C or SIGTERM.
pub async fn stop_signal() {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    match terminate {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
