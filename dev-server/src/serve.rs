//! Starts everything, says so, and stops cleanly.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use dynoxide::Database;
use shared::aws::Clients;
use shared::clock::Clock;
use shared::control::ControlEditor;
use shared::key_ring::KeyRing;
use shared::names::Names;
use tokio::net::TcpListener;
use tokio::sync::watch;
use uuid::Uuid;

use crate::bundle::{bundle, operations};
use crate::credentials::{self, ApiKeys};
use crate::data_dir::{CannotStart, DataDir, write_private};
use crate::local_env::{ENVIRONMENT, LocalEnv};
use crate::options::Options;
use crate::secrets_stand_in::SecretsStandIn;
use crate::{aws_endpoint, reference_page, seed, walk};

const DATABASE: &str = "dynamodb.sqlite";
const SECRETS: &str = "secrets.json";
const CREDENTIALS: &str = "credentials.json";
const SAM_ENV: &str = "sam-env.json";
/// How long requests under way may take once the server is told to stop.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// Runs the dev server until Ctrl-C or SIGTERM.
pub async fn main(options: Options) -> ExitCode {
    shared::telemetry::start_log(tracing::Level::INFO);
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(CannotStart(why)) => {
            let _ = writeln!(std::io::stderr(), "dev-server: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), CannotStart> {
    let clock = Clock::system();
    // Ports first: nothing is written for a server that cannot listen.
    let api = listen(&options, options.port, "--port").await?;
    let aws = listen(&options, options.aws_port, "--aws-port").await?;
    let data_dir = DataDir::open(&options.data_dir)?;
    let secrets = Arc::new(SecretsStandIn::open(
        (!options.ephemeral).then(|| data_dir.file(SECRETS)),
    )?);
    let database = open_database(&data_dir, options.ephemeral)?;
    let names = Names::of(ENVIRONMENT);
    seed::secrets(&secrets, &names, clock.now().secs())?;
    let (stop, stopped) = watch::channel(false);
    let endpoint = aws_endpoint::endpoint(database, Arc::clone(&secrets), clock.clone()).await;
    let endpoint =
        endpoint.map_err(|error| CannotStart(format!("cannot start the database: {error}")))?;
    let env = local_env(&aws.1);
    let aws_server = tokio::spawn(serve(aws.0, endpoint, stopped.clone()));
    let clients = Clients::from_env(&env.variables("dev-server"))
        .map_err(|error| CannotStart(error.to_string()))?;
    seed::tables(&clients.dynamodb, &names).await?;
    let base_url = format!("http://{}", api.1);
    let keys = write_credentials(
        &data_dir, &base_url, &secrets, &env, &names, &clients, &clock,
    )
    .await?;
    let functions = bundle(|name| env.variables(name), &clock).await;
    let functions = functions.map_err(|error| CannotStart(error.to_string()))?;
    let router = reference_page::router(keys.clone()).fallback_service(functions);
    let text = walk::text(
        &base_url,
        &env.endpoint_url,
        &options.data_dir,
        &operations(),
        &keys,
    );
    let api_server = tokio::spawn(serve(api.0, router, stopped));
    let _ = std::io::stdout().write_all(text.as_bytes());
    stop_signal().await;
    let _ = stop.send(true);
    let servers = async { tokio::join!(api_server, aws_server) };
    let _ = tokio::time::timeout(STOP_LIMIT, servers).await;
    if options.ephemeral {
        let _ = [CREDENTIALS, SAM_ENV].map(|file| std::fs::remove_file(data_dir.file(file)));
    }
    Ok(())
}

/// A listener, and the address that this machine reaches it by.
async fn listen(
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

fn open_database(data_dir: &DataDir, ephemeral: bool) -> Result<Database, CannotStart> {
    let cannot = |path: &Path, error: &dyn std::fmt::Display| {
        CannotStart::with(
            "use the database",
            path,
            format!("{error}; move it away to start afresh"),
        )
    };
    if ephemeral {
        return Database::memory().map_err(|error| cannot(Path::new("in memory"), &error));
    }
    let path = data_dir.private_file(DATABASE)?;
    let text = path
        .to_str()
        .ok_or_else(|| cannot(&path, &"its path is not UTF-8"))?;
    Database::new(text).map_err(|error| cannot(&path, &error))
}

fn local_env(aws: &SocketAddr) -> LocalEnv {
    LocalEnv {
        endpoint_url: format!("http://{aws}"),
        access_key_id: "local".to_owned(),
        secret_access_key: Uuid::new_v4().simple().to_string(),
    }
}

async fn write_credentials(
    data_dir: &DataDir,
    base_url: &str,
    secrets: &SecretsStandIn,
    env: &LocalEnv,
    names: &Names,
    clients: &Clients,
    clock: &Clock,
) -> Result<ApiKeys, CannotStart> {
    let ring = |name: &str| {
        let text = secrets.get(name).unwrap_or_default();
        KeyRing::parse(&text)
            .map_err(|error| CannotStart(format!("cannot use the secret {name}: {error}")))
    };
    let (key_ring, state_ring) = (
        ring(&names.key_ring_secret)?,
        ring(&names.state_ring_secret)?,
    );
    let keys = ApiKeys::issue(&key_ring, clock.now())?;
    let editor = ControlEditor::new(clients.dynamodb.clone(), names.users_table.clone());
    let channels = editor
        .channels()
        .await
        .map_err(|error| CannotStart(error.to_string()))?;
    let document = credentials::document(
        base_url,
        &keys,
        [&key_ring, &state_ring],
        env,
        names,
        &channels,
    );
    for (file, contents) in [(CREDENTIALS, document), (SAM_ENV, env.sam_env())] {
        let path = data_dir.file(file);
        let text = format!("{contents:#}\n");
        write_private(&path, text.as_bytes())
            .map_err(|error| CannotStart::with("write", &path, error))?;
    }
    Ok(keys)
}

async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let told = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
    if let Err(error) = axum::serve(listener, router)
        .with_graceful_shutdown(told)
        .await
    {
        tracing::error!(cause = %error, "a server ended");
    }
}

async fn stop_signal() {
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
