//! The OpenAPI document, made from the route tables: `docs/openapi.yaml` is this, and a test keeps it so.

use shared::api::{Access, Operation, Parameter, Place};
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathsBuilder,
};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    InfoBuilder, License, OpenApi, OpenApiBuilder, Ref, Required, ResponsesBuilder,
};

use crate::bundle::operations;

mod bodies;
mod components;
mod responses;
mod schemas;

use components::{components, error_name};
use responses::{brought_by, success};

/// The statuses that every operation may answer, beside its own.
const COMMON_ERRORS: [u16; 5] = [400, 401, 403, 500, 503];

/// The document of every operation of the bundle.
#[must_use]
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    for operation in operations() {
        let method = match operation.method.as_str() {
            "DELETE" => HttpMethod::Delete,
            "POST" => HttpMethod::Post,
            _ => HttpMethod::Get,
        };
        let item = utoipa::openapi::PathItem::new(method, describe(&operation));
        paths = paths.path(operation.path, item);
    }
    let info = InfoBuilder::new()
        .title("Aura Authentication API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Registers, finds and erases the users of the virtual assistant; tells makers' servers whether an end user's token is good.",
        ))
        .license(Some(License::new("Apache-2.0")));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths)
        .components(Some(components()))
        .build()
}

fn describe(operation: &Operation) -> OperationBuilder {
    let doc = operation.doc;
    let mut described = OperationBuilder::new()
        .operation_id(Some(doc.name))
        .tag(operation.function)
        .summary(Some(doc.summary))
        .description(Some(doc.description))
        .parameters(Some(doc.parameters.iter().map(parameter)))
        .request_body(doc.body.as_ref().map(bodies::described));
    for scheme in schemes(operation.access) {
        described = described.security(SecurityRequirement::new::<_, [&str; 0], &str>(*scheme, []));
    }
    let (status, _) = doc.success;
    let mut responses = ResponsesBuilder::new().response(status.to_string(), success(&doc));
    let mut errors = COMMON_ERRORS.to_vec();
    match operation.access {
        Access::None => errors.retain(|status| !matches!(status, 401 | 403)),
        // A client may ask about everybody.
        Access::Client | Access::Session => errors.retain(|status| *status != 403),
        _ => {}
    }
    errors.extend(doc.errors);
    errors.sort_unstable();
    for status in errors {
        responses = responses.response(
            status.to_string(),
            Ref::from_response_name(error_name(&operation.dialect, status)),
        );
    }
    for parameter in doc.parameters {
        if let Some((status, response)) = brought_by(parameter) {
            responses = responses.response(status, response);
        }
    }
    described.responses(responses)
}

fn parameter(parameter: &Parameter) -> ParameterBuilder {
    let place = match parameter.place {
        Place::Header => ParameterIn::Header,
        Place::Path => ParameterIn::Path,
        Place::Query => ParameterIn::Query,
    };
    let required = if parameter.required {
        Required::True
    } else {
        Required::False
    };
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(parameter.pattern));
    ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(place)
        .required(required)
        .description(Some(parameter.rule))
        .schema(Some(schema))
}

/// The security schemes that admit, one per class of APIKey.
fn schemes(access: Access) -> &'static [&'static str] {
    match access {
        Access::Internal => &["internal"],
        Access::Kernel => &["kernel"],
        Access::InternalOrKernel => &["internal", "kernel"],
        Access::Public => &["internal", "kernel", "public"],
        Access::Client => &["client"],
        Access::Session => &["session"],
        Access::None => &[],
    }
}
