//! Starts everything, says so, and stops cleanly.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use shared::clock::Clock;
use tokio::sync::watch;

use crate::bundle::{bundle, operations};
use crate::data_dir::CannotStart;
use crate::desk::Desk;
use crate::listen::{listen, serve, stop_signal};
use crate::options::Options;
use crate::{reference_page, walk};

/// How long requests under way may take once the server is told to stop.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// Runs the dev server until Ctrl-C or SIGTERM.
pub async fn main(options: Options) -> ExitCode {
    shared::telemetry::start_log(tracing::Level::INFO);
    match Box::pin(run(options)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(CannotStart(why)) => {
            let _ = writeln!(std::io::stderr(), "dev-server: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), CannotStart> {
    let clock = Clock::system();
    let told_to_stop = stop_signal()?;
    // Ports first: nothing is written for a server that cannot listen.
    let (api, api_address) = listen(&options, options.port, "--port").await?;
    let (aws, aws_address) = listen(&options, options.aws_port, "--aws-port").await?;
    let (desk, endpoint) = Desk::open(&options, aws_address, clock.clone()).await?;
    let (stop, stopped) = watch::channel(false);
    let aws_server = tokio::spawn(serve(aws, endpoint, stopped.clone()));
    let base_url = format!("http://{api_address}");
    let in_containers = container_endpoint(&options, aws_address);
    let keys = desk.furnish(&base_url, &in_containers).await?;
    let functions = Box::pin(bundle(|name| desk.env.variables(name), &clock)).await;
    let functions = functions.map_err(|error| CannotStart(error.to_string()))?;
    let text = walk::text(
        &base_url,
        &desk.env.endpoint_url,
        &options.data_dir,
        &operations(),
        &keys,
    );
    let shown = options.listen.is_loopback().then_some(keys);
    let router = reference_page::router(shown).fallback_service(functions);
    let api_server = tokio::spawn(serve(api, router, stopped));
    let _ = std::io::stdout().write_all(text.as_bytes());
    tokio::select! {
        () = told_to_stop => {}
        () = desk.refurnish(&base_url, &in_containers) => {}
    }
    let _ = stop.send(true);
    let servers = async { tokio::join!(api_server, aws_server) };
    let _ = tokio::time::timeout(STOP_LIMIT, servers).await;
    desk.clear();
    Ok(())
}

/// Where the containers of `sam local` find the AWS endpoint: Docker Desktop gives this machine that name in them; elsewhere
/// `--listen` takes the address of Docker's bridge.
fn container_endpoint(options: &Options, aws: SocketAddr) -> String {
    if options.listen.is_loopback() || options.listen.is_unspecified() {
        return format!("http://host.docker.internal:{}", aws.port());
    }
    format!("http://{aws}")
}
