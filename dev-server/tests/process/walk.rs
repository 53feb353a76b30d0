//! What it prints is true, and the walk works when it is pasted.

use std::path::Path;

use dev_server::bundle::operations;
use serde_json::Value;
use tokio::process::Command;

use crate::server::{Server, command, sent};

/// What a pasted line answers; without curl here, what the same request does.
async fn paste(server: &Server, line: &str) -> Value {
    let pasted = Command::new("sh").args(["-c", line]).output().await;
    let pasted = pasted.unwrap_or_else(|error| panic!("no shell: {error}"));
    if pasted.status.code() == Some(127) {
        return same(server, line).await;
    }
    assert!(pasted.status.success(), "{line}: {pasted:?}");
    serde_json::from_slice(&pasted.stdout).unwrap_or_else(|_| panic!("{line}: {pasted:?}"))
}

async fn same(server: &Server, line: &str) -> Value {
    let url = line.split(' ').find(|word| word.starts_with("http://"));
    let url = url.unwrap_or_else(|| panic!("no address in {line}"));
    let mut request = if line.contains(" -X DELETE ") {
        server.client.delete(url)
    } else {
        server.client.get(url)
    };
    for header in line.split('\'').skip(1).step_by(2) {
        let (name, value) = header.split_once(": ").unwrap_or((header, ""));
        request = request.header(name, value);
    }
    sent(request).await.json().await.unwrap_or_default()
}

fn lines(server: &Server) -> Vec<&str> {
    let all = server.printed.lines();
    all.filter(|line| line.starts_with("curl ")).collect()
}

async fn walks(server: &Server) {
    let [register, read, erase] = lines(server)[..] else {
        panic!("not three steps: {}", server.printed);
    };
    let registered = paste(server, register).await;
    assert!(registered["auraId"].is_string(), "{registered}");
    let found = paste(server, read).await;
    assert_eq!(found, registered);
    let erased = paste(server, erase).await;
    assert_eq!(erased["erasedUsers"], 1, "{erased}");
    assert_eq!(erased["erasedLogins"], 1, "{erased}");
    assert_eq!(paste(server, read).await["code"], "NOT_FOUND");
}

#[tokio::test]
async fn each_step_works_when_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    walks(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn it_works_again_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let server = Server::start(folder.path()).await;
        walks(&server).await;
        server.stop().await;
    }
}

#[tokio::test]
async fn addresses_and_endpoints_are_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let credentials = &server.credentials;
    for address in [&credentials["baseUrl"], &credentials["aws"]["endpointUrl"]] {
        let address = address.as_str().unwrap();
        assert!(!address.ends_with(":0"), "{address}");
        let printed = server.printed.contains(&format!("{address}\n"));
        assert!(printed, "{address}: {}", server.printed);
        sent(server.client.get(address)).await;
    }
    let file = folder.path().join("credentials.json");
    assert!(server.printed.contains(file.to_str().unwrap()));
    for operation in operations() {
        let row = [
            operation.method.as_str(),
            operation.path,
            operation.doc.name,
        ];
        let printed = server.printed.lines().any(|line| {
            row.iter()
                .all(|cell| line.split(' ').any(|word| word == *cell))
        });
        assert!(printed, "{row:?}: {}", server.printed);
    }
}

#[tokio::test]
async fn help_lists_the_options_and_their_defaults() {
    let output = command(Path::new("nowhere")).arg("--help").output().await;
    let help = String::from_utf8(output.unwrap().stdout).unwrap();
    for (option, default) in [
        ("--port", "[default: 3000]"),
        ("--aws-port", "[default: 4566]"),
        ("--upstream-port", "[default: 3001]"),
        ("--kernel-url", "[default: the stand-in]"),
        ("--data-dir", "[default: .local]"),
        ("--ephemeral", ""),
        ("--listen", "[default: 127.0.0.1]"),
    ] {
        let mut lines = help.lines().map(str::trim);
        let found = lines.any(|line| line.starts_with(option));
        assert!(found, "no {option}: {help}");
        let described: String = lines.take_while(|line| !line.starts_with("--")).collect();
        let shown = help.contains(default);
        assert!(shown, "no {default} for {option}: {described}");
    }
    assert!(!Path::new("nowhere").exists());
}
