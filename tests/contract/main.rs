//! The code, the template, the sample events and the documents say the same.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be read fails the test that reads it"
)]

mod alarms;
mod cost;
mod difference;
mod links;
mod openapi;
mod policies;
mod readme;
mod release;
mod roles;
mod runbook;
mod sample_events;
mod security;
mod settings;
mod source_files;
mod store;
mod template;
mod template_file;
