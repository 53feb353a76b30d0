//! The `direct-line-token` Lambda: its cold start only. What it serves is in `lib.rs`.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::lambda::run(direct_line_token::start).await
}
