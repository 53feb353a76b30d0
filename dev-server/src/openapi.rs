//! The OpenAPI document, made from the route tables: `docs/openapi.yaml` is this, and a test keeps it so.

use shared::api::{Access, Operation, Parameter, Place};
use shared::error::KINDS;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathsBuilder,
};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    InfoBuilder, License, OpenApi, OpenApiBuilder, Ref, Required, ResponseBuilder, ResponsesBuilder,
};

use crate::bundle::operations;

mod responses;
mod schemas;

use responses::{brought_by, correlator, success};
use schemas::schemas;

/// The statuses that every operation may answer, beside its own.
const COMMON_ERRORS: [u16; 5] = [400, 401, 403, 500, 503];

/// The document of every operation of the bundle.
#[must_use]
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    for operation in operations() {
        let method = if operation.method == "DELETE" {
            HttpMethod::Delete
        } else {
            HttpMethod::Get
        };
        let item = utoipa::openapi::PathItem::new(method, describe(&operation));
        paths = paths.path(operation.path, item);
    }
    let info = InfoBuilder::new()
        .title("Aura Authentication API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Registers, finds and erases the users of the virtual assistant.",
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
        .parameters(Some(doc.parameters.iter().map(parameter)));
    for scheme in schemes(operation.access) {
        described = described.security(SecurityRequirement::new::<_, [&str; 0], &str>(*scheme, []));
    }
    let (status, _) = doc.success;
    let mut responses = ResponsesBuilder::new().response(status.to_string(), success(&doc));
    let mut errors = COMMON_ERRORS.to_vec();
    if operation.access == Access::None {
        errors.retain(|status| !matches!(status, 401 | 403));
    }
    errors.extend(doc.errors);
    errors.sort_unstable();
    for status in errors {
        responses = responses.response(
            status.to_string(),
            Ref::from_response_name(problem_name(status)),
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
        Access::None => &[],
    }
}

/// `NOT_FOUND` is the response `NotFound`.
fn problem_name(status: u16) -> String {
    let code = KINDS
        .iter()
        .find(|kind| kind.0 == status)
        .map_or("INTERNAL", |kind| kind.1);
    let capitalised = |word: &str| word[..1].to_owned() + &word[1..].to_ascii_lowercase();
    code.split('_').map(capitalised).collect()
}

fn components() -> utoipa::openapi::Components {
    let mut components = schemas();
    for (status, code, title) in KINDS {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let mut response = ResponseBuilder::new()
            .description(format!("{code}: {title}"))
            .header("x-correlator", correlator())
            .content("application/problem+json", content);
        if matches!(status, 429 | 503) {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer);
            let header = HeaderBuilder::new()
                .schema(Some(seconds))
                .description(Some("Seconds to wait"))
                .build();
            response = response.header("retry-after", header);
        }
        components = components.response(problem_name(status), response.build());
    }
    for (scheme, holder) in [
        ("internal", "aura-bot and aura-groot"),
        ("kernel", "Kernel"),
        ("public", "everybody else"),
    ] {
        let description = format!("`APIKEY <key>` with a key made for {holder}");
        let value = ApiKeyValue::with_description("Authorization", &description);
        components =
            components.security_scheme(scheme, SecurityScheme::ApiKey(ApiKey::Header(value)));
    }
    components.build()
}
