//! One AWS endpoint: Secrets Manager is the stand-in, everything else is the embedded DynamoDB.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use dynoxide::Database;
use http::header::{HOST, ORIGIN};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use shared::clock::Clock;
use tokio::net::TcpListener;

use crate::secrets_stand_in::SecretsStandIn;

/// The largest request to Secrets Manager, in bytes; the service's own limit is 64 KiB of text.
const MAX_SECRET_REQUEST: usize = 256 * 1024;

struct Endpoint {
    secrets: Arc<SecretsStandIn>,
    dynamodb: Authority,
    client: Client<HttpConnector, Body>,
    clock: Clock,
}

/// Starts the embedded DynamoDB on a port of its own, and returns the endpoint that stands before it.
///
/// # Errors
/// When no port can be had.
pub async fn endpoint(
    database: Database,
    secrets: Arc<SecretsStandIn>,
    clock: Clock,
) -> std::io::Result<Router> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let dynamodb = listener.local_addr()?.to_string();
    let dynamodb = dynamodb.parse().map_err(std::io::Error::other)?;
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let endpoint = Endpoint {
        secrets,
        dynamodb,
        client,
        clock,
    };
    Ok(Router::new()
        .fallback(answer)
        .with_state(Arc::new(endpoint)))
}

async fn answer(State(endpoint): State<Arc<Endpoint>>, mut request: Request) -> Response {
    if is_from_a_page(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let target = request
        .headers()
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    if let Some(operation) = target.and_then(|target| target.strip_prefix("secretsmanager.")) {
        let operation = operation.to_owned();
        let Ok(body) = to_bytes(request.into_body(), MAX_SECRET_REQUEST).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        return endpoint
            .secrets
            .answer(&operation, &body, endpoint.clock.now().secs());
    }
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(endpoint.dynamodb.clone());
    parts
        .path_and_query
        .get_or_insert_with(|| PathAndQuery::from_static("/"));
    let Ok(uri) = Uri::from_parts(parts) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    *request.uri_mut() = uri;
    match endpoint.client.request(request).await {
        Ok(answer) => answer.map(Body::new),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// Whether a browser asks, for a page of who knows whom: SDKs send no `Origin`, and no name that somebody may point here.
fn is_from_a_page(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = host.and_then(|host| host.parse::<Authority>().ok());
    let is_ours = authority.is_some_and(|authority| {
        let name = authority.host().trim_matches(['[', ']']);
        matches!(name, "localhost" | "host.docker.internal") || name.parse::<IpAddr>().is_ok()
    });
    headers.contains_key(ORIGIN) || !is_ours
}
