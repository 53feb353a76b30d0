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

use crate::api_key::Scope;
use crate::extract::Argument;
use crate::gate::Gate;
use crate::telemetry;

/// Who may call an operation (contract 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// APIKeys made for aura-groot and aura-bot.
    Internal,
    /// APIKeys made for Kernel.
    Kernel,
    /// Either of the two.
    InternalOrKernel,
    /// Every valid APIKey of this environment.
    Public,
}

impl Access {
    /// Whether a valid key of this scope may call.
    #[must_use]
    pub fn admits(self, scope: Scope) -> bool {
        match self {
            Self::Internal => scope == Scope::Internal,
            Self::Kernel => scope == Scope::Kernel,
            Self::InternalOrKernel => scope != Scope::Public,
            Self::Public => true,
        }
    }
}

/// Whether an operation changes anything: keys of mode `r` may call only those that read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Reads,
    /// May change something.
    Writes,
}

/// One header or path parameter, as the documents describe it.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Whether it stands in the path; otherwise it is a header.
    pub in_path: bool,
    /// Whether the call is refused without it.
    pub required: bool,
    /// What it must be, for people.
    pub rule: &'static str,
    /// What it must be, as an ECMA-262 pattern.
    pub pattern: &'static str,
}

impl Parameter {
    /// A required header.
    #[must_use]
    pub const fn header<T: Argument>() -> Self {
        Self {
            name: T::HEADER,
            in_path: false,
            required: true,
            rule: T::RULE,
            pattern: T::PATTERN,
        }
    }

    /// A header that may be absent.
    #[must_use]
    pub const fn optional_header<T: Argument>() -> Self {
        Self {
            required: false,
            ..Self::header::<T>()
        }
    }

    /// The path parameter of this name.
    #[must_use]
    pub const fn path<T: Argument>(name: &'static str) -> Self {
        Self {
            name,
            in_path: true,
            ..Self::header::<T>()
        }
    }
}

/// What the documents say of an operation, beside its route.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    /// The operation's one name, everywhere: `<verb>_<resource>[_<modifier>]`.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What to know when calling it.
    pub description: &'static str,
    /// Its headers and path parameters.
    pub parameters: &'static [Parameter],
    /// The status of success, and the name of the body's schema.
    pub success: (u16, Option<&'static str>),
    /// The statuses it answers beside those that every operation has.
    pub errors: &'static [u16],
}

/// A row of the route table.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The function that serves it.
    pub function: &'static str,
    /// The method; HEAD and OPTIONS are never answered in its place.
    pub method: Method,
    /// The path, in the syntax that API Gateway and axum share.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether it writes.
    pub effect: Effect,
    /// The rest.
    pub doc: Doc,
}

/// The operation that a request matched: in the request for the extractors, in the response for telemetry.
#[derive(Clone)]
pub struct MatchedOperation(pub Arc<Operation>);

/// A function's route table; `S` is the state of its handlers.
pub struct Routes<S> {
    function: &'static str,
    rows: Vec<(Operation, MethodRouter<S>)>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// An empty table for this function.
    #[must_use]
    pub fn new(function: &'static str) -> Self {
        Self {
            function,
            rows: Vec::new(),
        }
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
            doc,
        };
        self.rows.push((operation, handler));
        self
    }

    /// The table's rows.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.rows.iter().map(|(operation, _)| operation)
    }

    /// The router: keys are checked before any argument is looked at, and every response follows contract 3.
    #[must_use]
    pub fn serve(self, state: S, gate: &Gate) -> Router {
        let mut router = Router::new();
        for (operation, handler) in self.rows {
            let path = operation.path;
            let check =
                middleware::from_fn_with_state((gate.clone(), Arc::new(operation)), check_access);
            router = router.route(path, handler.layer(check));
        }
        let router = router
            .fallback(not_found)
            .method_not_allowed_fallback(not_found)
            .with_state(state);
        telemetry::layer(router, gate.clock().clone())
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
    let matched = MatchedOperation(Arc::clone(&operation));
    let mut response = match gate.admit(request.headers(), &operation).await {
        Ok(caller) => {
            request.extensions_mut().insert(matched.clone());
            request.extensions_mut().insert(caller.clone());
            let mut response = next.run(request).await;
            response.extensions_mut().insert(caller);
            response
        }
        Err(error) => error.into_response(),
    };
    response.extensions_mut().insert(matched);
    Ok(response)
}

/// What API Gateway itself answers where no route matches; never a problem document.
pub async fn not_found() -> Response {
    let body = axum::Json(serde_json::json!({ "message": "Not Found" }));
    (StatusCode::NOT_FOUND, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_admit_whom_the_contract_says() {
        let table = [
            (Access::Internal, [true, false, false]),
            (Access::Kernel, [false, true, false]),
            (Access::InternalOrKernel, [true, true, false]),
            (Access::Public, [true, true, true]),
        ];
        for (access, admitted) in table {
            let answers =
                [Scope::Internal, Scope::Kernel, Scope::Public].map(|scope| access.admits(scope));
            assert_eq!(answers, admitted, "{access:?}");
        }
    }
}
