//! Exit codes and streams of whole command lines, without a server.

use std::path::Path;

use super::*;

/// Exit code, standard output, standard error.
async fn ran(arguments: &str) -> (u8, String, String) {
    let (mut output, mut notes) = (Vec::new(), Vec::new());
    let mut console = Console::new(std::io::empty(), &mut output, &mut notes, false);
    let line = format!("aura-admin {arguments}");
    let (env, clock) = (Env::default(), Clock::system());
    let code = run(line.split_whitespace(), &env, &clock, &mut console).await;
    drop(console);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (code, text(output), text(notes))
}

/// A data folder whose dev server is gone.
fn left_behind(folder: &Path) {
    let aws = serde_json::json!({
        "endpointUrl": "http://127.0.0.1:9", "region": "eu-west-1", "accessKeyId": "a", "secretAccessKey": "s3cret",
        "tableName": "users", "erasureTableName": "erasures"
    });
    let credentials = serde_json::json!({"environment": "local", "aws": aws, "apiKeys": {}});
    std::fs::write(folder.join("credentials.json"), credentials.to_string()).unwrap();
}

#[tokio::test]
async fn help_is_an_answer_and_tells_the_exit_codes() {
    let (code, output, notes) = ran("--help").await;
    assert_eq!((code, notes.as_str()), (0, ""));
    assert!(output.contains("Exit codes:"), "{output}");
}

#[tokio::test]
async fn usage_and_refusals_are_2_and_say_one_thing() {
    for arguments in [
        "apikey",
        "apikey issue --app kernel --scope internal --local=nowhere",
        "apikey list-revoked",
        "apikey list-revoked --local=nowhere",
        "apikey list-revoked --local=nowhere --environment dev",
        "apikey list-revoked --environment Dev",
        "event nowhere.json --local=nowhere",
        "state",
        "state seal --aura-id a1 --local=nowhere",
        "state open --local=nowhere",
        "state open x --local=nowhere",
    ] {
        let (code, output, notes) = ran(arguments).await;
        assert_eq!((code, output.as_str()), (2, ""), "{arguments}: {notes}");
        assert!(!notes.is_empty(), "{arguments}");
    }
}

#[tokio::test]
async fn no_message_repeats_a_key() {
    let key = format!("eyJ{}", "a".repeat(200));
    for arguments in [
        format!("apikey inspect {key} {key}"),
        format!("apikey revoke --jti {key}"),
        format!("event {key} --local=nowhere"),
        format!("apikey inspect --local {key}"),
        format!("state open {key} {key}"),
        format!("state seal --aura-id {key} --channel app"),
    ] {
        let (code, output, notes) = ran(&arguments).await;
        assert!(
            code == 2 && !(output + &notes).contains("aaaaa"),
            "{arguments}"
        );
    }
}

#[tokio::test]
async fn a_dev_server_that_is_gone_is_3_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    left_behind(folder.path());
    for command in [
        "apikey list-revoked",
        "keyring show",
        "user show --user-id u1",
        "channel list --json",
        "state open x",
    ] {
        let (code, output, notes) =
            ran(&format!("{command} --local={}", folder.path().display())).await;
        assert_eq!((code, output.as_str()), (3, ""), "{command}: {notes}");
        assert_eq!(notes.lines().count(), 1, "{notes}");
        assert!(
            notes.contains("is the dev server running?") && !notes.contains("s3cret"),
            "{notes}"
        );
    }
}
