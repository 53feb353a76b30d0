//! What a visit gets in the end: a redirect to the channel's own page where its list allows it, else a page or JSON.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{LOCATION, REFERRER_POLICY};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::{Opened, Visit};
use crate::error::Error;
use crate::redirect;
use crate::result_page::{self, Language, Told};
use crate::sealed_state::Locale;

impl Visit {
    /// The answer where there is no good state: nothing that a state says is listened to.
    #[must_use]
    pub fn refused(&self, error: Error) -> Response {
        private(self.error(error, None))
    }

    fn error(&self, error: Error, locale: Option<&Locale>) -> Response {
        if !result_page::is_asked_for(&self.headers) {
            return error.into_response();
        }
        result_page::of_error(error, Language::choose(locale, &self.headers))
    }
}

impl Opened {
    /// The answer to a visit that did what it came for: `told` to a person, `body` to a program.
    #[must_use]
    pub fn done(&self, visit: &Visit, told: &Told<'_>, body: impl Serialize) -> Response {
        private(if let Some(redirect) = self.redirect(None) {
            redirect
        } else if result_page::is_asked_for(&visit.headers) {
            let language = Language::choose(self.state.locale.as_ref(), &visit.headers);
            result_page::page(StatusCode::OK, language, told)
        } else {
            Json(body).into_response()
        })
    }

    /// The answer to a visit that failed. A state that turned out to be used is as bad as any other.
    #[must_use]
    pub fn failed(&self, visit: &Visit, error: Error) -> Response {
        if let Error::BadState(_) = error {
            return visit.refused(error);
        }
        private(match self.redirect(Some(error.code())) {
            Some(redirect) => error.rendered_as(redirect),
            None => visit.error(error, self.state.locale.as_ref()),
        })
    }

    fn redirect(&self, error_code: Option<&str>) -> Option<Response> {
        let address = self.state.redirect.as_ref()?.as_str();
        if !redirect::is_allowed(address, &self.channel.redirects) {
            return None;
        }
        let location = redirect::with_outcome(address, error_code);
        let location = HeaderValue::try_from(location).ok()?;
        Some((StatusCode::FOUND, [(LOCATION, location)]).into_response())
    }
}

/// The address of a callback holds a state and a code: no page that comes after it is told of it.
fn private(mut response: Response) -> Response {
    let no_referrer = HeaderValue::from_static("no-referrer");
    response.headers_mut().insert(REFERRER_POLICY, no_referrer);
    response
}
