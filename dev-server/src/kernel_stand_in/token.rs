//! `POST /token`: exchanges a code for an access token (RFC 6749 4.1.3).

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde_json::json;

use super::Kernel;
use super::grants::TOKEN_LIFE;
use super::person::Account;
use super::refusal::{Refusal, answer, invalid_request, unsupported_grant_type};

/// The code of the sample event, which nobody has logged in for: good as often as it is sent, each time for a new consent of the
/// person that the other sample events have.
const SAMPLE_CODE: &str = "sample-code";

pub(super) async fn token(
    State(kernel): State<Arc<Kernel>>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Refusal> {
    let parameters = kernel.admit(&headers, &body).await?;
    let needed = |name, why| parameters.get(name).ok_or(invalid_request(why));
    if needed("grant_type", "the grant_type is missing")? != "authorization_code" {
        return Err(unsupported_grant_type("only authorization_code is taken"));
    }
    let code = needed("code", "the code is missing")?;
    let redirect_uri = needed("redirect_uri", "the redirect_uri is missing")?;
    let verifier = parameters.get("code_verifier");
    let now = kernel.desk.clock.now();
    let fresh = match Account::sample() {
        Ok(account) if code == SAMPLE_CODE => {
            Some((kernel.grants).consent(account, redirect_uri, None, now))
        }
        _ => None,
    };
    let code = fresh.as_deref().unwrap_or(code);
    let token = kernel.grants.exchange(code, redirect_uri, verifier, now)?;
    Ok(answer(&json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFE.as_secs(),
    })))
}
