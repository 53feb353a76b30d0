//! What holds of the functions' own binaries, through the real Runtime API: events in, answers and log lines out.

mod callback_address;
mod callback_log;
mod health_schedule;
mod initialisation;
mod log_line;
mod metrics;
mod processes;
mod redaction;
mod sample_events;
mod settings;
mod translation;
