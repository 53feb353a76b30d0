//! Listening, serving, and being told to stop.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::SignalKind;
use tokio::sync::watch;
use tokio::task::JoinHandle;

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

/// How long requests under way may take once a server is told to stop.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// A server that listens.
pub struct Server {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves until it is told to stop.
    #[must_use]
    pub fn start(listener: TcpListener, router: Router) -> Self {
        let (stop, mut stopped) = watch::channel(false);
        let told = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
        let serving = axum::serve(listener, router).with_graceful_shutdown(told);
        let task = tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(cause = %error, "a server ended");
            }
        });
        Self { stop, task }
    }

    /// Takes no more requests, and waits for those under way.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = tokio::time::timeout(STOP_LIMIT, self.task).await;
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
