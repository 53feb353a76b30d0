//! `cargo run`: the dev server. See `options.rs` for what it takes and `serve.rs` for what it does.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    dev_server::serve::main(dev_server::options::Options::parse()).await
}
