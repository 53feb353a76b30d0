//! What Kernel's answers mean. Whatever is not exactly what the standards say is a broken answer; none of it is ever quoted.

use axum::http::StatusCode;
use serde::Deserialize;
use shared::error::{Denial, Error};
use shared::jwe::json_object;
use shared::upstream::{Answer, FailureKind};
use shared::user::{AuthorizationId, PhoneNumber, UserId};

use super::calls::Outcome;
use super::{Endpoint, Grant, INTROSPECT, TOKEN};

/// What the log may name: RFC 6749 5.2. It says which setting is wrong.
const OAUTH_ERRORS: [&str; 6] = [
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
];

/// RFC 6749 5.1.
#[derive(Deserialize)]
struct Tokens {
    token_type: String,
    access_token: String,
}

/// RFC 6749 5.2.
#[derive(Deserialize)]
struct Refused {
    error: String,
}

/// What RFC 7662 2.2 says of a token: whether it is good, and for whom.
#[derive(Deserialize)]
struct Token {
    active: bool,
    client_id: Option<String>,
    aud: Option<Audience>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Whose login it is (contract 4.17).
#[derive(Deserialize)]
struct Person {
    sub: UserId,
    authorization_id: AuthorizationId,
    phone_number: Option<PhoneNumber>,
}

fn broken(endpoint: Endpoint, what: impl std::fmt::Display) -> Error {
    Error::Upstream(format!("{}: {what}", endpoint.name))
}

/// The answer, where there is one.
pub(super) fn answered(endpoint: Endpoint, outcome: Outcome) -> Result<Answer, Error> {
    outcome.map_err(|failure| broken(endpoint, failure))
}

/// How a try failed, if it did. A code that is refused is an answer: the person's mistake, or an attempt.
pub(super) fn failure(endpoint: Endpoint, outcome: &Outcome) -> Option<FailureKind> {
    match outcome {
        Ok(answer) if answer.status == StatusCode::OK => None,
        Ok(answer) if endpoint.path == TOKEN.path && refuses_code(answer) => None,
        outcome => Some(FailureKind::of(outcome).unwrap_or(FailureKind::UnexpectedStatus)),
    }
}

fn refuses_code(answer: &Answer) -> bool {
    answer.status == StatusCode::BAD_REQUEST && oauth_error(answer) == Some("invalid_grant")
}

/// The access token that a code was exchanged for.
pub(super) fn access_token(answer: &Answer) -> Result<String, Error> {
    if refuses_code(answer) {
        return Err(Error::InvalidArgument {
            place: "query parameter",
            name: "code".into(),
            rule: "a fresh one that was not used before: ask the assistant for a new link".into(),
        });
    }
    let tokens: Tokens = object(TOKEN, answer, "token_type and access_token are expected")?;
    if !tokens.token_type.eq_ignore_ascii_case("bearer") {
        return Err(broken(TOKEN, "token_type is not Bearer"));
    }
    let visible = tokens.access_token.bytes().all(|b| b.is_ascii_graphic());
    if tokens.access_token.is_empty() || !visible {
        return Err(broken(TOKEN, "access_token is not visible ASCII"));
    }
    Ok(tokens.access_token)
}

/// Whose login it is, if the token is good and was made for the client of this id.
pub(super) fn grant(answer: &Answer, client_id: &str) -> Result<Grant, Error> {
    let token: Token = object(
        INTROSPECT,
        answer,
        "active, client_id? and aud? are expected",
    )?;
    let ours = |id: &String| id == client_id;
    let for_us = token.client_id.as_ref().is_none_or(ours)
        && token.aud.is_none_or(|audience| match audience {
            Audience::One(one) => ours(&one),
            Audience::Many(many) => many.iter().any(ours),
        });
    if !(token.active && for_us) {
        return Err(Error::PermissionDenied(Denial::Vouching));
    }
    let expected = "sub, authorization_id and phone_number? are expected";
    let person: Person = object(INTROSPECT, answer, expected)?;
    Ok(Grant {
        user_id: person.sub,
        authorization_id: person.authorization_id,
        phone_number: person.phone_number,
    })
}

/// The JSON object of a 200.
fn object<'a, T: Deserialize<'a>>(
    endpoint: Endpoint,
    answer: &'a Answer,
    expected: &str,
) -> Result<T, Error> {
    if answer.status != StatusCode::OK {
        let error = oauth_error(answer).map(|error| format!(" {error}"));
        let status = answer.status.as_u16();
        return Err(broken(
            endpoint,
            format_args!("{status}{}", error.unwrap_or_default()),
        ));
    }
    json_object(&answer.body).ok_or_else(|| broken(endpoint, expected))
}

/// The error that the answer names, if it is one of the standard's.
fn oauth_error(answer: &Answer) -> Option<&'static str> {
    let refused: Refused = json_object(&answer.body)?;
    let mut known = OAUTH_ERRORS.into_iter();
    known.find(|known| *known == refused.error)
}
