//! The files of the data folder: whole, documented, and for this user alone.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::server::{Server, answered, read_json};

/// The members of `credentials.json` (contract 6), `*` for any.
const MEMBERS: [&str; 21] = [
    "/baseUrl",
    "/environment",
    "/apiKeys/aura-bot",
    "/apiKeys/aura-groot",
    "/apiKeys/kernel",
    "/apiKeys/channel",
    "/keyRing/active",
    "/stateRing/active",
    "/aws/endpointUrl",
    "/aws/region",
    "/aws/accessKeyId",
    "/aws/secretAccessKey",
    "/aws/tableName",
    "/aws/erasureTableName",
    "/kernel/authorizeUrl",
    "/directLine/url",
    "/channels/0/id",
    "/channels/0/name",
    "/channels/1/id",
    "/channels/2/id",
    "/channels/2/name",
];

fn mode(path: &Path) -> u32 {
    let metadata = std::fs::metadata(path);
    let metadata = metadata.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    metadata.permissions().mode() & 0o777
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{error}"));
    let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
    let names = names.map(|name| name.unwrap_or_else(|error| panic!("{error}")));
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

#[tokio::test]
async fn credentials_have_the_documented_members() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let credentials = &server.credentials;
    for member in MEMBERS {
        let value = credentials.pointer(member).and_then(Value::as_str);
        assert!(value.is_some_and(|text| !text.is_empty()), "{member}");
    }
    for ring in ["keyRing", "stateRing"] {
        let active = credentials[ring]["active"].as_str().unwrap();
        let keys = credentials[ring]["keys"].as_object().unwrap();
        assert_eq!(keys[active].as_str().unwrap().len(), 86, "64 bytes");
    }
    assert_ne!(
        credentials["keyRing"]["keys"],
        credentials["stateRing"]["keys"]
    );
    for channel in credentials["channels"].as_array().unwrap() {
        assert!(channel["redirects"].is_array(), "{channel}");
    }
}

#[tokio::test]
async fn each_key_opens_what_its_class_may() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    for (app, status) in [
        ("aura-bot", 404),
        ("aura-groot", 404),
        ("kernel", 403),
        ("channel", 403),
        ("nobody", 401),
    ] {
        let request = server
            .get("/users/nobody")
            .header("authorization", server.key(app));
        assert_eq!(answered(request).await.0, status, "{app}");
    }
}

#[tokio::test]
async fn every_file_is_for_this_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let server = Server::start(&data_dir).await;
    assert_eq!(answered(server.register("user-1")).await.0, 200);
    let files = names(&data_dir);
    for file in [
        "credentials.json",
        "sam-env.json",
        "secrets.json",
        "dynamodb.sqlite",
    ] {
        assert!(files.iter().any(|name| name == file), "no {file}");
    }
    for file in &files {
        assert_eq!(mode(&data_dir.join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&data_dir), 0o700);
}

#[tokio::test]
async fn sam_local_is_led_to_this_servers_aws_endpoint() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let sam_env = read_json(&folder.path().join("sam-env.json"));
    let endpoint = server.credentials["aws"]["endpointUrl"].as_str().unwrap();
    let port = endpoint.rsplit(':').next().unwrap();
    for (function, variables) in sam_env.as_object().unwrap() {
        let led = variables["AWS_ENDPOINT_URL"].as_str().unwrap();
        assert!(led.ends_with(&format!(":{port}")), "{function}: {led}");
        assert_eq!(
            variables["TABLE_NAME"],
            server.credentials["aws"]["tableName"]
        );
    }
}

#[tokio::test]
async fn nothing_of_data_in_memory_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &["--ephemeral"]).await;
    assert_eq!(answered(server.register("user-1")).await.0, 200);
    let mut written = names(folder.path());
    written.retain(|name| name != "lock");
    written.sort();
    assert_eq!(written, ["credentials.json", "sam-env.json"]);
    assert_eq!(mode(&folder.path().join("credentials.json")), 0o600);
    server.stop().await;
    let mut left = names(folder.path());
    left.retain(|name| name != "lock");
    assert_eq!(left, Vec::<String>::new());
}
