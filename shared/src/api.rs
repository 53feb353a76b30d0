//! The route table: what a function serves, who may call it, and what it is called everywhere else.
//!
//! Every route states its access class and its effect; an endpoint without a decision does not compile.
//! One table feeds the router, the key check, the OpenAPI document and the tests that compare it with the template.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use http::{Method, StatusCode};

use crate::error::Dialect;
use crate::gate::Gate;
use crate::telemetry::Telemetry;

mod operation;

pub use operation::{Access, Body, Doc, Effect, Operation, Parameter, Place};

/// The operation that a request matched: in the request for the extractors, in the response for telemetry.
#[derive(Clone)]
pub struct MatchedOperation(pub Arc<Operation>);

/// A function's route table; `S` is the state of its handlers.
pub struct Routes<S> {
    function: &'static str,
    dialect: Dialect,
    rows: Vec<(Operation, MethodRouter<S>)>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// An empty table for this function.
    #[must_use]
    pub fn new(function: &'static str) -> Self {
        Self {
            function,
            dialect: Dialect::PROBLEM,
            rows: Vec::new(),
        }
    }

    /// Tells the errors of the operations that follow in another dialect than problem documents.
    #[must_use]
    pub fn in_dialect(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// Adds a GET operation.
    #[must_use]
    pub fn get<H, T>(
        self,
        path: &'static str,
        access: Access,
        effect: Effect,
        doc: Doc,
        handler: H,
    ) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        // axum lets GET answer HEAD; here a method without a route is a 404 that never writes (contract 3).
        let get = on(MethodFilter::GET, handler).on(MethodFilter::HEAD, not_found);
        self.add(Method::GET, path, access, effect, doc, get)
    }

    /// Adds a POST operation, which a slash after its path names as well: clients of the product that has these append one.
    #[must_use]
    pub fn post<H, T>(
        self,
        path: &'static str,
        access: Access,
        effect: Effect,
        doc: Doc,
        handler: H,
    ) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let post = on(MethodFilter::POST, handler);
        self.add(Method::POST, path, access, effect, doc, post)
    }

    /// Adds a DELETE operation.
    #[must_use]
    pub fn delete<H, T>(
        self,
        path: &'static str,
        access: Access,
        effect: Effect,
        doc: Doc,
        handler: H,
    ) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.add(
            Method::DELETE,
            path,
            access,
            effect,
            doc,
            on(MethodFilter::DELETE, handler),
        )
    }

    fn add(
        mut self,
        method: Method,
        path: &'static str,
        access: Access,
        effect: Effect,
        doc: Doc,
        handler: MethodRouter<S>,
    ) -> Self {
        let operation = Operation {
            function: self.function,
            method,
            path,
            access,
            effect,
            dialect: self.dialect,
            doc,
        };
        self.rows.push((operation, handler));
        self
    }

    /// The table's rows.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.rows.iter().map(|(operation, _)| operation)
    }

    /// How its errors are told.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The router: keys are checked before any argument is looked at, and every response follows contract 3.
    pub fn serve(self, state: S, gate: &Gate, telemetry: Telemetry) -> Router {
        let mut router = Router::new();
        for (operation, handler) in self.rows {
            let operation = Arc::new(operation);
            for path in operation.paths() {
                let state = (gate.clone(), Arc::clone(&operation));
                let check = middleware::from_fn_with_state(state, check_access);
                router = router.route(&path, handler.clone().layer(check));
            }
        }
        let router = router
            .fallback(not_found)
            .method_not_allowed_fallback(not_found)
            .with_state(state);
        telemetry.around(router)
    }
}

/// The route's own layer: the access decision, then the handler.
async fn check_access(
    State((gate, operation)): State<(Gate, Arc<Operation>)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Infallible> {
    if request.method() != operation.method {
        return Ok(not_found().await); // HEAD on a GET route: no operation, no key check
    }
    let admitted = gate.admit(request.headers(), &operation).await;
    let matched = MatchedOperation(operation);
    let (mut response, caller) = match admitted {
        Ok(caller) => {
            request.extensions_mut().insert(matched.clone());
            if let Some(caller) = &caller {
                caller.tell(request.extensions_mut());
            }
            (next.run(request).await, caller)
        }
        Err(refused) => (refused.error.into_response(), refused.caller),
    };
    response.extensions_mut().insert(matched);
    if let Some(caller) = caller {
        caller.tell(response.extensions_mut());
    }
    Ok(response)
}

/// What API Gateway itself answers where no route matches; never a problem document.
pub async fn not_found() -> Response {
    let body = axum::Json(serde_json::json!({ "message": "Not Found" }));
    (StatusCode::NOT_FOUND, body).into_response()
}
