//! The published keys as a function holds them: read seldom, never empty, and never lost while the store is away.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use shared::control::{EditError, JwksDocument, KeyState, PublishedKey, PublishedKeys};
use shared::jwk::SigningAlgorithm;
use shared::signing_keys::SigningKey;
use tests::{Desk, Fault, desk, table};

const STALE: Duration = Duration::from_millis(5001);
const JWKS: &str = "CONTROL#JWKS";

/// A deployment that publishes nothing, and an instance's keys.
async fn start() -> (Desk, PublishedKeys) {
    let desk = Desk::start().await;
    publish(&desk, &[]).await;
    let clients = desk::clients(desk.proxy.url());
    let keys = PublishedKeys::new(&clients, desk.names.users_table.clone(), desk.clock.clock());
    (desk, keys)
}

/// A new key in this state.
fn key(desk: &Desk, state: KeyState) -> PublishedKey {
    let key = SigningKey::generate(SigningAlgorithm::Es256);
    let key = key.unwrap_or_else(|error| panic!("{error}"));
    PublishedKey::new(key.public_jwk().clone(), state, desk.clock.now())
}

async fn publish(desk: &Desk, keys: &[PublishedKey]) {
    let control = desk.control();
    let read = control
        .publication()
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let published = control.publish(&read, keys).await;
    published.unwrap_or_else(|error| panic!("{error}"));
}

fn kids(document: &JwksDocument) -> Vec<String> {
    let document: Value = serde_json::from_slice(&document.body).unwrap_or_default();
    let keys = document["keys"].as_array().cloned().unwrap_or_default();
    let kid = |key: &Value| key["kid"].as_str().unwrap_or_default().to_owned();
    keys.iter().map(kid).collect()
}

