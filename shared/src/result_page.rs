//! The page that ends a login or logout in a browser: what happened and what to do now, in the person's language
//! (contract 4.3, 4.5).
//!
//! It is read by customers, and may show them that they finished a stranger's login. So it says whose account was linked and
//! how to undo that, and has no script, no outside resource, and nothing in it that a caller chose and askama did not escape.

use std::sync::LazyLock;

use askama::Template;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    RETRY_AFTER, VARY,
};
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use crate::error::{Denial, Error};

mod accept;
mod language;
mod masked_account;
mod words;

pub use accept::is_asked_for;
pub use language::Language;
pub use masked_account::MaskedAccount;
use words::{Said, Words};

const STYLE: &str = include_str!("../templates/result_page.css");

/// The policy under which a browser shows the page: its own style, known by its hash, and nothing else (CSP 3).
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let bare = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    HeaderValue::try_from(policy).unwrap_or(bare)
});

/// What the page tells.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// The conversation is linked to this account.
    Linked {
        /// The channel's name.
        channel: &'a str,
        /// The account, not to be known from the page.
        account: &'a MaskedAccount,
    },
    /// The conversation is not linked any more, or never was.
    LoggedOut {
        /// The channel's name.
        channel: &'a str,
    },
    /// 400: the link is not valid, too old, in use or used.
    BadLink,
    /// 400, login only: the identity platform's code is missing, or it does not take it back.
    BadCode,
    /// 403, login only: the person or the identity platform said no.
    Refused,
    /// 403, login only: the identity platform does not vouch for the login.
    NotVouched,
    /// 409, login only: the conversation is, or was a short time ago, another person's.
    Taken,
    /// 429, 502, 503, 504: the same link can be tried again in a moment.
    TryAgain,
    /// 500: a defect of ours.
    Failed,
}

/// What people are told of an error: less than callers are, and in their own words.
impl From<&Error> for Told<'_> {
    fn from(error: &Error) -> Self {
        match error {
            Error::BadState(_) => Self::BadLink,
            Error::InvalidArgument { .. } => Self::BadCode,
            Error::PermissionDenied(Denial::Vouching) => Self::NotVouched,
            Error::PermissionDenied(_) => Self::Refused,
            Error::Conflict(_) => Self::Taken,
            Error::RateLimited { .. }
            | Error::Upstream(_)
            | Error::UpstreamTimeout(_)
            | Error::Unavailable { .. }
            | Error::Unhealthy(_) => Self::TryAgain,
            Error::Unauthenticated(_)
            | Error::ClientRefused(_)
            | Error::InvalidBody(_)
            | Error::PayloadTooLarge(_)
            | Error::NotFound(_)
            | Error::Internal(_) => Self::Failed,
        }
    }
}

#[derive(Template)]
#[template(path = "result_page.html")]
struct ResultPage<'a> {
    language: Language,
    words: &'a Words,
    said: &'a Said,
    told: &'a Told<'a>,
    style: &'static str,
}

impl ResultPage<'_> {
    /// Whether what the person wanted is done.
    fn done(&self) -> bool {
        matches!(self.told, Told::Linked { .. } | Told::LoggedOut { .. })
    }
}

/// The page with this status.
#[must_use]
pub fn page(status: StatusCode, language: Language, told: &Told<'_>) -> Response {
    let words = words::of(language);
    let page = ResultPage {
        language,
        words,
        said: words.said(told),
        told,
        style: STYLE,
    };
    let fixed = |text| HeaderValue::from_static(text);
    let headers = [
        (CONTENT_TYPE, fixed("text/html; charset=utf-8")),
        (CONTENT_LANGUAGE, fixed(language.tag())),
        (CONTENT_SECURITY_POLICY, POLICY.clone()),
        (REFERRER_POLICY, fixed("no-referrer")),
        (CACHE_CONTROL, fixed("no-store")),
        (VARY, fixed("Accept, Accept-Language")),
    ];
    (status, headers, page.render().unwrap_or_default()).into_response()
}

/// The page for an error, which is logged and counted as what it is.
#[must_use]
pub fn of_error(error: Error, language: Language) -> Response {
    let mut response = page(error.status(), language, &Told::from(&error));
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    error.rendered_as(response)
}

#[cfg(test)]
#[path = "result_page_tests.rs"]
mod tests;
