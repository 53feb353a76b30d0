//! `GET /metrics` (contract 4.16): what the service has counted, for Prometheus.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::future::join;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use shared::api::Doc;
use shared::error::Error;

use crate::Monitoring;
use crate::exposition::{Format, Numbers};

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "get_metrics",
    summary: "Get what the service has counted",
    description: "The numbers of all instances together. Prometheus' text format 0.0.4, or OpenMetrics 1.0 where `Accept` prefers it. 503 rather than a part of the numbers.",
    parameters: &[],
    body: None,
    success: (200, Some("Exposition")),
    errors: &[],
};

/// Samples, line by line, after the declaration of their family.
#[derive(Debug)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Exposition(
    #[expect(dead_code, reason = "describes the answer; a schema and no more")] String,
);

pub(crate) async fn get_metrics(
    State(state): State<Monitoring>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let (sum, ages) = join(state.counts.add_up(), state.ages.read()).await;
    state.metrics.set_ages(ages.clone());
    let format = Format::preferred(&headers);
    let numbers = Numbers { sum: sum?, ages };
    let text = numbers.encode(format);
    let text = text.map_err(|_| Error::Internal("not encoded".to_owned()))?;
    Ok(([(CONTENT_TYPE, format.content_type())], text).into_response())
}
