//! What an operation answers with, beside its problems.

use shared::api::{Doc, Parameter};
use shared::callback::STATE;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, Response, ResponseBuilder};

/// What success comes as.
pub(super) fn success(doc: &Doc) -> Response {
    let mut response = ResponseBuilder::new()
        .description("Done")
        .header("x-correlator", correlator());
    if doc.parameters.iter().any(is_state) {
        let page = ObjectBuilder::new().schema_type(Type::String);
        let page = ContentBuilder::new().schema(Some(page));
        response = response.content("text/html", page.build());
    }
    let Some(name) = doc.success.1 else {
        return response.build();
    };
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(name)));
    let content = content.build();
    let media_types = media_types(name).iter();
    let described = media_types.fold(response, |response, media_type| {
        response.content(*media_type, content.clone())
    });
    described.build()
}

/// What an answer of this schema comes as.
fn media_types(schema: &str) -> &'static [&'static str] {
    match schema {
        "Exposition" => &["text/plain", "application/openmetrics-text"],
        _ => &["application/json"],
    }
}

pub(super) fn correlator() -> utoipa::openapi::header::Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new()
        .schema(Some(text))
        .description(Some("The request's own correlator, or a new one"))
        .build()
}

/// The response beside success that operations with this parameter have.
pub(super) fn brought_by(parameter: &Parameter) -> Option<(&'static str, Response)> {
    let response = ResponseBuilder::new();
    match parameter.name {
        "if-none-match" => Some(("304", response.description("You have it already").build())),
        _ if is_state(parameter) => {
            let address = ObjectBuilder::new().schema_type(Type::String);
            let location = HeaderBuilder::new().schema(Some(address)).description(Some(
                "The state's redirect, with `status` and, where it failed, `code`",
            ));
            let response = response.header("location", location.build());
            let description = "Done or failed, and on to the channel's page";
            Some(("302", response.description(description).build()))
        }
        _ => None,
    }
}

/// Callbacks come from browsers.
fn is_state(parameter: &Parameter) -> bool {
    parameter.name == STATE.name
}