fn kids_of(keys: &[&PublishedKey]) -> Vec<String> {
    keys.iter().map(|key| key.kid().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn next_current_and_previous_keys_are_served_in_this_order() {
    let (desk, keys) = start().await;
    let [previous, current, next] =
        [KeyState::Previous, KeyState::Current, KeyState::Next].map(|state| key(&desk, state));
    publish(&desk, &[previous.clone(), current.clone(), next.clone()]).await;
    let document = keys.current().await.unwrap();
    assert_eq!(kids(&document), kids_of(&[&next, &current, &previous]));
    let members: Value = serde_json::from_slice(&document.body).unwrap();
    assert_eq!(
        members["keys"][1],
        serde_json::to_value(&current.jwk).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_entity_tag_is_strong_and_changes_with_the_document_only() {
    let (desk, keys) = start().await;
    let (one, other) = (key(&desk, KeyState::Current), key(&desk, KeyState::Next));
    publish(&desk, std::slice::from_ref(&one)).await;
    let first = keys.current().await.unwrap();
    let tag = first
        .etag
        .strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'));
    assert_eq!(tag.map(str::len), Some(22), "{}", first.etag);
    publish(&desk, &[one.clone(), other]).await;
    desk.clock.advance(STALE);
    let second = keys.current().await.unwrap();
    assert_ne!(first.etag, second.etag);
    publish(&desk, &[one]).await;
    desk.clock.advance(STALE);
    let third = keys.current().await.unwrap();
    assert_eq!((&first.etag, &first.body), (&third.etag, &third.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_read_only_when_its_version_has_changed() {
    let (desk, keys) = start().await;
    let current = key(&desk, KeyState::Current);
    publish(&desk, std::slice::from_ref(&current)).await;
    keys.warm().await;
    assert_eq!(desk.proxy.take_operations(), ["GetItem", "Query"]);
    desk.clock.advance(Duration::from_secs(5));
    keys.current().await.unwrap();
    assert!(desk.proxy.take_operations().is_empty());
    desk.clock.advance(STALE);
    keys.current().await.unwrap();
    assert_eq!(desk.proxy.take_operations(), ["GetItem"]);
    // Another list's version is not this one's.
    let channel = dev_server::seed::channels().remove(0);
    desk.control().set_channel(&channel).await.unwrap();
    desk.clock.advance(STALE);
    keys.current().await.unwrap();
    assert_eq!(desk.proxy.take_operations(), ["GetItem"]);
    let next = key(&desk, KeyState::Next);
    publish(&desk, &[current.clone(), next.clone()]).await;
    desk.clock.advance(STALE);
    let document = keys.current().await.unwrap();
    assert_eq!(kids(&document), kids_of(&[&next, &current]));
    assert_eq!(desk.proxy.take_operations(), ["GetItem", "Query"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_good_set_serves_for_as_long_as_the_store_is_away() {
    let (desk, keys) = start().await;
    let current = key(&desk, KeyState::Current);
    publish(&desk, std::slice::from_ref(&current)).await;
    keys.warm().await;
    for fault in [
        Fault::Error(400, "AccessDeniedException"),
        Fault::Refused,
        Fault::Hang(Duration::from_mins(1)),
    ] {
        desk.proxy.plan(move |_| fault.clone());
        desk.clock.advance(Duration::from_hours(365 * 24));
        assert_eq!(kids(&keys.current().await.unwrap()), kids_of(&[&current]));
    }
    desk.proxy.heal();
    desk.clock.advance(STALE);
    let next = key(&desk, KeyState::Next);
    publish(&desk, &[current.clone(), next.clone()]).await;
    let document = keys.current().await.unwrap();
    assert_eq!(kids(&document), kids_of(&[&next, &current]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_published_is_unavailable_and_heals() {
    let (desk, keys) = start().await;
    assert!(keys.current().await.is_err());
    publish(&desk, &[key(&desk, KeyState::Current)]).await;
    desk.clock.advance(STALE);
    assert!(keys.current().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_does_not_take_the_place_of_a_good_one() {
    let (desk, keys) = start().await;
    let current = key(&desk, KeyState::Current);
    publish(&desk, std::slice::from_ref(&current)).await;
    keys.warm().await;
    publish(&desk, &[]).await;
    for _ in 0..3 {
        desk.clock.advance(STALE);
        assert_eq!(kids(&keys.current().await.unwrap()), kids_of(&[&current]));
    }
    let other = key(&desk, KeyState::Current);
    publish(&desk, std::slice::from_ref(&other)).await;
    desk.clock.advance(STALE);
    assert_eq!(kids(&keys.current().await.unwrap()), kids_of(&[&other]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_with_a_private_member_is_not_served() {
    let (desk, keys) = start().await;
    let current = key(&desk, KeyState::Current);
    publish(&desk, std::slice::from_ref(&current)).await;
    keys.warm().await;
    publish(&desk, &[current.clone(), key(&desk, KeyState::Next)]).await;
    let update = desk
        .dynamodb
        .update_item()
        .table_name(&desk.names.users_table);
    let update = update
        .key("pk", AttributeValue::S(JWKS.into()))
        .key("sk", AttributeValue::S(current.kid().into()));
    let update = update
        .update_expression("SET jwk.d = :d")
        .expression_attribute_values(":d", AttributeValue::S("c2VjcmV0".into()));
    update.send().await.unwrap();
    desk.clock.advance(STALE);
    let served = keys.current().await.unwrap();
    assert_eq!(kids(&served), kids_of(&[&current]), "the last good set");
    assert!(!served.body.windows(3).any(|window| window == b"\"d\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_that_somebody_else_changed_is_refused_whole() {
    let (desk, _) = start().await;
    let control = desk.control();
    for mine in [1, 2] {
        let read = control.publication().await.unwrap();
        let theirs = key(&desk, KeyState::Next);
        publish(&desk, &[read.keys.clone(), vec![theirs]].concat()).await;
        let after = control.publication().await.unwrap();
        let change = [
            key(&desk, KeyState::Current),
            key(&desk, KeyState::Previous),
        ];
        let refused = control.publish(&read, &change).await;
        assert_eq!(refused, Err(EditError::Conflict), "{mine}");
        assert_eq!(control.publication().await.unwrap(), after);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_already_costs_no_write() {
    let (desk, _) = start().await;
    publish(&desk, &[key(&desk, KeyState::Current)]).await;
    let before = desk.control().publication().await.unwrap();
    publish(&desk, &before.keys).await;
    assert_eq!(desk.control().publication().await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_publishes_the_key_of_the_data_folder_and_makes_no_other() {
    let (desk, _) = start().await;
    let name = &desk.names.signing_keys_secret;
    let secret = desk.secrets.get(name);
    let seed = async || {
        let now = desk.clock.now();
        dev_server::seed::secrets(&desk.secrets, &desk.names, now.secs()).unwrap();
        let (secrets, names) = (&desk.secrets, &desk.names);
        let seeded = dev_server::seed::published_keys(secrets, &desk.dynamodb, names, now);
        seeded.await.unwrap();
        desk.control().publication().await.unwrap()
    };
    let first = seed().await;
    assert_eq!(first.keys.len(), 1);
    assert_eq!(first.keys[0].state, KeyState::Current);
    desk.clock.advance(STALE);
    assert_eq!(seed().await, first, "a second start");
    publish(&desk, &[]).await;
    let repaired = seed().await;
    assert_eq!(repaired.keys[0].kid(), first.keys[0].kid());
    assert_eq!(desk.secrets.get(name), secret);
    let stored = table::scan(&desk.dynamodb, &desk.names.users_table).await;
    let published = stored.iter().filter(|item| table::partition(item) == JWKS);
    assert_eq!(published.count(), 1);
}
