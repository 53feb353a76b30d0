//! The page that stands for a channel's own: what the API told it.

use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use crate::page::{STYLE, policy, respond};
use crate::parameters::Parameters;

#[derive(Template)]
#[template(path = "linked.html")]
struct Linked {
    style: &'static str,
    status: Option<String>,
    code: Option<String>,
}

pub(super) async fn linked(RawQuery(query): RawQuery) -> Response {
    let told = Parameters::parse(&query.unwrap_or_default()).unwrap_or_default();
    let text = |name| told.get(name).map(str::to_owned);
    let page = Linked {
        style: STYLE,
        status: text("status"),
        code: text("code"),
    };
    respond(StatusCode::OK, &page, policy(&[]))
}
