//! Client assertions (RFC 7523 2.2, 3): a JWT by which the client proves who it is, once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::clock::Timestamp;

use super::jwk::Jwk;

/// How far ahead an assertion may expire.
const LONGEST_LIFE: Duration = Duration::from_mins(5);
/// How far ahead `iat` and `nbf` may lie, for clocks that differ.
const SKEW: Duration = Duration::from_mins(1);

/// The claims of a good assertion.
pub(super) struct Claims {
    /// Who made it, about itself.
    pub(super) client_id: String,
    /// What makes it one of its kind.
    pub(super) jti: String,
    pub(super) expires: Timestamp,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    /// Extensions that must be understood: none is.
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Payload {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: Option<i64>,
    nbf: Option<i64>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// The claims of an assertion that one of these keys signed for one of these audiences, or what is wrong with it. Whether its
/// id was seen before is for the caller to find out.
pub(super) fn check(
    assertion: &str,
    keys: &[Jwk],
    audiences: &[String],
    now: Timestamp,
) -> Result<Claims, &'static str> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err("the assertion is not a JWT");
    };
    let head: Header = json(header).ok_or("the assertion's header lacks alg or kid")?;
    if head.crit.is_some() {
        return Err("the assertion's crit is not understood");
    }
    let mut keys = keys.iter();
    let key = keys
        .find(|key| key.kid == head.kid)
        .ok_or("the assertion's kid is not published")?;
    // The published key decides; neither `none` nor HS256 is any key's.
    if key.algorithm() != Some(head.alg.as_str()) {
        return Err("the assertion's alg is not that of its key");
    }
    let signed = &assertion[..header.len() + 1 + payload.len()];
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    if !key.verifies(signed.as_bytes(), &signature) {
        return Err("the assertion's signature is wrong");
    }
    let payload: Payload = json(payload).ok_or("the assertion lacks iss, sub, aud, exp or jti")?;
    payload.check(audiences, now)
}

impl Payload {
    fn check(self, audiences: &[String], now: Timestamp) -> Result<Claims, &'static str> {
        if self.iss != self.sub {
            return Err("the assertion's iss and sub differ");
        }
        if !self.aud.has_one_of(audiences) {
            return Err("the assertion's aud is another server");
        }
        let expires = Timestamp::from_secs(self.exp);
        if expires <= now {
            return Err("the assertion has expired");
        }
        if expires > now.plus(LONGEST_LIFE) {
            return Err("the assertion lives longer than 5 minutes");
        }
        let ahead =
            |at: Option<i64>| at.is_some_and(|at| Timestamp::from_secs(at) > now.plus(SKEW));
        if ahead(self.iat) || ahead(self.nbf) {
            return Err("the assertion is not good yet");
        }
        if self.jti.is_empty() {
            return Err("the assertion's jti is empty");
        }
        Ok(Claims {
            client_id: self.sub,
            jti: self.jti,
            expires,
        })
    }
}

impl Audience {
    fn has_one_of(&self, audiences: &[String]) -> bool {
        match self {
            Self::One(one) => audiences.contains(one),
            Self::Several(several) => several.iter().any(|one| audiences.contains(one)),
        }
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
