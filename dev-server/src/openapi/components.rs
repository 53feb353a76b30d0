//! What operations refer to: schemas, errors in every dialect, and the ways to say who calls.

use end_user_authentication::DIALECT;
use shared::error::{Dialect, KINDS};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Ref, Response, ResponseBuilder};

use super::responses::correlator;
use super::schemas::schemas;

/// The statuses of errors that a client of Copilot Connect can meet.
const COPILOT_ERRORS: [u16; 6] = [400, 401, 404, 413, 500, 503];

/// An error's response: `NOT_FOUND` is `NotFound`, and `RefusalNotFound` in the dialect whose schema is `Refusal`.
pub(super) fn error_name(dialect: &Dialect, status: u16) -> String {
    let code = KINDS
        .iter()
        .find(|kind| kind.0 == status)
        .map_or("INTERNAL", |kind| kind.1);
    let capitalised = |word: &str| word[..1].to_owned() + &word[1..].to_ascii_lowercase();
    let name: String = code.split('_').map(capitalised).collect();
    if dialect.schema == Dialect::PROBLEM.schema {
        name
    } else {
        format!("{}{name}", dialect.schema)
    }
}

pub(super) fn components() -> utoipa::openapi::Components {
    let mut components = schemas();
    for kind in KINDS {
        let response = error(&Dialect::PROBLEM, kind);
        components = components.response(error_name(&Dialect::PROBLEM, kind.0), response);
        if COPILOT_ERRORS.contains(&kind.0) {
            let response = error(&DIALECT, kind);
            components = components.response(error_name(&DIALECT, kind.0), response);
        }
    }
    for (name, scheme) in schemes() {
        components = components.security_scheme(name, scheme);
    }
    components.build()
}

fn error(dialect: &Dialect, (status, code, title): (u16, &str, &str)) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(dialect.schema)));
    let mut response = ResponseBuilder::new()
        .description(format!("{code}: {title}"))
        .header("x-correlator", correlator())
        .content(dialect.media_type, content.build());
    if matches!(status, 429 | 503) {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer);
        let header = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some("Seconds to wait"))
            .build();
        response = response.header("retry-after", header);
    }
    response.build()
}

fn schemes() -> Vec<(&'static str, SecurityScheme)> {
    let holders = [
        ("internal", "aura-bot and aura-groot"),
        ("kernel", "Kernel"),
        ("public", "everybody else"),
    ];
    let keys = holders.map(|(scheme, holder)| {
        let description = format!("`APIKEY <key>` with a key made for {holder}");
        let value = ApiKeyValue::with_description("Authorization", &description);
        (scheme, SecurityScheme::ApiKey(ApiKey::Header(value)))
    });
    let http = [
        ("client", HttpAuthScheme::Basic),
        ("session", HttpAuthScheme::Bearer),
    ];
    let http = http.map(|(name, scheme)| (name, SecurityScheme::Http(Http::new(scheme))));
    keys.into_iter().chain(http).collect()
}
