//! The tables as they really are: every item, read past the code under test.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

/// An item as DynamoDB has it.
pub type Item = HashMap<String, AttributeValue>;

/// Every item of a table.
///
/// # Panics
/// When it cannot be read.
pub async fn scan(client: &Client, table: &str) -> Vec<Item> {
    let pages = client
        .scan()
        .table_name(table)
        .consistent_read(true)
        .into_paginator()
        .items()
        .send();
    pages
        .collect::<Result<_, _>>()
        .await
        .unwrap_or_else(|error| panic!("cannot scan {table}: {error:?}"))
}

/// The items of a table that are about users: neither control data nor what instances counted.
///
/// # Panics
/// When it cannot be read.
pub async fn users(client: &Client, table: &str) -> Vec<Item> {
    let mut items = scan(client, table).await;
    items.retain(|item| {
        let about = partition(item);
        !about.starts_with("CONTROL") && !about.starts_with("METRICS")
    });
    items
}

/// An item's partition key.
#[must_use]
pub fn partition(item: &Item) -> &str {
    item.get("pk")
        .and_then(|pk| pk.as_s().ok())
        .map_or("", String::as_str)
}
