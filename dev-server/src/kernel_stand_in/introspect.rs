//! `POST /introspect`: what an access token says, and of whom (RFC 7662).

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde_json::json;

use super::Kernel;
use super::refusal::{Refusal, answer, invalid_request};
use crate::local_env::KERNEL_CLIENT_ID;

pub(super) async fn introspect(
    State(kernel): State<Arc<Kernel>>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Refusal> {
    let parameters = kernel.admit(&headers, &body).await?;
    let token = parameters.get("token");
    let token = token.ok_or(invalid_request("the token is missing"))?;
    let Some(token) = kernel.grants.token(token, kernel.desk.clock.now()) else {
        return Ok(answer(&json!({ "active": false })));
    };
    let account = &token.grant.account;
    let mut body = json!({
        "active": true,
        "client_id": KERNEL_CLIENT_ID,
        "aud": KERNEL_CLIENT_ID,
        "sub": account.user_id,
        "authorization_id": token.grant.authorization_id,
        "iat": token.issued_at.secs(),
        "exp": token.expires().secs(),
        "token_type": "Bearer",
    });
    if let Some(number) = &account.phone_number {
        body["phone_number"] = json!(number);
    }
    Ok(answer(&body))
}
