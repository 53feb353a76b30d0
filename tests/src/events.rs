//! The sample events of `events/`: what API Gateway sends, as files that tests and people use.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use shared::access_token::Role;
use shared::api_key::Scope;
use shared::sealed_state::SealedState;

use crate::copilot::{CLIENT, CLIENT_SECRET, basic};
use crate::desk::Desk;

/// The workspace's folder.
#[must_use]
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The file of this operation's event.
#[must_use]
pub fn file(function: &str, operation: &str) -> PathBuf {
    root().join(format!("events/{function}/{operation}.json"))
}

/// The event of this operation with fresh APIKeys and states in the places of its placeholders.
///
/// # Panics
/// When it cannot be read, or has a placeholder of another kind.
#[must_use]
pub fn fresh(desk: &Desk, function: &str, operation: &str) -> Value {
    let path = file(function, operation);
    let mut text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    while let Some((placeholder, app)) = placeholder(&text) {
        let key = desk.key(&app, scope(&app));
        let key = key.strip_prefix("APIKEY ").unwrap_or(&key);
        text = text.replace(&placeholder, key);
    }
    let state = desk.state("whatsapp:34600000001", "whatsapp");
    let state = SealedState {
        code_verifier: None,
        ..state
    };
    text = text.replace(
        "{{client-credentials}}",
        &basic(CLIENT, CLIENT_SECRET)["Basic ".len()..],
    );
    let session = desk.token(Role::ServiceAccount, CLIENT);
    text = text.replace("{{session-token}}", &session);
    let token = desk.token(Role::AppUser, "whatsapp:34600000001");
    text = text.replace("{{end-user-token}}", &token);
    text = text.replace("{{login-state}}", &desk.login_state(&state));
    text = text.replace("{{logout-state}}", &desk.logout_state(&state));
    assert!(!text.contains("{{"), "an unknown placeholder: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The first placeholder of an APIKey, and the app that the key is for.
#[must_use]
pub fn placeholder(text: &str) -> Option<(String, String)> {
    let (_, rest) = text.split_once("{{apikey:")?;
    let (app, _) = rest.split_once("}}")?;
    Some((format!("{{{{apikey:{app}}}}}"), app.to_owned()))
}

/// The scope that keys for this app have.
#[must_use]
pub fn scope(app: &str) -> Scope {
    match app {
        "aura-bot" | "aura-groot" => Scope::Internal,
        "kernel" => Scope::Kernel,
        _ => Scope::Public,
    }
}

/// Gives the event another value of its one path parameter, in the paths too, decoded as API Gateway sends them.
///
/// # Panics
/// When it has none.
pub fn set_parameter(event: &mut Value, value: &str) {
    let route = event["routeKey"].as_str().unwrap_or_default().to_owned();
    let name = route
        .split_once('{')
        .and_then(|(_, rest)| rest.strip_suffix('}'));
    let name = name.unwrap_or_else(|| panic!("{route} ends in no parameter"));
    let path = route.split_once(' ').map_or("", |(_, path)| path);
    let path = path.replace(&format!("{{{name}}}"), value);
    event["pathParameters"] = json!({ name: value });
    set_path(event, &path);
}

/// Gives the event another path, as the caller asked for it.
pub fn set_path(event: &mut Value, path: &str) {
    event["rawPath"] = path.into();
    event["requestContext"]["http"]["path"] = path.into();
}

/// Gives the event another id of API Gateway's.
pub fn set_request_id(event: &mut Value, id: &str) {
    event["requestContext"]["requestId"] = id.into();
}
