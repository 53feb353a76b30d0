//! What holds of the dev server as a process: what it prints and writes, how it stops, and what it survives.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be had fails the test that needs it"
)]

mod browser;
mod durability;
mod files;
mod kernel;
mod reference_page;
mod refusals;
mod server;
mod stop;
mod try_login;
mod walk;
