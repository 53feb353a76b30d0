//! The log: JSON lines on standard output.

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::clock::Clock;

/// Starts the log: JSON lines on standard output, as CloudWatch reads them. `level` is for the bundle's own lines; the
/// libraries' stop at warnings, for below that they show requests with their keys and data.
pub fn start_log(level: tracing::Level) {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_timer(Millis);
    let libraries = level.min(tracing::Level::WARN);
    let filter = Targets::new()
        .with_default(libraries)
        .with_target(env!("CARGO_CRATE_NAME"), level);
    let log = tracing_subscriber::registry().with(lines.with_filter(filter));
    // A second call keeps the first subscriber: one process, one log.
    let _ = tracing::subscriber::set_global_default(log);
}

/// RFC 3339 in milliseconds.
struct Millis;

impl tracing_subscriber::fmt::time::FormatTime for Millis {
    fn format_time(
        &self,
        writer: &mut tracing_subscriber::fmt::format::Writer<'_>,
    ) -> std::fmt::Result {
        writer.write_str(&Clock::system().now().rfc3339())
    }
}
