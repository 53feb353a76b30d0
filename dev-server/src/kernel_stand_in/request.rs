//! What an authorization request asks for (RFC 6749 4.1.1, RFC 7636 4.3), and what is wrong with one that is refused.

use super::code_challenge::CodeChallenge;
use super::page::ErrorPage;
use user_registration::LOGIN_CALLBACK;

use super::Kernel;
use crate::local_env::KERNEL_CLIENT_ID;
use crate::parameters::{Parameters, with_query};

/// A sound request.
pub(super) struct AuthorizationRequest {
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) challenge: Option<CodeChallenge>,
    pub(super) scope: Option<String>,
    /// The languages that the person reads (OpenID Connect Core 3.1.2.1).
    pub(super) ui_locales: Option<String>,
}

/// Why there is no login page.
pub(super) enum Unsound {
    /// Nobody knows whom the browser would be sent to: it stays here (RFC 6749 4.1.2.1).
    Stays(ErrorPage),
    /// The client is told, by way of the browser.
    GoesBack(String),
}

impl AuthorizationRequest {
    /// The request with these parameters.
    pub(super) fn read(kernel: &Kernel, parameters: &Parameters) -> Result<Self, Unsound> {
        let stays = |why, value| Unsound::Stays(ErrorPage::of(why, value));
        let client_id = parameters.get("client_id");
        if client_id != Some(KERNEL_CLIENT_ID) {
            let why = "The client_id is not that of the one client here:";
            return Err(stays(why, client_id));
        }
        let redirect_uri = parameters.get("redirect_uri");
        let known = redirect_uri.filter(|uri| kernel.is_callback(uri, LOGIN_CALLBACK));
        let Some(redirect_uri) = known else {
            let why = "The redirect_uri is not the API's login callback:";
            return Err(stays(why, redirect_uri));
        };
        let state = parameters.get("state");
        let goes_back = |error, why| {
            let answer = [
                ("error", Some(error)),
                ("error_description", Some(why)),
                ("state", state),
            ];
            Unsound::GoesBack(with_query(redirect_uri, &answer))
        };
        let invalid = |why| goes_back("invalid_request", why);
        match parameters.get("response_type") {
            Some("code") => {}
            Some(_) => return Err(goes_back("unsupported_response_type", "only code is given")),
            None => return Err(invalid("the response_type is missing")),
        }
        let state = state.ok_or_else(|| invalid("the state is missing"))?;
        let challenge = challenge(parameters).map_err(invalid)?;
        let text = |name| parameters.get(name).map(str::to_owned);
        Ok(Self {
            redirect_uri: redirect_uri.to_owned(),
            state: state.to_owned(),
            challenge,
            scope: text("scope"),
            ui_locales: text("ui_locales"),
        })
    }

    /// The address that tells the client what came of it.
    pub(super) fn back(&self, outcome: &[(&str, Option<&str>)]) -> String {
        let state = ("state", Some(self.state.as_str()));
        with_query(&self.redirect_uri, &[outcome, &[state]].concat())
    }
}

fn challenge(parameters: &Parameters) -> Result<Option<CodeChallenge>, &'static str> {
    let method = parameters.get("code_challenge_method");
    match (parameters.get("code_challenge"), method) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err("the code_challenge is missing"),
        (Some(challenge), Some("S256")) => CodeChallenge::parse(challenge)
            .map(Some)
            .ok_or("the code_challenge is not a SHA-256 in base64url"),
        // Without a method it would be `plain`.
        (Some(_), _) => Err("the code_challenge_method must be S256"),
    }
}
