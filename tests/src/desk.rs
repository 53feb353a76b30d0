//! The bundle as the dev server has it, without its ports: an engine in memory, secrets, every function's router.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use dev_server::bundle::{Bundle, bundle};
use dev_server::local_env::{ENVIRONMENT, LocalEnv};
use dev_server::secrets_stand_in::SecretsStandIn;
use shared::api_key::Scope;
use shared::aws::Clients;
use shared::control::ControlEditor;
use shared::key_ring::KeyRing;
use shared::metrics::Flusher;
use shared::names::Names;
use tower::ServiceExt;

use crate::answer::Answer;
use crate::keys;
use crate::proxy::Proxy;
use crate::test_clock::TestClock;

mod parts;

use parts::{direct_line_stand_in, furnished, kernel_stand_in, listener, serve};

/// Where the functions take the API to be.
pub const BASE_URL: &str = "https://api.example";

/// A whole deployment in this process.
pub struct Desk {
    /// Every function behind one front.
    pub router: Router,
    /// What each function has counted.
    pub flushers: Vec<Flusher>,
    /// The time that the functions see.
    pub clock: TestClock,
    /// What stands between the functions and the AWS endpoint.
    pub proxy: Proxy,
    /// What stands between the functions and Kernel's stand-in.
    pub kernel: Proxy,
    /// Kernel's stand-in, past the proxy: where people log in.
    pub kernel_stand_in: Router,
    /// What stands between the functions and Direct Line's stand-in.
    pub direct_line: Proxy,
    /// The secrets, past the functions.
    pub secrets: Arc<SecretsStandIn>,
    /// A client of the engine, past the proxy.
    pub dynamodb: Client,
    /// The names of tables and secrets.
    pub names: Names,
    /// The variables of the functions.
    pub env: LocalEnv,
    /// The address of the AWS endpoint, past the proxy.
    pub aws_url: String,
}

impl Desk {
    /// A new deployment with nobody in it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start() -> Self {
        let (clock, names) = (TestClock::start(), Names::of(ENVIRONMENT));
        let (secrets, aws_url) = furnished(&names, &clock).await;
        let dynamodb = clients(&aws_url).dynamodb;
        let proxy = Proxy::start(&aws_url).await;
        let (kernel_port, kernel_url) = listener().await;
        let kernel = Proxy::start(&kernel_url).await;
        let (direct_line_port, direct_line_url) = listener().await;
        serve(
            direct_line_port,
            &direct_line_stand_in(&direct_line_url, &secrets, &clock),
        );
        let direct_line = Proxy::start(&direct_line_url).await;
        let env = LocalEnv {
            kernel_url: kernel.url().to_owned(),
            direct_line_url: direct_line.url().to_owned(),
            ..local_env(proxy.url())
        };
        let router = bundle(|name| env.variables(name), &clock.clock()).await;
        let Bundle { router, flushers } = router.unwrap_or_else(|error| panic!("{error}"));
        let stand_in = kernel_stand_in(&secrets, &env, &router, &clock);
        serve(kernel_port, &stand_in);
        let desk = Self {
            router,
            flushers,
            clock,
            proxy,
            kernel,
            kernel_stand_in: stand_in,
            direct_line,
            secrets,
            dynamodb,
            names,
            env,
            aws_url,
        };
        drop(desk.proxy.take_calls());
        drop(desk.direct_line.take_calls());
        desk
    }

    /// Another set of instances of every function, as Lambda starts them: the same store, their own caches and connections.
    ///
    /// # Panics
    /// When they cannot be started.
    pub async fn more_instances(&self) -> Router {
        let router = bundle(|name| self.env.variables(name), &self.clock.clock()).await;
        router.unwrap_or_else(|error| panic!("{error}")).router
    }

    /// The key ring in force.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn key_ring(&self) -> KeyRing {
        let text = self
            .secrets
            .get(&self.names.key_ring_secret)
            .unwrap_or_default();
        KeyRing::parse(&text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// An `Authorization` value of this scope for this app.
    #[must_use]
    pub fn key(&self, app: &str, scope: Scope) -> String {
        keys::authorization(
            &keys::payload(app, scope, self.clock.now()),
            &self.key_ring(),
        )
    }

    /// aura-bot's `Authorization` value.
    #[must_use]
    pub fn bot(&self) -> String {
        self.key("aura-bot", Scope::Internal)
    }

    /// Kernel's `Authorization` value.
    #[must_use]
    pub fn kernel(&self) -> String {
        self.key("kernel", Scope::Kernel)
    }

    /// Edits control data, past the functions.
    #[must_use]
    pub fn control(&self) -> ControlEditor {
        ControlEditor::new(self.dynamodb.clone(), self.names.users_table.clone())
    }

    /// Sends a request with these headers, values as bytes so that bad ones can be sent too.
    ///
    /// # Panics
    /// When the request itself cannot be made.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &[u8])]) -> Answer {
        send(&self.router, method, path, headers).await
    }

    /// Sends a request with these headers.
    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let headers: Vec<(&str, &[u8])> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        self.send(method, path, &headers).await
    }

    /// Registers by contract 4.1.
    pub async fn register(
        &self,
        user: &str,
        authorization: &str,
        channel: &str,
        number: Option<&str>,
    ) -> Answer {
        let key = self.kernel();
        let mut headers = vec![
            ("authorization", key.as_str()),
            ("x-user-id", user),
            ("x-authorization-id", authorization),
            ("x-channel-id", channel),
        ];
        headers.extend(number.map(|number| ("x-phone-number", number)));
        self.call("GET", "/users/aura-id", &headers).await
    }

    /// Reads by contract 4.7.
    pub async fn get_user(&self, aura_id: &str) -> Answer {
        self.call(
            "GET",
            &format!("/users/{aura_id}"),
            &[("authorization", &self.bot())],
        )
        .await
    }

    /// Erases by contract 4.4.
    pub async fn erase(&self, number: &str) -> Answer {
        let path = format!("/admin/users/phone-numbers/{number}");
        self.call("DELETE", &path, &[("authorization", &self.kernel())])
            .await
    }
}

/// Sends a request to a router.
///
/// # Panics
/// When the request itself cannot be made.
pub async fn send(router: &Router, method: &str, path: &str, headers: &[(&str, &[u8])]) -> Answer {
    send_body(router, method, path, headers, Body::empty()).await
}

/// Sends a request with a body to a router.
///
/// # Panics
/// When the request itself cannot be made.
pub async fn send_body(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &[u8])],
    body: Body,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(body)
        .unwrap_or_else(|error| panic!("bad request: {error}"));
    let response = router
        .clone()
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {});
    Answer::read(response).await
}

/// Clients of an AWS endpoint.
///
/// # Panics
/// When they cannot be made.
#[must_use]
pub fn clients(aws_url: &str) -> Clients {
    Clients::from_env(&local_env(aws_url).variables("tests"))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The variables for functions on this AWS endpoint.
#[must_use]
pub fn local_env(aws_url: &str) -> LocalEnv {
    LocalEnv {
        endpoint_url: aws_url.to_owned(),
        base_url: BASE_URL.to_owned(),
        kernel_url: "https://kernel.example".to_owned(),
        direct_line_url: "https://directline.example".to_owned(),
        access_key_id: "local".to_owned(),
        secret_access_key: "local".to_owned(),
    }
}
