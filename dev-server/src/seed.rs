//! What a new data folder starts with: the tables, the secrets, three channels, a published signing key.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};
use serde_json::json;
use shared::access_token::CopilotSecrets;
use shared::clock::Timestamp;
use shared::control::{Channel, ControlEditor};
use shared::digest::Digester;
use shared::extract::Argument;
use shared::key_ring::{KeyRing, kid};
use shared::names::Names;
use shared::user::ChannelId;

use crate::data_dir::CannotStart;
use crate::random;
use crate::secrets_stand_in::SecretsStandIn;

mod own_page;
mod signing_keys;

pub use own_page::own_page;
pub use signing_keys::published_keys;

/// The page of this dev server that ends a login or logout, at the port it has unless told otherwise: see `own_page`.
const OWN_PAGE: &str = "http://127.0.0.1:3000/dev-server/linked";

/// The channels of a new data folder: id, name, where the browser may be sent back to.
const CHANNELS: [(&str, &str, &[&str]); 3] = [
    ("app", "Operator app", &["https://app.example/linked"]),
    (
        "web",
        "Web client",
        &["https://www.example/assistant", OWN_PAGE],
    ),
    ("whatsapp", "WhatsApp", &[]),
];

/// Makes a secret's first text.
type Maker<'a> = &'a dyn Fn() -> Result<String, String>;

/// Makes the secrets that are not there yet.
///
/// # Errors
/// When they cannot be stored.
pub fn secrets(secrets: &SecretsStandIn, names: &Names, now: i64) -> Result<(), CannotStart> {
    let failed =
        |error: &dyn std::fmt::Display| CannotStart(format!("cannot make the secrets: {error}"));
    let ring = || {
        let ring = KeyRing::generate(&kid::make(Timestamp::from_secs(now)));
        ring.map(|ring| ring.to_json().to_string()).map_err(told)
    };
    let digest_key = || {
        Digester::generate()
            .map(|key| key.to_string())
            .map_err(told)
    };
    let kernel_client = || Ok(random::text());
    let copilot = || {
        let secrets = CopilotSecrets::generate(Timestamp::from_secs(now));
        secrets
            .map(|secrets| secrets.to_json().to_string())
            .map_err(told)
    };
    let makers: [(&String, Maker<'_>); 7] = [
        (&names.key_ring_secret, &ring),
        (&names.state_ring_secret, &ring),
        (&names.digest_key_secret, &digest_key),
        (&names.signing_keys_secret, &signing_keys::first),
        (&names.direct_line_secret, &direct_line),
        (&names.kernel_client_secret, &kernel_client),
        (&names.copilot_secret, &copilot),
    ];
    for (name, make) in makers {
        if secrets.get(name).is_none() {
            let text = make().map_err(|error| failed(&error))?;
            secrets
                .put(name, text, None, now)
                .map_err(|error| failed(&error))?;
        }
    }
    Ok(())
}

/// Two secrets as Direct Line has them: the stand-in takes either. A digest key is what they are too: random, in base64url.
fn direct_line() -> Result<String, String> {
    let secret = || Digester::generate().map(|random| random.to_string());
    let (primary, secondary) = (secret().map_err(told)?, secret().map_err(told)?);
    Ok(json!({ "primary": primary, "secondary": secondary }).to_string())
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Makes the tables and, with them, the channels, unless they are there.
///
/// # Errors
/// When the database does not work.
pub async fn tables(client: &Client, names: &Names) -> Result<(), CannotStart> {
    let failed =
        |error: &dyn std::fmt::Display| CannotStart(format!("the database does not work: {error}"));
    let there = client
        .list_tables()
        .send()
        .await
        .map_err(|error| failed(&shared::aws::cause(&error)))?;
    let missing = |name: &String| !there.table_names().contains(name);
    if missing(&names.erasure_table) {
        create_table(client, &names.erasure_table, &["pk"])
            .await
            .map_err(|error| failed(&error))?;
    }
    if missing(&names.users_table) {
        create_table(client, &names.users_table, &["pk", "sk"])
            .await
            .map_err(|error| failed(&error))?;
        let editor = ControlEditor::new(client.clone(), names.users_table.clone());
        for channel in channels() {
            editor
                .set_channel(&channel)
                .await
                .map_err(|error| failed(&error))?;
        }
    }
    Ok(())
}

/// The channels of a new data folder.
#[must_use]
pub fn channels() -> Vec<Channel> {
    let channel = |&(id, name, redirects): &(&str, &str, &[&str])| {
        Some(Channel {
            id: ChannelId::parse(id)?,
            name: name.to_owned(),
            lifetime_seconds: Channel::DEFAULT_LIFETIME_SECONDS,
            redirects: redirects
                .iter()
                .map(|&redirect| redirect.to_owned())
                .collect(),
        })
    };
    CHANNELS.iter().filter_map(channel).collect()
}

async fn create_table(client: &Client, name: &str, keys: &[&str]) -> Result<(), String> {
    let mut create = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest);
    for (&key, kind) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
        let attribute = AttributeDefinition::builder()
            .attribute_name(key)
            .attribute_type(ScalarAttributeType::S);
        let element = KeySchemaElement::builder()
            .attribute_name(key)
            .key_type(kind);
        create = create
            .attribute_definitions(attribute.build().map_err(|error| error.to_string())?)
            .key_schema(element.build().map_err(|error| error.to_string())?);
    }
    create
        .send()
        .await
        .map_err(|error| shared::aws::cause(&error))?;
    if keys.len() > 1 {
        let ttl = TimeToLiveSpecification::builder()
            .attribute_name("ttl")
            .enabled(true)
            .build();
        let ttl = ttl.map_err(|error| error.to_string())?;
        let update = client
            .update_time_to_live()
            .table_name(name)
            .time_to_live_specification(ttl)
            .send()
            .await;
        update.map_err(|error| shared::aws::cause(&error))?;
    }
    Ok(())
}
