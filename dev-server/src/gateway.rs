//! A stand-in for API Gateway's HTTP API: picks the function by method and path, and joins headers given twice.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method};
use shared::api::{self, Operation};
use tower::ServiceExt;

/// The gateway in the making.
#[derive(Default)]
pub struct Gateway {
    routes: HashMap<Method, matchit::Router<&'static str>>,
    functions: HashMap<&'static str, Router>,
}

impl Gateway {
    /// A gateway with these routes; each method has its own, so that one method's paths never hide another's.
    ///
    /// # Panics
    /// When two routes are the same, which is a defect of the route tables.
    #[must_use]
    pub fn new(operations: Vec<Operation>) -> Self {
        let mut gateway = Self::default();
        for operation in operations {
            let paths = operation.paths();
            let routes = gateway.routes.entry(operation.method).or_default();
            for path in paths {
                let added = routes.insert(&path, operation.function);
                assert!(added.is_ok(), "two routes for {path}");
            }
        }
        gateway
    }

    /// Puts a function behind its routes.
    pub fn add(&mut self, name: &'static str, function: Router) {
        self.functions.insert(name, function);
    }

    /// The router that listens.
    pub fn into_router(self) -> Router {
        Router::new().fallback(pass).with_state(Arc::new(self))
    }

    fn function(&self, request: &Request) -> Option<Router> {
        let routes = self.routes.get(request.method())?;
        let name = routes.at(request.uri().path()).ok()?.value;
        self.functions.get(name).cloned()
    }
}

async fn pass(State(gateway): State<Arc<Gateway>>, mut request: Request) -> Response {
    let Some(function) = gateway.function(&request) else {
        return api::not_found().await;
    };
    *request.headers_mut() = joined(request.headers());
    function
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {})
}

/// Headers as payload 2.0 has them: one of each name, what was given twice joined with a comma.
fn joined(headers: &HeaderMap) -> HeaderMap {
    let mut joined = HeaderMap::with_capacity(headers.keys_len());
    for name in headers.keys() {
        let values: Vec<&[u8]> = headers
            .get_all(name)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        if let Ok(value) = HeaderValue::from_bytes(&values.join(&b","[..])) {
            joined.insert(name.clone(), value);
        }
    }
    joined
}
