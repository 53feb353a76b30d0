//! What persons have granted: codes and access tokens, in memory, and the assertions that were seen.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::clock::Timestamp;
use shared::sealed_state::CodeVerifier;
use uuid::Uuid;

use super::code_challenge::CodeChallenge;
use super::person::Account;
use super::refusal::{Refusal, invalid_grant};
use crate::random;

/// How long a code is good.
const CODE_LIFE: Duration = Duration::from_mins(1);
/// How long an access token is good.
pub(super) const TOKEN_LIFE: Duration = Duration::from_mins(10);

/// One consent.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) account: Account,
    /// The handle of the grant, another one for each consent.
    pub(super) authorization_id: Uuid,
}

/// What the code is exchanged for, and by whom: the client is always the one there is.
struct Code {
    grant: Grant,
    redirect_uri: String,
    challenge: Option<CodeChallenge>,
    made_at: Timestamp,
    /// What was asked for with it already.
    spent: Option<Spent>,
}

/// The token that a spent code was exchanged for, if it was.
struct Spent(Option<String>);

/// An access token.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) grant: Grant,
    pub(super) issued_at: Timestamp,
}

impl Token {
    pub(super) fn expires(&self) -> Timestamp {
        self.issued_at.plus(TOKEN_LIFE)
    }
}

#[derive(Default)]
struct Kept {
    codes: HashMap<String, Code>,
    tokens: HashMap<String, Token>,
    /// By `jti`, until they expire.
    assertions: HashMap<String, Timestamp>,
}

/// All that is granted.
#[derive(Default)]
pub(super) struct Grants(Mutex<Kept>);

impl Grants {
    /// A code for a new consent of this person.
    pub(super) fn consent(
        &self,
        account: Account,
        redirect_uri: &str,
        challenge: Option<CodeChallenge>,
        now: Timestamp,
    ) -> String {
        let code = random::text();
        let grant = Grant {
            account,
            authorization_id: Uuid::new_v4(),
        };
        let kept = Code {
            grant,
            redirect_uri: redirect_uri.to_owned(),
            challenge,
            made_at: now,
            spent: None,
        };
        self.lock(now).codes.insert(code.clone(), kept);
        code
    }

    /// Exchanges a code for an access token. Whatever comes of it, the code is spent.
    pub(super) fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let mut kept = self.lock(now);
        let Kept { codes, tokens, .. } = &mut *kept;
        let code = codes.get_mut(code);
        let code = code.ok_or(invalid_grant("the code is unknown or too old"))?;
        if let Some(Spent(token)) = &code.spent {
            // Who shows it twice may have stolen it: what it was exchanged for goes too (RFC 6749 4.1.2).
            token.as_ref().map(|token| tokens.remove(token));
            return Err(invalid_grant("the code was used before"));
        }
        code.spent = Some(Spent(None));
        code.check(redirect_uri, verifier, now)?;
        let token = random::text();
        code.spent = Some(Spent(Some(token.clone())));
        let kept = Token {
            grant: code.grant.clone(),
            issued_at: now,
        };
        tokens.insert(token.clone(), kept);
        Ok(token)
    }

    /// The token, if it is good.
    pub(super) fn token(&self, token: &str, now: Timestamp) -> Option<Token> {
        self.lock(now).tokens.get(token).cloned()
    }

    /// Whether an assertion of this id is new; it is not any more from then on.
    pub(super) fn is_new(&self, jti: &str, expires: Timestamp, now: Timestamp) -> bool {
        let mut kept = self.lock(now);
        kept.assertions.insert(jti.to_owned(), expires).is_none()
    }

    /// What is kept, without what nobody can use any more.
    fn lock(&self, now: Timestamp) -> MutexGuard<'_, Kept> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A spent code tells of a theft for as long as its token lives.
        kept.codes
            .retain(|_, code| code.made_at.plus(CODE_LIFE).plus(TOKEN_LIFE) > now);
        kept.tokens.retain(|_, token| token.expires() > now);
        kept.assertions.retain(|_, expires| *expires > now);
        kept
    }
}

impl Code {
    fn check(
        &self,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.made_at.plus(CODE_LIFE) <= now {
            return Err(invalid_grant("the code is unknown or too old"));
        }
        if self.redirect_uri != redirect_uri {
            return Err(invalid_grant(
                "the redirect_uri is not that of the authorization",
            ));
        }
        let Some(challenge) = &self.challenge else {
            let needless = invalid_grant("a code_verifier, but there was no code_challenge");
            return verifier.map_or(Ok(()), |_| Err(needless));
        };
        let verifier = verifier.ok_or(invalid_grant("the code_verifier is missing"))?;
        let verifier = CodeVerifier::parse(verifier);
        let fits = verifier.is_some_and(|verifier| CodeChallenge::of(&verifier) == *challenge);
        fits.then_some(()).ok_or(invalid_grant(
            "the code_verifier is not that of the code_challenge",
        ))
    }
}
