//! The tables and secrets of the template are those that the dev server makes and the functions look for.

use std::collections::BTreeMap;

use dev_server::local_env::ENVIRONMENT;
use serde_yaml_ng::Value;
use shared::names::Names;
use tests::Desk;

use crate::difference::{assert_same, listed};
use crate::template_file::{Template, text};

#[test]
fn resources_have_the_names_that_the_code_makes() {
    let template = Template::read();
    let kinds = [
        ("AWS::DynamoDB::Table", "TableName"),
        ("AWS::SecretsManager::Secret", "Name"),
    ];
    let declared = kinds.into_iter().flat_map(|(kind, name)| {
        let resources = template.resources(kind).into_iter();
        let named = move |(_, resource): (String, &Value)| {
            format!("{kind} {}", text(&resource["Properties"][name]))
        };
        resources.map(named).collect::<Vec<_>>()
    });
    // As an environment of this name, the code's own format is the template's.
    let names = Names::of("${Environment}");
    let tables = [names.users_table, names.erasure_table];
    let secrets = [
        names.key_ring_secret,
        names.state_ring_secret,
        names.digest_key_secret,
        names.signing_keys_secret,
        names.direct_line_secret,
        names.kernel_client_secret,
        names.copilot_secret,
    ];
    let tables = tables.map(|name| format!("AWS::DynamoDB::Table {name}"));
    let secrets = secrets.map(|name| format!("AWS::SecretsManager::Secret {name}"));
    assert_same(
        &listed("shared/src/names.rs", tables.into_iter().chain(secrets)),
        &listed("template.yaml", declared),
    );
}

/// A table's keys, billing and time to live, in one line.
fn declared(template: &Template, resource: &Value) -> String {
    let properties = &resource["Properties"];
    let types: BTreeMap<String, String> = properties["AttributeDefinitions"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|one| (text(&one["AttributeName"]), text(&one["AttributeType"])))
        .collect();
    let keys = properties["KeySchema"].as_sequence().unwrap().iter();
    let keys = keys.map(|key| {
        let name = text(&key["AttributeName"]);
        format!("{name} {} {}", text(&key["KeyType"]), types[&name])
    });
    let ttl = &properties["TimeToLiveSpecification"];
    let ttl = match ttl["Enabled"].as_bool() {
        Some(true) => text(&ttl["AttributeName"]),
        _ => "none".to_owned(),
    };
    let name = template.resolved(&properties["TableName"], ENVIRONMENT);
    let keys = keys.collect::<Vec<_>>().join(", ");
    let indexes = properties.get("GlobalSecondaryIndexes").is_some();
    let billing = text(&properties["BillingMode"]);
    format!("{name}: {keys}; {billing}; ttl {ttl}; indexes {indexes}")
}

async fn made(desk: &Desk, name: &str) -> String {
    let described = desk.dynamodb.describe_table().table_name(name).send();
    let table = described.await.unwrap().table.unwrap();
    let kind = |key: &str| {
        let all = table.attribute_definitions().iter();
        let mut named = all.filter(|one| one.attribute_name() == key);
        named.next().unwrap().attribute_type().as_str().to_owned()
    };
    let keys = table.key_schema().iter().map(|key| {
        let (name, role) = (key.attribute_name(), key.key_type().as_str());
        format!("{name} {role} {}", kind(name))
    });
    let keys = keys.collect::<Vec<_>>().join(", ");
    let billing = table.billing_mode_summary().unwrap().billing_mode();
    let billing = billing.unwrap().as_str();
    let ttl = desk.dynamodb.describe_time_to_live().table_name(name);
    let ttl = ttl.send().await.unwrap().time_to_live_description;
    let ttl = ttl.and_then(|ttl| ttl.attribute_name);
    let ttl = ttl.as_deref().unwrap_or("none");
    let indexes = !table.global_secondary_indexes().is_empty();
    format!("{name}: {keys}; {billing}; ttl {ttl}; indexes {indexes}")
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_have_the_keys_and_the_time_to_live_of_those_on_the_desk() {
    let desk = Desk::start().await;
    let template = Template::read();
    let resources = template.resources("AWS::DynamoDB::Table");
    let declared = resources.iter().map(|(_, one)| declared(&template, one));
    let on_desk = [
        made(&desk, &desk.names.users_table).await,
        made(&desk, &desk.names.erasure_table).await,
    ];
    assert_same(
        &listed("the dev server", on_desk),
        &listed("template.yaml", declared),
    );
}
