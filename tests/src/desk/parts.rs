//! What a desk stands on: the AWS endpoint with everything in it, and the stand-ins for upstreams.

use std::sync::Arc;

use axum::Router;
use dev_server::direct_line_stand_in::{self, DirectLineStandIn};
use dev_server::kernel_stand_in::{self, KernelStandIn};
use dev_server::local_env::{ENVIRONMENT, LocalEnv};
use dev_server::secrets_stand_in::SecretsStandIn;
use dev_server::{aws_endpoint, seed};
use dynoxide::Database;
use shared::access_token::CopilotSecrets;
use shared::control::ControlEditor;
use shared::names::Names;
use tokio::net::TcpListener;

use super::{BASE_URL, clients};
use crate::copilot::{self, CLIENT, CLIENT_SECRET};
use crate::test_clock::TestClock;

/// Secrets, tables and keys, and the address of the AWS endpoint that has them.
pub(super) async fn furnished(names: &Names, clock: &TestClock) -> (Arc<SecretsStandIn>, String) {
    let secrets = SecretsStandIn::open(None).unwrap_or_else(|error| panic!("{error}"));
    let secrets = Arc::new(secrets);
    let now = clock.now();
    seed::secrets(&secrets, names, now.secs()).unwrap_or_else(|error| panic!("{error}"));
    let aws_url = serve_aws(Arc::clone(&secrets), clock).await;
    let client = clients(&aws_url).dynamodb;
    let tables = seed::tables(&client, names).await;
    tables.unwrap_or_else(|error| panic!("{error}"));
    let copilot = CopilotSecrets::parse(&secrets.get(&names.copilot_secret).unwrap_or_default());
    let copilot = copilot.unwrap_or_else(|error| panic!("{error}"));
    let copilot = copilot::client(&copilot, CLIENT, CLIENT_SECRET, now);
    let control = ControlEditor::new(client.clone(), names.users_table.clone());
    let added = control.add_client(&copilot).await;
    added.unwrap_or_else(|error| panic!("{error}"));
    let keys = seed::published_keys(&secrets, &client, names, now).await;
    keys.unwrap_or_else(|error| panic!("{error}"));
    (secrets, aws_url)
}

async fn serve_aws(secrets: Arc<SecretsStandIn>, clock: &TestClock) -> String {
    let database = Database::memory().unwrap_or_else(|error| panic!("no database: {error}"));
    let endpoint = aws_endpoint::endpoint(database, secrets, clock.clock()).await;
    let endpoint = endpoint.unwrap_or_else(|error| panic!("no endpoint: {error}"));
    let (listener, url) = listener().await;
    serve(listener, &endpoint);
    url
}

/// Kernel, which lets the made-up persons log in and reads the keys of the API behind `router`.
pub(super) fn kernel_stand_in(
    secrets: &Arc<SecretsStandIn>,
    env: &LocalEnv,
    router: &Router,
    clock: &TestClock,
) -> Router {
    kernel_stand_in::router(KernelStandIn {
        urls: vec![env.kernel_url.clone()],
        api_bases: vec![BASE_URL.to_owned()],
        secrets: Arc::clone(secrets),
        client_secret: Names::of(ENVIRONMENT).kernel_client_secret,
        functions: router.clone(),
        channels: None,
        clock: clock.clock(),
    })
}

/// Direct Line at this address, which takes the two secrets.
pub(super) fn direct_line_stand_in(
    url: &str,
    secrets: &Arc<SecretsStandIn>,
    clock: &TestClock,
) -> Router {
    direct_line_stand_in::router(DirectLineStandIn {
        url: url.to_owned(),
        secrets: Arc::clone(secrets),
        channel_secret: Names::of(ENVIRONMENT).direct_line_secret,
        clock: clock.clock(),
    })
}

pub(super) fn serve(listener: TcpListener, router: &Router) {
    let router = router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
}

/// A free port, and the address of whatever is served there.
pub(super) async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await;
    let listener = listener.unwrap_or_else(|error| panic!("no port: {error}"));
    let address = listener.local_addr();
    let address = address.unwrap_or_else(|error| panic!("no address: {error}"));
    (listener, format!("http://{address}"))
}
