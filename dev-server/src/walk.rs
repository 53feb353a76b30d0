//! What the dev server prints when it is ready: the endpoints, and a first walk to paste.

use std::fmt::Write as _;
use std::path::Path;

use shared::api::{Access, Operation};
use uuid::Uuid;

use crate::credentials::ApiKeys;
use crate::places::Places;

/// The text for a server at these places.
#[must_use]
pub fn text(places: &Places, data_dir: &Path, operations: &[Operation], keys: &ApiKeys) -> String {
    let (base_url, aws_url) = (&places.base_url, &places.aws.url);
    let (upstream_url, kernel) = (&places.upstream_url, places.kernel_word());
    let mut text = format!(
        "\nThe API is at {base_url}\nThe AWS endpoint (DynamoDB, Secrets Manager) is at {aws_url}\n\
         The upstreams' stand-ins are at {upstream_url}\n"
    );
    let credentials = data_dir.join("credentials.json");
    let _ = writeln!(
        text,
        "Credentials are in {}; the API reference is at {base_url}/\n\
         Try the login in a browser, with {kernel} at {}: {base_url}/#try-login\n",
        credentials.display(),
        places.kernel.url
    );
    let width = operations
        .iter()
        .map(|operation| operation.path.len())
        .max()
        .unwrap_or_default();
    for operation in operations {
        let (method, path, name) = (
            operation.method.as_str(),
            operation.path,
            operation.doc.name,
        );
        let _ = writeln!(
            text,
            "  {method:<6} {path:<width$}  {:<16}  {name}",
            who(operation.access)
        );
    }
    let _ = writeln!(text, "\nA first walk:\n\n{}", steps(base_url, keys));
    text
}

/// The walk: register, read, erase. Its auraId is another one each time: an erased one is nobody's for a while (contract 4.2).
#[must_use]
pub fn steps(base_url: &str, keys: &ApiKeys) -> String {
    let aura_id = format!("walk-{:08x}", Uuid::new_v4().as_fields().0);
    let bot = format!("-H 'Authorization: APIKEY {}'", keys.aura_bot);
    let kernel = format!("-H 'Authorization: APIKEY {}'", keys.kernel);
    let headers = "-H 'x-user-id: user-1' -H 'x-authorization-id: authorization-1' \
         -H 'x-channel-id: whatsapp' -H 'x-phone-number: +34600000001'";
    format!(
        "# Register a user\ncurl -s {base_url}/users/aura-id/{aura_id} {bot} {headers}\n\n\
         # Read it\ncurl -s {base_url}/users/{aura_id} {bot}\n\n\
         # Erase the person\ncurl -s -X DELETE {base_url}/admin/users/phone-numbers/+34600000001 {kernel}\n"
    )
}

/// Who may call, in words.
#[must_use]
pub fn who(access: Access) -> &'static str {
    match access {
        Access::Internal => "internal",
        Access::Kernel => "kernel",
        Access::InternalOrKernel => "internal, kernel",
        Access::Public => "public",
        Access::Client => "client",
        Access::Session => "session",
        Access::None => "everybody",
    }
}
