//! Starts everything, says so, and stops cleanly.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::future::join_all;
use shared::clock::Clock;
use shared::metrics::Flusher;

use crate::bundle::{Bundle, bundle, operations};
use crate::data_dir::CannotStart;
use crate::desk::Desk;
use crate::listen::{Server, listen, stop_signal};
use crate::options::Options;
use crate::{reference_page, walk};

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
    let base_url = format!("http://{api_address}");
    let (desk, endpoint) = Desk::open(&options, &base_url, aws_address, clock.clone()).await?;
    let aws_server = Server::start(aws, endpoint);
    let in_containers = container_endpoint(&options, aws_address);
    let keys = desk.furnish(&in_containers).await?;
    let functions = Box::pin(bundle(|name| desk.env.variables(name), &clock)).await;
    let Bundle {
        router: functions,
        flushers,
    } = functions.map_err(|error| CannotStart(error.to_string()))?;
    let text = walk::text(
        &base_url,
        &desk.env.endpoint_url,
        &options.data_dir,
        &operations(),
        &keys,
    );
    let shown = options.listen.is_loopback().then_some(keys);
    let router = reference_page::router(shown).fallback_service(functions);
    let api_server = Server::start(api, router);
    let _ = std::io::stdout().write_all(text.as_bytes());
    tokio::select! {
        () = told_to_stop => {}
        () = desk.refurnish(&in_containers) => {}
        () = flush_by_the_clock(&flushers) => {}
    }
    // The API first: what its last requests counted is written before the store goes.
    api_server.stop().await;
    join_all(flushers.iter().map(Flusher::end)).await;
    aws_server.stop().await;
    desk.clear();
    Ok(())
}

/// Here instances do not sleep between requests: what is new is written also when no request comes by.
async fn flush_by_the_clock(flushers: &[Flusher]) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        join_all(flushers.iter().map(Flusher::flush_if_due)).await;
    }
}

/// Where the containers of `sam local` find the AWS endpoint: Docker Desktop gives this machine that name in them; elsewhere
/// `--listen` takes the address of Docker's bridge.
fn container_endpoint(options: &Options, aws: SocketAddr) -> String {
    if options.listen.is_loopback() || options.listen.is_unspecified() {
        return format!("http://host.docker.internal:{}", aws.port());
    }
    format!("http://{aws}")
}
