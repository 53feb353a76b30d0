//! `aura-admin`, the operators' command line: the process only. What it does is in `lib.rs`.

use std::process::ExitCode;

use admin::Console;
use shared::clock::Clock;
use shared::settings::Env;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (env, clock) = (Env::process(), Clock::system());
    let args = std::env::args_os();
    ExitCode::from(admin::run(args, &env, &clock, &mut Console::process()).await)
}
