//! The one log line of a request.

use axum::response::Response;

use super::Correlator;
use crate::api::MatchedOperation;
use crate::client::ClientId;
use crate::error::Error;
use crate::gate::Caller;

/// A log line of a success is at most this long, in bytes.
const MAX_LINE: usize = 256;
/// What a line takes without operation, correlator, request id and app: measured, with room for a slow request.
const LINE_FRAME: usize = 182;
const MAX_APP_CHARS: usize = 24;

/// One line: never a path, a key, a number or an id of a user.
pub(super) fn log(
    response: &Response,
    correlator: &Correlator,
    req: &str,
    ms: u64,
    failure: Option<&Error>,
) {
    let extensions = response.extensions();
    let op = extensions
        .get::<MatchedOperation>()
        .map_or("unmatched", |matched| matched.0.doc.name);
    let caller = extensions.get::<Caller>();
    let client = extensions.get::<ClientId>().map(ClientId::as_str);
    let app = caller.map(|caller| &*caller.app).or(client);
    let app = head(app.unwrap_or("-"), MAX_APP_CHARS);
    let jti = caller
        .map(|caller| caller.jti.to_string())
        .unwrap_or_default();
    let room = MAX_LINE.saturating_sub(LINE_FRAME + op.len() + req.len() + app.len());
    let corr = if failure.is_some() {
        &correlator.0
    } else {
        head(&correlator.0, room)
    };
    let status = response.status().as_u16();
    match failure {
        None => tracing::info!(op, status, ms, corr, req, app, jti),
        // By the error, which a browser that is sent on does not show in its status.
        Some(cause) if cause.status().is_server_error() => {
            tracing::error!(op, status, ms, corr, req, app, jti, %cause);
        }
        Some(cause) => tracing::warn!(op, status, ms, corr, req, app, jti, %cause),
    }
}

/// The first characters of `text`, at most `most` bytes of them.
fn head(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}
