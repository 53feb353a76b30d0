//! `/`: the API reference, where every endpoint can be tried with the local credentials filled in. In no Lambda.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, StatusCode};
use utoipa_swagger_ui::Config;

use crate::credentials::ApiKeys;

const PAGE: &str = include_str!("reference_page.html");
const SCRIPT: &str = include_str!("reference_page.js");
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

struct Page {
    openapi: String,
    /// None where others than this machine can ask.
    keys: Option<ApiKeys>,
    assets: Arc<Config<'static>>,
}

/// The page, the files it needs, and the keys for it.
pub fn router(keys: Option<ApiKeys>) -> Router {
    let openapi = crate::openapi::document().to_json().unwrap_or_default();
    let assets = Arc::new(Config::new(["/openapi.json"]));
    Router::new()
        .route("/", get(page))
        .route("/openapi.json", get(openapi_json))
        .route("/reference/start.js", get(script))
        .route("/reference/keys.json", get(keys_json))
        .route("/reference/{file}", get(asset))
        .with_state(Arc::new(Page {
            openapi,
            keys,
            assets,
        }))
}

async fn page() -> Response {
    let policy = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
    ];
    (policy, Html(PAGE)).into_response()
}

async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

async fn openapi_json(State(page): State<Arc<Page>>) -> Response {
    ([(CONTENT_TYPE, "application/json")], page.openapi.clone()).into_response()
}

/// The keys go to pages of this machine only: a name that somebody points at this address gets none (DNS rebinding), and
/// nobody does where the server listens on another address.
async fn keys_json(State(page): State<Arc<Page>>, headers: HeaderMap) -> Response {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let local = matches!(name, "127.0.0.1" | "localhost" | "[::1]");
    let Some(keys) = page.keys.as_ref().filter(|_| local) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let private = [
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ];
    (private, axum::Json(keys)).into_response()
}

async fn asset(State(page): State<Arc<Page>>, Path(file): Path<String>) -> Response {
    let Ok(Some(file)) = utoipa_swagger_ui::serve(&file, Arc::clone(&page.assets)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind =
        HeaderValue::from_str(&file.content_type).unwrap_or(HeaderValue::from_static("text/plain"));
    ([(CONTENT_TYPE, kind)], file.bytes.into_owned()).into_response()
}
