//! A deployment without signing keys, and what is in its secret and its table.

use std::time::Duration;

use serde_json::Value;
use shared::control::{KeyState, Publication, PublishedKey};
use shared::signing_keys::SigningKeys;

use tests::Operator;

pub(crate) const PUBLIC_BEFORE_USE: Duration = Duration::from_mins(11);
/// An hour with a secret that cannot be refreshed, a minute's life of the last signature, and one more.
pub(crate) const PUBLIC_AFTER_USE: Duration = Duration::from_mins(62);

pub(crate) const ADD: [&str; 4] = ["signing-key", "add", "--alg", "ES256"];
pub(crate) const PROMOTE: [&str; 2] = ["signing-key", "promote"];
pub(crate) const RETIRE: [&str; 2] = ["signing-key", "retire"];
pub(crate) const LIST: [&str; 2] = ["signing-key", "list"];

pub(crate) fn put(operator: &Operator, keys: &SigningKeys) {
    let desk = &operator.desk;
    let (name, now) = (&desk.names.signing_keys_secret, desk.clock.now().secs());
    let put = desk
        .secrets
        .put(name, keys.to_json().to_string(), None, now);
    put.unwrap_or_else(|error| panic!("{error}"));
}

/// A deployment without any signing key.
pub(crate) async fn start() -> Operator {
    let operator = Operator::start().await;
    put(&operator, &SigningKeys::default());
    let control = operator.desk.control();
    let cleared = control.publish(&public(&operator).await, &[]).await;
    cleared.unwrap_or_else(|error| panic!("{error}"));
    operator
}

pub(crate) fn private(operator: &Operator) -> SigningKeys {
    let text = operator
        .desk
        .secrets
        .get(&operator.desk.names.signing_keys_secret);
    SigningKeys::parse(&text.unwrap_or_default()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) async fn public(operator: &Operator) -> Publication {
    let publication = operator.desk.control().publication().await;
    publication.unwrap_or_else(|error| panic!("{error}"))
}

/// What is public, and in which state.
pub(crate) async fn states(operator: &Operator) -> Vec<(KeyState, String)> {
    let public = public(operator).await;
    let state = |key: &PublishedKey| (key.state, key.kid().to_owned());
    public.keys.iter().map(state).collect()
}

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// Adds a key and promotes it as soon as that may be.
pub(crate) async fn rotated(operator: &Operator) -> String {
    operator.done(&ADD).await;
    operator.desk.clock.advance(PUBLIC_BEFORE_USE);
    text(&operator.done(&PROMOTE).await["kid"])
}

/// The key that the secret signs with.
pub(crate) fn signing(operator: &Operator) -> Option<String> {
    private(operator).current().map(|key| key.kid().to_owned())
}
