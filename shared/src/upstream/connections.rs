//! The connections to one upstream: TLS on ring with the roots compiled in, kept open for as long as they can be trusted to be.
//!
//! A pool tells by the monotonic clock how long a connection was idle, and that stands still while a Lambda is frozen: what it
//! kept may have been given up by the other side long ago. A request that goes into such a connection is lost in doubt, which
//! spoils what must not be sent twice. So the whole pool goes when the wall clock says that it was idle for too long.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, redirect, retry};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use webpki_roots::TLS_SERVER_ROOTS;

use crate::clock::{Clock, Timestamp};

/// From the name's resolution to the end of the TLS handshake, which alone takes most of a second in a small function.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Shorter than most servers keep an idle connection.
pub(super) const IDLE_FOR: Duration = Duration::from_secs(30);

/// One pool at a time.
pub(super) struct Connections {
    tls: Option<ClientConfig>,
    clock: Clock,
    pool: Mutex<Option<(Client, Timestamp)>>,
}

impl Connections {
    /// None yet.
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            tls: tls(),
            clock,
            pool: Mutex::new(None),
        }
    }

    /// The pool to use now; `None` when none can be made, which a test excludes.
    pub(super) fn pool(&self) -> Option<Client> {
        let now = self.clock.now();
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let awake = pool.take().filter(|(_, used)| {
            let idle = now.since(*used);
            idle.is_some_and(|idle| idle <= IDLE_FOR)
        });
        let client = match awake {
            Some((client, _)) => client,
            None => self.client()?,
        };
        *pool = Some((client.clone(), now));
        Some(client)
    }

    /// The TLS sessions outlive the pool: they are in the configuration, and a new connection resumes one.
    fn client(&self) -> Option<Client> {
        let client = Client::builder()
            .tls_backend_preconfigured(self.tls.clone()?)
            .http1_only()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_FOR);
        client.build().ok()
    }
}

/// The anchors are ready-made: nothing is parsed, and the system's store is never read.
fn tls() -> Option<ClientConfig> {
    let roots: RootCertStore = TLS_SERVER_ROOTS.iter().cloned().collect();
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().ok()?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(config)
}
