//! `GET /openid/issuer/.well-known/openid-configuration` (contract 4.11): OpenID Connect Discovery 1.0, section 3.

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;
use shared::api::Doc;
use shared::error::Error;
use shared::etag;

use crate::Openid;
use crate::document::{self, IF_NONE_MATCH};

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "get_openid_configuration",
    summary: "Get the OpenID configuration",
    description: "OpenID Connect Discovery 1.0: the issuer, where its public keys are, and the endpoints of Kernel, which logs people in.",
    parameters: &[IF_NONE_MATCH],
    body: None,
    success: (200, Some("OpenidConfiguration")),
    errors: &[],
};

/// The members that OpenID Connect Discovery 1.0 requires of a provider with the code flow.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenidConfiguration {
    /// The issuer: this document's address without its last two segments.
    issuer: String,
    /// Kernel's, where people log in.
    authorization_endpoint: String,
    /// Kernel's, where codes are exchanged.
    token_endpoint: String,
    /// Where the public keys are.
    jwks_uri: String,
    /// `code`.
    response_types_supported: [&'static str; 1],
    /// `public`.
    subject_types_supported: [&'static str; 1],
    /// What a signature can be made with.
    id_token_signing_alg_values_supported: [&'static str; 2],
}

pub(crate) async fn get_openid_configuration(
    State(state): State<Openid>,
    request: Request,
) -> Result<Response, Error> {
    let base = state.base.of(request.extensions())?;
    let body = serde_json::to_vec(&configuration(&base, &state.kernel.url));
    let body = body.map_err(|error| Error::Internal(error.to_string()))?;
    let etag = etag::strong(&body);
    Ok(document::respond(body.into(), &etag, request.headers()))
}

fn configuration(base: &str, kernel: &str) -> OpenidConfiguration {
    OpenidConfiguration {
        issuer: format!("{base}/openid/issuer"),
        authorization_endpoint: format!("{kernel}/authorize"),
        token_endpoint: format!("{kernel}/token"),
        jwks_uri: format!("{base}/openid/jwk"),
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256", "ES256"],
    }
}
