//! `private_key_jwt` (RFC 7523 2.2): a short-lived assertion, signed with the key that this API publishes.

use serde::Serialize;
use shared::clock::Clock;
use shared::error::Error;
use shared::signing_keys::{LONGEST_SIGNED_LIFE, SigningKey};
use uuid::Uuid;

use super::Proof;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// RFC 7523 3.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: Uuid,
    iat: i64,
    exp: i64,
}

/// A new assertion of the client with this id.
///
/// # Errors
/// [`Error::Internal`], which a key that was parsed does not come to.
pub(super) fn proof(
    client_id: &str,
    audience: &str,
    key: &SigningKey,
    clock: &Clock,
) -> Result<Proof, Error> {
    let now = clock.now();
    let claims = Claims {
        iss: client_id,
        sub: client_id,
        aud: audience,
        jti: Uuid::new_v4(),
        iat: now.secs(),
        exp: now.plus(LONGEST_SIGNED_LIFE).secs(),
    };
    let signed = key.sign(&claims);
    let signed = signed.map_err(|error| Error::Internal(format!("client assertion: {error}")))?;
    Ok(Proof {
        authorization: None,
        parameters: vec![
            ("client_id", client_id.to_owned()),
            ("client_assertion_type", ASSERTION_TYPE.to_owned()),
            ("client_assertion", signed),
        ],
    })
}
