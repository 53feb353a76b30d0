//! Listening, serving, and being told to stop.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::SignalKind;
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

/// Ready at Ctrl-C or SIGTERM. From this call on neither ends the process by itself, so that none comes too early.
///
/// # Errors
/// When the system does not tell of signals.
pub fn stop_signal() -> Result<impl Future<Output = ()>, CannotStart> {
    let listen_for = |kind| {
        let signal = tokio::signal::unix::signal(kind);
        signal.map_err(|error| CannotStart(format!("cannot listen for signals: {error}")))
    };
    let mut terminate = listen_for(SignalKind::terminate())?;
    let mut interrupt = listen_for(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
