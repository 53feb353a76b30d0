//! `/`: forms that start a login or logout, and the API reference, where every endpoint can be tried with the local credentials filled in. In no Lambda.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use shared::clock::Clock;
use utoipa_swagger_ui::Config;

use crate::copilot::Copilot;
use crate::credentials::ApiKeys;
use crate::local_name;
use crate::try_login::{Section, TryLogin};

const SCRIPT: &str = include_str!("reference_page.js");
const STYLE: &str = include_str!("reference_page.css");
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'";

/// What the endpoints can be tried with.
pub struct LocalKeys {
    /// The Aura API's.
    pub api_keys: ApiKeys,
    /// Copilot Connect's.
    pub copilot: Copilot,
    /// For fresh sessions.
    pub clock: Clock,
}

/// What the page shows besides the reference.
pub struct Reference {
    /// None where others than this machine can ask.
    pub keys: Option<LocalKeys>,
    /// The forms above the reference.
    pub try_login: TryLogin,
}

struct Page {
    openapi: String,
    reference: Reference,
    assets: Arc<Config<'static>>,
}

#[derive(Template)]
#[template(path = "reference_page.html")]
struct PageTemplate {
    section: Section,
}

/// The page, the files it needs, and the keys for it.
pub fn router(reference: Reference) -> Router {
    let openapi = crate::openapi::document().to_json().unwrap_or_default();
    let assets = Arc::new(Config::new(["/openapi.json"]));
    Router::new()
        .route("/", get(page))
        .route("/openapi.json", get(openapi_json))
        .route("/reference/start.js", get(script))
        .route("/reference/page.css", get(style))
        .route("/reference/keys.json", get(keys_json))
        .route("/reference/{file}", get(asset))
        .with_state(Arc::new(Page {
            openapi,
            reference,
            assets,
        }))
}

async fn page(State(page): State<Arc<Page>>, headers: HeaderMap) -> Response {
    let try_login = &page.reference.try_login;
    let policy = format!("{POLICY} {}", try_login.form_targets());
    let section = try_login.section(&headers).await;
    let html = PageTemplate { section }.render().unwrap_or_default();
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Html(html)).into_response()
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
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
    let local = local_name::is_loopback(&headers);
    let keys = page.reference.keys.as_ref().filter(|_| local);
    let Some(keys) = keys else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let private = [
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ];
    let (id, secret) = keys.copilot.id_and_secret();
    let session = keys.copilot.session(keys.clock.now());
    let copilot = json!({ "clientId": id, "clientSecret": secret, "session": session });
    let keys = json!({ "apiKeys": keys.api_keys, "copilot": copilot });
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
