//! Copilot Connect as its clients use it, and tokens made past the code under test.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use shared::access_token::{CopilotSecrets, Role};
use shared::client::BasicCredentials;
use shared::clock::Timestamp;
use shared::control::RegisteredClient;

use crate::answer::Answer;
use crate::desk::{self, Desk};

/// Contract 5.1.
pub const CREATE_SESSION: &str = "/v2/api/management/copilot_connect/auth/token";
/// Contract 5.2.
pub const AUTHENTICATE: &str = "/v2/api/management/copilot_connect/authenticate";
/// Contract 5.3.
pub const GENERATE: &str = "/v2/api/management/copilot_your_own/generate_user_auth_key";
/// The client that every desk has.
pub const CLIENT: &str = "ABABABABQQIRZ";
/// Its secret, as in the product's own example.
pub const CLIENT_SECRET: &str = "k9H2Nd3T5j5EW2Fu160l11Hal3x3oa";
/// The body that asks for a session.
pub const GRANT: &str = r#"{"grant_type":"client_credentials"}"#;
/// What is found of a token that is not good (contract 5.2).
pub const NOT_VALID: &str = r#"{"is_token_valid":false,"to_client_response":{"http_code":401,"http_body":{"error_code":401,"reason":"auth.unauthorized","error_message":""}},"user_id":null,"user_role":null}"#;
/// What a client is told that is not let in (contract 5.2).
pub const UNAUTHORIZED: &str = r#"{"reason":"AUTH.UNAUTHORIZED","error_message":""}"#;
/// The header of every token.
pub const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

/// What is found of a token that is good.
#[must_use]
pub fn valid(user_id: &str, role: Role) -> String {
    format!(
        r#"{{"is_token_valid":true,"to_client_response":null,"user_id":"{user_id}","user_role":"{}"}}"#,
        role.as_str()
    )
}

/// HS256 by RFC 7515 and RFC 2104, past the code under test.
///
/// # Panics
/// Never: HMAC takes keys of any length.
#[must_use]
pub fn signed(secret: &[u8], header: &str, payload: &str) -> String {
    let [header, payload] = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part));
    let message = format!("{header}.{payload}");
    let mac = Hmac::<Sha256>::new_from_slice(secret);
    let mut mac = mac.unwrap_or_else(|error| panic!("{error}"));
    mac.update(message.as_bytes());
    let tag = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{message}.{tag}")
}

/// The value of `Authorization` for this client.
#[must_use]
pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// Sends a POST with this `Authorization` and body.
pub async fn post(
    router: &Router,
    path: &str,
    authorization: &str,
    body: impl Into<Body>,
) -> Answer {
    let headers = [
        ("authorization", authorization.as_bytes()),
        ("content-type", b"application/json"),
    ];
    desk::send_body(router, "POST", path, &headers, body.into()).await
}

/// The body that asks about this token.
#[must_use]
pub fn asking(token: &str) -> String {
    json!({ "access_token": format!("Bearer {token}") }).to_string()
}

/// A client with this id and secret.
///
/// # Panics
/// When they are none.
#[must_use]
pub fn client(
    secrets: &CopilotSecrets,
    id: &str,
    secret: &str,
    now: Timestamp,
) -> RegisteredClient {
    let authorization = basic(id, secret);
    let credentials = BasicCredentials::parse(&authorization["Basic ".len()..]);
    let credentials = credentials.unwrap_or_else(|| panic!("no credentials: {id}:{secret}"));
    RegisteredClient {
        name: "A maker".to_owned(),
        secret_digest: secrets.pepper().digest(&credentials.secret),
        id: credentials.id,
        created_at: now,
        revoked_at: None,
    }
}

impl Desk {
    /// Another client, which every function knows: its `Authorization` value.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn client(&self, id: &str, secret: &str) -> String {
        let client = client(&self.copilot_secrets(), id, secret, self.clock.now());
        let added = self.control().add_client(&client).await;
        added.unwrap_or_else(|error| panic!("{error}"));
        self.clock.advance(Duration::from_millis(5001));
        basic(id, secret)
    }

    /// The secrets in force.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn copilot_secrets(&self) -> CopilotSecrets {
        let text = self.secrets.get(&self.names.copilot_secret);
        CopilotSecrets::parse(&text.unwrap_or_default()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Puts other secrets in their place.
    ///
    /// # Panics
    /// When that fails.
    pub fn put_copilot_secrets(&self, secrets: &CopilotSecrets) {
        let (name, now) = (&self.names.copilot_secret, self.clock.now().secs());
        let put = self
            .secrets
            .put(name, secrets.to_json().to_string(), None, now);
        put.unwrap_or_else(|error| panic!("{error}"));
    }

    /// The bytes of this role's current secret.
    ///
    /// # Panics
    /// When it is not in base64url.
    #[must_use]
    pub fn copilot_secret(&self, role: Role) -> Vec<u8> {
        let secrets = self.copilot_secrets();
        let secret = URL_SAFE_NO_PAD.decode(secrets.expose_signing(role, self.clock.now()));
        secret.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The claims of a good token of this role for five minutes.
    #[must_use]
    pub fn claims(&self, role: Role, user_id: &str) -> Value {
        json!({
            "pwd_expired": false, "user_role": role.as_str(), "device_id": "empty", "user_id": user_id,
            "expiration_time": self.clock.now().millis() + 300_000, "jwtVersion": "jwt1",
        })
    }

    /// A good token of this role for five minutes, made past the code under test.
    #[must_use]
    pub fn token(&self, role: Role, user_id: &str) -> String {
        let claims = self.claims(role, user_id).to_string();
        signed(&self.copilot_secret(role), HEADER, &claims)
    }

    /// The `Authorization` value of a session of the client that every desk has.
    #[must_use]
    pub fn session(&self) -> String {
        format!("Bearer {}", self.token(Role::ServiceAccount, CLIENT))
    }

    /// Sends this to Copilot Connect.
    pub async fn post(&self, path: &str, authorization: &str, body: impl Into<Body>) -> Answer {
        post(&self.router, path, authorization, body).await
    }

    /// Asks about a token in a session.
    pub async fn authenticate(&self, token: &str) -> Answer {
        self.post(AUTHENTICATE, &self.session(), asking(token))
            .await
    }

    /// Registers a user of the app, and returns the auraId.
    pub async fn user(&self, person: &str) -> String {
        self.register(person, "grant-1", "app", None)
            .await
            .text("auraId")
    }
}
