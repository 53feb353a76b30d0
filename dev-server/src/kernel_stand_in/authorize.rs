//! `/authorize`: shows the login page, and sends the browser back with a code or a refusal (RFC 6749 4.1).
//!
//! The page carries the whole request in its form, which is checked again: nothing is kept for those who never decide.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::Kernel;
use super::page::{ErrorPage, LoginPage, Typed};
use super::person::{Account, BadAccount, PERSONS};
use super::request::{AuthorizationRequest, Unsound};
use crate::parameters::Parameters;

/// The login page.
pub(super) async fn ask(
    State(kernel): State<Arc<Kernel>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Unsound> {
    let parameters = parse(&query.unwrap_or_default())?;
    let request = AuthorizationRequest::read(&kernel, &parameters)?;
    let first = Typed {
        person: PERSONS[0].user_id.to_owned(),
        ..Typed::default()
    };
    Ok(kernel.login_page(&request, first, None).await)
}

/// What the person decided.
pub(super) async fn decide(
    State(kernel): State<Arc<Kernel>>,
    form: String,
) -> Result<Response, Unsound> {
    let parameters = parse(&form)?;
    let request = AuthorizationRequest::read(&kernel, &parameters)?;
    if parameters.get("decision") != Some("consent") {
        let refusal = [
            ("error", Some("access_denied")),
            ("error_description", Some("the person refused")),
        ];
        return Ok(Redirect::to(&request.back(&refusal)).into_response());
    }
    let account = match account(&parameters) {
        Ok(account) => account,
        Err(bad) => {
            let typed = Typed::of(&parameters);
            return Ok(kernel.login_page(&request, typed, Some(bad)).await);
        }
    };
    let (challenge, now) = (request.challenge.clone(), kernel.desk.clock.now());
    let code = (kernel.grants).consent(account, &request.redirect_uri, challenge, now);
    let back = request.back(&[("code", Some(&code))]);
    Ok(Redirect::to(&back).into_response())
}

fn parse(text: &str) -> Result<Parameters, Unsound> {
    let repeated = |_| Unsound::Stays(ErrorPage::of("A parameter is given more than once.", None));
    Parameters::parse(text).map_err(repeated)
}

/// Who was chosen or typed.
fn account(parameters: &Parameters) -> Result<Account, BadAccount> {
    let chosen = parameters.get("person").ok_or(BadAccount::Nobody)?;
    if chosen == Typed::OTHER {
        let user_id = parameters.get("user_id").unwrap_or_default();
        let phone_number = parameters.get("phone_number").map(str::trim);
        return Account::parse(user_id.trim(), phone_number);
    }
    let person = PERSONS.iter().find(|person| person.user_id == chosen);
    let person = person.ok_or(BadAccount::Nobody)?;
    Account::parse(person.user_id, person.phone_number)
}

impl Kernel {
    async fn login_page(
        &self,
        request: &AuthorizationRequest,
        typed: Typed,
        bad: Option<BadAccount>,
    ) -> Response {
        let mut targets = self.desk.api_bases.clone();
        if let Some(channels) = &self.desk.channels {
            // Without them the browser may stop at the callback, which is no reason not to show the page.
            let channels = channels.channels().await.unwrap_or_default();
            targets.extend(channels.into_iter().flat_map(|channel| channel.redirects));
        }
        LoginPage::of(request, &typed, bad).respond(&targets)
    }
}

impl IntoResponse for Unsound {
    fn into_response(self) -> Response {
        match self {
            Self::Stays(page) => page.into_response(),
            Self::GoesBack(to) => Redirect::to(&to).into_response(),
        }
    }
}
