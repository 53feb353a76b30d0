//! Starts everything, says so, and stops cleanly.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use futures_util::future::join_all;
use shared::clock::Clock;
use shared::metrics::Flusher;

use crate::bundle::{Bundle, bundle, operations};
use crate::credentials::ApiKeys;
use crate::data_dir::CannotStart;
use crate::desk::Desk;
use crate::listen::{Server, listen, stop_signal};
use crate::options::Options;
use crate::places::Places;
use crate::reference_page::{self, LocalKeys, Reference};
use crate::try_login::{self, TryLogin};
use crate::{upstreams, walk};

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
    let (upstream, upstream_address) =
        listen(&options, options.upstream_port, "--upstream-port").await?;
    let places = Places::new(&options, api_address, aws_address, upstream_address);
    let (desk, endpoint) = Desk::open(&options, &places, clock.clone()).await?;
    let aws_server = Server::start(aws, endpoint);
    let keys = desk.furnish().await?;
    let functions = Box::pin(bundle(|name| desk.env.variables(name), &clock)).await;
    let Bundle {
        router: functions,
        flushers,
    } = functions.map_err(|error| CannotStart(error.to_string()))?;
    let stand_ins = upstreams::router(&desk, &places, &functions, &clock);
    let upstream_server = Server::start(upstream, stand_ins);
    let text = walk::text(&places, &options.data_dir, &operations(), &keys);
    let pages = pages(&options, &desk, &places, keys, &clock);
    let api_server = Server::start(api, pages.fallback_service(functions));
    let _ = std::io::stdout().write_all(text.as_bytes());
    tokio::select! {
        () = told_to_stop => {}
        () = desk.refurnish() => {}
        () = flush_by_the_clock(&flushers) => {}
    }
    // The API first: what its last requests counted is written before the store goes.
    api_server.stop().await;
    upstream_server.stop().await;
    join_all(flushers.iter().map(Flusher::end)).await;
    aws_server.stop().await;
    desk.clear();
    Ok(())
}

/// What the dev server alone serves at the API's port.
fn pages(options: &Options, desk: &Desk, places: &Places, keys: ApiKeys, clock: &Clock) -> Router {
    let try_login = TryLogin::new(places, desk, clock.clone());
    let keys = LocalKeys {
        api_keys: keys,
        copilot: desk.copilot.clone(),
        clock: clock.clone(),
    };
    let reference = Reference {
        keys: options.listen.is_loopback().then_some(keys),
        try_login: try_login.clone(),
    };
    reference_page::router(reference).merge(try_login::router(try_login))
}

/// Here instances do not sleep between requests: what is new is written also when no request comes by.
async fn flush_by_the_clock(flushers: &[Flusher]) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        join_all(flushers.iter().map(Flusher::flush_if_due)).await;
    }
}
