//! The stand-in's pages, with a line on each that says what it is.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::person::{BadAccount, PERSONS, Person};
use super::request::AuthorizationRequest;
use crate::local_env::KERNEL_CLIENT_ID;
use crate::page::{STYLE, policy, respond};
use crate::parameters::Parameters;

/// Says why the browser goes nowhere.
#[derive(Template)]
#[template(path = "kernel_stand_in/error.html")]
pub(super) struct ErrorPage {
    style: &'static str,
    why: &'static str,
    /// What was sent in place of what is right.
    value: Option<String>,
}

/// Who logs in, as the form has it.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) person: String,
    pub(super) user_id: String,
    pub(super) phone_number: String,
}

/// The login page.
#[derive(Template)]
#[template(path = "kernel_stand_in/login.html")]
pub(super) struct LoginPage<'a> {
    style: &'static str,
    client_id: &'static str,
    persons: &'static [Person],
    request: &'a AuthorizationRequest,
    typed: &'a Typed,
    error: Option<String>,
    bad: Option<BadAccount>,
}

impl Typed {
    /// The choice of somebody who is typed.
    pub(super) const OTHER: &'static str = "other";

    pub(super) fn of(parameters: &Parameters) -> Self {
        let text = |name| parameters.get(name).unwrap_or_default().to_owned();
        Self {
            person: text("person"),
            user_id: text("user_id"),
            phone_number: text("phone_number"),
        }
    }
}

impl ErrorPage {
    pub(super) fn of(why: &'static str, value: Option<&str>) -> Self {
        Self {
            style: STYLE,
            why,
            value: value.map(str::to_owned),
        }
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        respond(StatusCode::BAD_REQUEST, &self, policy(&[]))
    }
}

impl<'a> LoginPage<'a> {
    pub(super) fn of(
        request: &'a AuthorizationRequest,
        typed: &'a Typed,
        bad: Option<BadAccount>,
    ) -> Self {
        Self {
            style: STYLE,
            client_id: KERNEL_CLIENT_ID,
            persons: &PERSONS,
            request,
            typed,
            error: bad.map(BadAccount::told),
            bad,
        }
    }

    /// The answer; the form may end at these addresses.
    pub(super) fn respond(&self, targets: &[String]) -> Response {
        let status = match self.bad {
            None => StatusCode::OK,
            Some(_) => StatusCode::BAD_REQUEST,
        };
        respond(status, self, policy(targets))
    }

    fn is_bad(&self, field: BadAccount) -> bool {
        self.bad == Some(field)
    }
}
