//! What it cannot start with: one clear line, an exit code, and nothing overwritten (contract 6).

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::server::{Server, answered, command, refusal, refused};

#[tokio::test]
async fn a_port_in_use_is_named_with_its_option_and_nothing_is_written() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let options = ["--port", "--aws-port", "--upstream-port"];
    for option in options {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        // The option is there already, with a free port: a command of its own.
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_dev-server"));
        for other in options.into_iter().filter(|other| *other != option) {
            command.args([other, "0"]);
        }
        command.args([option, &port, "--data-dir"]);
        let refusal = refusal(command.arg(&data_dir)).await;
        let words = [&port, option, "in use"];
        let clear = words.iter().all(|word| refusal.stderr.contains(word));
        assert!(clear, "{refusal:?}");
        assert!(!data_dir.exists());
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_or_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    let mut unfit = vec![file.clone(), file.join("data")];
    let read_only = folder.path().join("read-only");
    std::fs::create_dir(&read_only).unwrap();
    std::fs::set_permissions(&read_only, std::fs::Permissions::from_mode(0o500)).unwrap();
    // Whoever may write everywhere has no such folder.
    if std::fs::write(read_only.join("probe"), "").is_err() {
        unfit.push(read_only);
    }
    for data_dir in unfit {
        let refusal = refused(&data_dir, &[]).await;
        assert!(
            refusal.stderr.contains(data_dir.to_str().unwrap()),
            "{refusal:?}"
        );
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

/// Starts it on a folder with this file, which it must refuse, name and leave as it is.
async fn refuses_and_keeps(data_dir: &Path, name: &str, contents: &[u8]) {
    let path = data_dir.join(name);
    std::fs::write(&path, contents).unwrap();
    let refusal = refused(data_dir, &[]).await;
    assert!(
        refusal.stderr.contains(path.to_str().unwrap()),
        "{refusal:?}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), contents, "{name}");
}

#[tokio::test]
async fn a_broken_file_is_named_and_left_as_it_is() {
    let garbage = [0xa5; 8192];
    let cases: [(&str, &[u8]); 6] = [
        ("secrets.json", b""),
        ("secrets.json", b"{"),
        ("secrets.json", b"[1]"),
        ("secrets.json", &garbage),
        ("dynamodb.sqlite", &garbage),
        ("dynamodb.sqlite", b"not a database"),
    ];
    for (name, contents) in cases {
        let folder = tempfile::tempdir().unwrap();
        refuses_and_keeps(folder.path(), name, contents).await;
        assert!(!folder.path().join("credentials.json").exists(), "{name}");
    }
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_named_and_left_as_it_is() {
    for name in ["secrets.json", "dynamodb.sqlite"] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path()).await;
        for at in 0..20 {
            let registered = answered(server.register(&format!("user-{at}"))).await;
            assert_eq!(registered.0, 200);
        }
        server.stop().await;
        let whole = std::fs::read(folder.path().join(name)).unwrap();
        refuses_and_keeps(folder.path(), name, &whole[..whole.len() / 2]).await;
    }
}

#[tokio::test]
async fn a_secret_that_is_no_key_ring_is_named() {
    let folder = tempfile::tempdir().unwrap();
    Server::start(folder.path()).await.stop().await;
    let path = folder.path().join("secrets.json");
    let mut secrets = crate::server::read_json(&path);
    let name = "aura-authentication/local/key-ring";
    assert!(secrets[name].is_object(), "{secrets}");
    secrets[name]["current"]["text"] = "nonsense".into();
    let contents = secrets.to_string();
    std::fs::write(&path, &contents).unwrap();
    let refusal = refused(folder.path(), &[]).await;
    assert!(refusal.stderr.contains(name), "{refusal:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), contents);
}

#[tokio::test]
async fn a_second_one_on_the_same_data_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    for options in [&[][..], &["--ephemeral"]] {
        let first = Server::start(folder.path()).await;
        let refusal = refused(folder.path(), options).await;
        let said = &refusal.stderr;
        assert!(said.contains("another dev server has it"), "{refusal:?}");
        let path = folder.path().join("credentials.json");
        assert_eq!(crate::server::read_json(&path), first.credentials);
        assert_eq!(answered(first.register("user-1")).await.0, 200);
        first.stop().await;
    }
}

#[tokio::test]
async fn unknown_options_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for options in [&["--prot", "1"][..], &["--port", "65536"], &["now"]] {
        let output = command(folder.path()).args(options).output().await;
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(2), "{options:?}: {output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(options[0]), "{said}");
    }
}
