//! Links in the hands of their visitors, and what every answer of the two callbacks has in common.

use axum::Router;
use bytes::Bytes;
use serde_json::{Value, json};
use shared::sealed_state::{Locale, Redirect, SealedState};
use tests::login::{LOGIN, LOGOUT};
use tests::{Answer, Call, Desk, Fault, desk};

use crate::access_matrix::{self, everything_stored};

/// What programs send as `Accept`.
pub(crate) const PROGRAM: &str = "*/*";
/// Persons of Kernel's stand-in: two with a number, one without.
pub(crate) const ANA: &str = "user-ana";
pub(crate) const BRUNO: &str = "user-bruno";
pub(crate) const CLARA: &str = "user-clara";
/// Ana's number.
pub(crate) const ANAS_NUMBER: &str = "+34600000101";
/// A redirect that is on the list of the channel `app`.
pub(crate) const ALLOWED: &str = "https://app.example/linked";

/// An address of a callback, as somebody opens it.
#[derive(Clone)]
pub(crate) struct Link(pub(crate) String);

impl Link {
    /// The link of this login state, with what Kernel adds when this person has consented.
    pub(crate) async fn login(desk: &Desk, state: &SealedState, person: &str) -> Self {
        let code = desk.code(state, person).await;
        Self::with(&desk.login_state(state), &format!("&code={code}"))
    }

    /// The login callback with this state and whatever else.
    pub(crate) fn with(sealed: &str, more: &str) -> Self {
        Self(format!("{LOGIN}?state={sealed}{more}"))
    }

    /// The link of this logout state.
    pub(crate) fn logout(desk: &Desk, state: &SealedState) -> Self {
        Self(format!("{LOGOUT}?state={}", desk.logout_state(state)))
    }

    /// Opens it as a program does.
    pub(crate) async fn open(&self, desk: &Desk) -> Answer {
        self.open_at(&desk.router, &[("accept", PROGRAM)]).await
    }

    /// Opens it at these instances, with these headers.
    pub(crate) async fn open_at(&self, router: &Router, headers: &[(&str, &str)]) -> Answer {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()));
        let headers: Vec<_> = headers.collect();
        desk::send(router, "GET", &self.0, &headers).await
    }
}

/// A state with this redirect.
pub(crate) fn redirected(state: SealedState, address: &str) -> SealedState {
    let redirect = Redirect::parse(address);
    assert!(redirect.is_some(), "no claim: {address}");
    SealedState { redirect, ..state }
}

/// A state with this locale.
pub(crate) fn in_language(state: SealedState, tag: &str) -> SealedState {
    let locale = Locale::parse(tag);
    assert!(locale.is_some(), "no claim: {tag}");
    SealedState { locale, ..state }
}

/// Links this person, who has to be linked by it.
pub(crate) async fn linked(desk: &Desk, aura_id: &str, channel: &str, person: &str) -> Answer {
    let link = Link::login(desk, &desk.state(aura_id, channel), person).await;
    let answer = link.open(desk).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// Everything stored but the states' items.
pub(crate) async fn stored_but_states(desk: &Desk) -> access_matrix::Stored {
    let mut stored = everything_stored(desk).await;
    stored.retain(|[_, partition, _], _| !partition.contains("STATE#"));
    stored
}

/// A problem document of this status and code (contract 3), with the headers that every answer has.
pub(crate) fn assert_problem(answer: &Answer, status: u16, code: &str, case: &str) {
    assert_eq!(answer.status, status, "{case}: {answer:?}");
    let kind = answer.header("content-type");
    assert_eq!(kind, "application/problem+json", "{case}");
    assert_eq!(answer.text("code"), code, "{case}");
    assert_eq!(answer.json()["status"], status, "{case}");
    assert_eq!(answer.text("correlator"), answer.header("x-correlator"));
    assert_private(answer, case);
    assert_eq!(answer.header("location"), "", "{case}");
}

/// A page of this status in this language (contract 4.3).
pub(crate) fn assert_page(answer: &Answer, status: u16, language: &str, case: &str) {
    assert_eq!(answer.status, status, "{case}: {answer:?}");
    assert_eq!(
        answer.header("content-type"),
        "text/html; charset=utf-8",
        "{case}"
    );
    assert_private(answer, case);
    assert_eq!(answer.header("location"), "", "{case}");
    let policy = answer.header("content-security-policy");
    for directive in ["default-src 'none'", "frame-ancestors 'none'"] {
        let mut directives = policy.split(';').map(str::trim);
        assert!(directives.any(|one| one == directive), "{case}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{case}: {policy}");
    let page = page(answer);
    let lang = format!("<html lang=\"{language}\"");
    assert!(page.contains(&lang), "{case}: {page}");
    for outside in [
        "<script", "src=", "http:", "https:", "//", "@import", "url(", "onload", "<form", "<iframe",
    ] {
        assert!(!page.contains(outside), "{case}: {outside} in {page}");
    }
}

/// The text of a page.
pub(crate) fn page(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// The headers that keep an answer, and the address it came from, to its reader.
pub(crate) fn assert_private(answer: &Answer, case: &str) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), value, "{case}: {name} in {answer:?}");
    }
}

/// Where a 302 leads.
pub(crate) fn location<'a>(answer: &'a Answer, case: &str) -> &'a str {
    assert_eq!(answer.status, 302, "{case}: {answer:?}");
    assert_private(answer, case);
    assert!(answer.body.is_empty(), "{case}: {answer:?}");
    answer.header("location")
}

/// The answer that every bad state gets.
pub(crate) fn assert_bad_state(answer: &Answer, case: &str) {
    assert_problem(answer, 400, "INVALID_ARGUMENT", case);
    assert!(
        answer.text("detail").contains("state"),
        "{case}: {answer:?}"
    );
}

/// Nothing of these texts is anywhere in the answer.
pub(crate) fn assert_nothing_of(answer: &Answer, texts: &[&str], case: &str) {
    let told = format!("{:?} {}", answer.headers, page(answer));
    for text in texts {
        assert!(!told.contains(text), "{case}: {text} in {told}");
    }
}

/// The members of a form that was sent.
pub(crate) fn form(call: &Call) -> Vec<(String, String)> {
    let body = String::from_utf8_lossy(&call.body).into_owned();
    let members = body.split('&').filter_map(|member| member.split_once('='));
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        let bytes = percent_decoded(text.as_bytes());
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let members = members.map(|(name, value)| (decoded(name), decoded(value)));
    members.collect()
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = bytes;
    while let [first, others @ ..] = rest {
        let hex = others
            .get(..2)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let (b'%', Some(byte)) = (first, byte) {
            decoded.push(byte);
            rest = &others[2..];
        } else {
            decoded.push(*first);
            rest = others;
        }
    }
    decoded
}

/// From now on Kernel takes every code, for this grant.
pub(crate) fn kernel_says(desk: &Desk, introspection: Value) {
    desk.kernel.plan(move |call| match call.operation.as_str() {
        "/token" => json_answer(
            200,
            &json!({ "access_token": "token-1", "token_type": "Bearer" }),
        ),
        _ => json_answer(200, &introspection),
    });
}

/// What an introspection says of this person's grant.
pub(crate) fn grant(person: &str, authorization: &str) -> Value {
    json!({ "active": true, "sub": person, "authorization_id": authorization })
}

/// An answer with this body.
pub(crate) fn json_answer(status: u16, body: &Value) -> Fault {
    Fault::Answer(status, Bytes::from(body.to_string()))
}
