//! The gate of Copilot Connect (contract 5): its clients come with their secret, or with the token of a session that it made.

use futures_util::future::join;
use http::HeaderMap;

use super::authorization::{NoCredentials, credentials};
use super::{Admitted, Refused};
use crate::access_token::{AccessToken, CopilotSecrets, Role, TokenRefusal};
use crate::api::Access;
use crate::cached::Stale;
use crate::client::{BasicCredentials, ClientId};
use crate::clock::Timestamp;
use crate::control::{Control, ControlData};
use crate::error::Error;
use crate::secrets::Secret;

/// What clients are checked with.
pub(super) struct Clients {
    pub(super) secrets: Secret<CopilotSecrets>,
    pub(super) control: Control,
}

/// A client that is refused: what it was asked for, and why. Clients are told one thing for all reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ClientRefused {
    /// The scheme of `Authorization` that the endpoint takes.
    pub scheme: &'static str,
    /// For logs and metrics.
    pub reason: ClientRefusal,
}

/// Why a client is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientRefusal {
    /// There is no `Authorization` header.
    #[error("missing")]
    Missing,
    /// Another scheme, or more than one header.
    #[error("scheme")]
    Scheme,
    /// Not an id and a secret in base64.
    #[error("malformed")]
    Malformed,
    /// No client of this id and secret.
    #[error("secret")]
    Secret,
    /// The token of no session, or of one that has ended.
    #[error("token-{0}")]
    Token(TokenRefusal),
}

impl Clients {
    /// Reads the secrets and the list ahead of the first request.
    pub(super) async fn warm(&self) -> [Option<Stale>; 2] {
        let (secrets, control) = join(self.secrets.get(), self.control.current()).await;
        [secrets.err(), control.err()]
    }

    /// Decides which client calls, by what its class of endpoint asks for.
    pub(super) async fn admit(
        &self,
        headers: &HeaderMap,
        access: Access,
        now: impl FnOnce() -> Timestamp,
    ) -> Result<ClientId, Refused> {
        let scheme = if access == Access::Client {
            "Basic"
        } else {
            "Bearer"
        };
        let refused =
            |reason| Refused::unnamed(Error::ClientRefused(ClientRefused { scheme, reason }));
        let presented = credentials(headers, scheme).map_err(|none| {
            refused(match none {
                NoCredentials::Missing => ClientRefusal::Missing,
                NoCredentials::Scheme => ClientRefusal::Scheme,
            })
        })?;
        // At once: where both are old, the request waits for the slower one only.
        let (secrets, control) = join(self.secrets.get(), self.control.current()).await;
        let unavailable = |stale: Stale| Refused::unnamed(stale.into());
        let (secrets, control) = (secrets.map_err(unavailable)?, control.map_err(unavailable)?);
        if access == Access::Client {
            return by_secret(presented, &secrets, &control).map_err(refused);
        }
        let session = by_session(presented, &secrets, &control, now());
        session.map_err(|(reason, client)| Refused {
            caller: client.map(Admitted::Client),
            ..refused(ClientRefusal::Token(reason))
        })
    }
}

/// By id and secret; an unknown id costs the same work as a wrong secret.
fn by_secret(
    presented: &str,
    secrets: &CopilotSecrets,
    control: &ControlData,
) -> Result<ClientId, ClientRefusal> {
    let credentials = BasicCredentials::parse(presented).ok_or(ClientRefusal::Malformed)?;
    let kept = control.client(&credentials.id);
    let kept = kept.map(|client| &client.secret_digest);
    if secrets.pepper().is_secret_of(&credentials.secret, kept) {
        Ok(credentials.id)
    } else {
        Err(ClientRefusal::Secret)
    }
}

/// By the token of a session, which ends with its client. A refusal names the client as far as a secret vouches for it.
fn by_session(
    presented: &str,
    secrets: &CopilotSecrets,
    control: &ControlData,
    now: Timestamp,
) -> Result<ClientId, (TokenRefusal, Option<ClientId>)> {
    let token = AccessToken::read(presented, secrets).map_err(|refusal| (refusal, None))?;
    if token.role != Role::ServiceAccount {
        return Err((TokenRefusal::Role, None));
    }
    let id = ClientId::parse(&token.user_id).ok_or((TokenRefusal::Claims, None))?;
    if token.expires_at <= now {
        return Err((TokenRefusal::Expired, Some(id)));
    }
    match control.client(&id) {
        Some(_) => Ok(id),
        None => Err((TokenRefusal::Gone, Some(id))),
    }
}
