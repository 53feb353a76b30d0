//! The access tokens of Copilot Connect (contract 5): HS256 JWS whose own claim says, in milliseconds, when they end.
//!
//! There is no `exp`, so that a library's check of expiry finds nothing: the check is here. Each role has secrets of its own, so
//! that a token of one role is never taken for one of the other, whatever it says of itself.

use std::time::Duration;

use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;

use crate::client::ClientId;
use crate::clock::Timestamp;
use crate::jwt::{self, Jws};

mod document;
mod keys;
mod members;
mod refusal;
mod secrets;

pub use document::SecretsError;
use members::Members;
pub use refusal::TokenRefusal;
pub use secrets::{CopilotSecrets, SETTLING};

/// The longest token that is looked at, in bytes: the whole of a request's body.
const MAX_BYTES: usize = 8 * 1024;
/// The one version of these claims.
const VERSION: &str = "jwt1";
/// What stands for a device that nobody named, as in the product's own example.
pub const NO_DEVICE: &str = "empty";
/// How long a client's session lasts (contract 5.1).
pub const SESSION_LIFE: Duration = Duration::from_mins(10);
/// The longest that an end user's token may be set to live, in seconds.
pub const LONGEST_LIFE_SECONDS: u64 = 86_400;
/// The last instant that every reader of JSON holds exactly: 2^53.
const LAST_INSTANT: u64 = 1 << 53;

/// Whom a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An end user: `user_id` is an auraId.
    AppUser,
    /// A client's server, in a management session: `user_id` is its client's id.
    ServiceAccount,
}

impl Role {
    /// Both.
    pub const ALL: [Self; 2] = [Self::AppUser, Self::ServiceAccount];

    /// The word of the claim `user_role`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AppUser => "APPUSER",
            Self::ServiceAccount => "SERVICE_ACCOUNT",
        }
    }
}

/// What a token says.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Whom it is for.
    pub role: Role,
    /// The login's or the client's id.
    pub user_id: String,
    /// The device, [`NO_DEVICE`] where nobody named one.
    pub device_id: String,
    /// From when on it is not good.
    pub expires_at: Timestamp,
}

/// The claims, in the order in which they are made.
#[derive(Serialize)]
struct Claims<'a> {
    pwd_expired: bool,
    user_role: &'a str,
    device_id: &'a str,
    user_id: &'a str,
    expiration_time: i64,
    #[serde(rename = "jwtVersion")]
    jwt_version: &'a str,
}

impl AccessToken {
    /// The token of a session that this client begins at `now`.
    #[must_use]
    pub fn session(client: ClientId, now: Timestamp) -> Self {
        Self {
            role: Role::ServiceAccount,
            user_id: client.into(),
            device_id: NO_DEVICE.to_owned(),
            expires_at: now.plus(SESSION_LIFE),
        }
    }

    /// The signed token.
    ///
    /// # Errors
    /// When the cryptography fails, which it does not with secrets that were parsed.
    pub fn sign(
        &self,
        secrets: &CopilotSecrets,
        now: Timestamp,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            pwd_expired: false,
            user_role: self.role.as_str(),
            device_id: &self.device_id,
            user_id: &self.user_id,
            expiration_time: self.expires_at.millis(),
            jwt_version: VERSION,
        };
        let header = Header::new(Algorithm::HS256);
        jwt::encode(&header, &claims, secrets.signing(self.role, now))
    }

    /// The token in this text, if it is good by itself at `now`; whether its user is there is not looked up.
    ///
    /// # Errors
    /// [`TokenRefusal`]: the first reason why not.
    pub fn open(
        compact: &str,
        secrets: &CopilotSecrets,
        now: Timestamp,
    ) -> Result<Self, TokenRefusal> {
        let token = Self::read(compact, secrets)?;
        if token.expires_at <= now {
            return Err(TokenRefusal::Expired);
        }
        Ok(token)
    }

    /// The token in this text, also where its time is over.
    ///
    /// # Errors
    /// [`TokenRefusal`]: the first reason why not.
    pub fn read(compact: &str, secrets: &CopilotSecrets) -> Result<Self, TokenRefusal> {
        let jws = Some(compact).filter(|text| text.len() <= MAX_BYTES);
        let jws = jws.and_then(Jws::split).ok_or(TokenRefusal::Malformed)?;
        if !is_header(&jws.header_json) {
            return Err(TokenRefusal::Header);
        }
        let verified = secrets.verifying().find_map(|(role, key)| {
            let payload = jws.verified(key)?;
            Some((role, payload))
        });
        let (role, payload) = verified.ok_or(TokenRefusal::Signature)?;
        let token = Self::claimed(payload).ok_or(TokenRefusal::Claims)?;
        if token.role == role {
            Ok(token)
        } else {
            Err(TokenRefusal::Role)
        }
    }

    fn claimed(payload: &[u8]) -> Option<Self> {
        let members = Members::parse(payload)?;
        let role = members.text("user_role")?;
        let token = Self {
            role: Role::ALL.into_iter().find(|known| known.as_str() == role)?,
            user_id: members.text("user_id")?.to_owned(),
            device_id: members.text("device_id")?.to_owned(),
            expires_at: instant(members.whole_number("expiration_time")?)?,
        };
        members.is_bool("pwd_expired").then_some(())?;
        (members.text("jwtVersion")? == VERSION).then_some(token)
    }
}

fn instant(millis: u64) -> Option<Timestamp> {
    let millis = i64::try_from(millis)
        .ok()
        .filter(|_| millis <= LAST_INSTANT)?;
    Some(Timestamp::from_millis(millis))
}

/// Names the type only: a `user_id` is personal data and stays out of logs.
impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessToken")
    }
}

/// Whether this is `{"typ":"JWT","alg":"HS256"}` in any order, and no other member, not even one that is null.
fn is_header(json: &[u8]) -> bool {
    Members::parse(json).is_some_and(|members| {
        let [typ, alg] = ["typ", "alg"].map(|name| members.text(name));
        members.len() == 2 && typ == Some("JWT") && alg == Some("HS256")
    })
}

#[cfg(test)]
#[path = "access_token_tests.rs"]
mod tests;
