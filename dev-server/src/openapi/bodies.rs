//! What an operation takes.

use shared::api::Body;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{Ref, Required};

/// A request's body.
pub(super) fn described(body: &Body) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(body.schema)));
    let content = content.build();
    let described = RequestBodyBuilder::new().required(Some(Required::True));
    let described = body.media_types.iter().fold(described, |described, kind| {
        described.content(*kind, content.clone())
    });
    described.build()
}
