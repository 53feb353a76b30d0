//! The `end-user-authentication` Lambda: its cold start only. What it serves is in `lib.rs`.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::lambda::run(end_user_authentication::start).await
}
