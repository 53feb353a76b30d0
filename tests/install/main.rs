//! `docs/operations/install.md` can be followed: its commands are run as they stand, on a deployment with nothing in it.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be read or started fails the test that needs it"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tests::binaries::binary;
use tests::events;
use tokio::process::Command;
use tokio::time::timeout;

mod document;
mod empty;

use document::{Line, lines};
use empty::Empty;

/// Far longer than all of it takes.
const LIMIT: Duration = Duration::from_mins(2);

fn read() -> Vec<Line> {
    let path = events::root().join("docs/operations/install.md");
    lines(&std::fs::read_to_string(path).unwrap())
}

/// What stands in the place of the installed `aura-admin`: the same program, at the dev server's kind of deployment.
fn install_admin(folder: &Path) {
    let (program, script) = (binary("aura-admin"), folder.join("aura-admin"));
    let (program, local) = (program.display(), folder.display());
    let text = format!(
        "#!/bin/sh\n[ \"$1 $2\" = '--environment dev' ] || {{ echo \"not in dev: $*\" >&2; exit 9; }}\n\
         shift 2\nexec '{program}' --local='{local}' \"$@\"\n"
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
}

/// The line that gives `API` its value needs AWS; everything after it does not.
fn script(commands: &[Line], api: &str, folder: &Path) -> String {
    let mut script = format!("set -eu -o pipefail\nAPI={api}\n");
    for line in commands.iter().filter(|line| line.mark.is_none()) {
        script.push_str(&line.command);
        script.push('\n');
    }
    // What the document puts before the path must not hide what stands in for the installed program.
    script.replace(
        "export PATH=\"",
        &format!("export PATH=\"{}:", folder.display()),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn its_commands_lead_from_nothing_to_a_deployment_that_serves() {
    let empty = Empty::start().await;
    let folder = tempfile::tempdir().unwrap();
    let credentials = empty.credentials().to_string();
    std::fs::write(folder.path().join("credentials.json"), credentials).unwrap();
    install_admin(folder.path());
    let script = script(&read(), &empty.api_url, folder.path());
    let run = Command::new("bash")
        .args(["-c", &script])
        .kill_on_drop(true)
        .output();
    let done = timeout(LIMIT, run).await.unwrap().unwrap();
    let (said, notes) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    assert!(done.status.success(), "{said}\n{notes}");
    for told in [
        r#"{"status":"ok","checks":{"table":"ok","secrets":"ok"}}"#,
        r#""auraId":"install-"#,
        r#""erasedUsers":1"#,
    ] {
        assert!(said.contains(told), "{told} is not in {said}");
    }
}

#[test]
fn what_is_not_run_here_is_marked_and_what_is_said_of_ci_is_true() {
    let ci = std::fs::read_to_string(events::root().join(".ci/run")).unwrap();
    let lines = read();
    assert!(lines.len() > 30, "only {} lines", lines.len());
    for line in &lines {
        match line.mark.as_deref() {
            None => assert!(
                !["aws ", "sam ", "$(aws "]
                    .iter()
                    .any(|word| line.command.contains(word)),
                "this cannot be run here, and is not marked: {}",
                line.command
            ),
            Some("AWS") => assert!(
                ["aws ", "sam deploy", "curl ", "call ", "doctor"]
                    .iter()
                    .any(|word| line.command.contains(word)),
                "this needs no AWS: {}",
                line.command
            ),
            Some("by hand") => {}
            Some(mark) => {
                let does = mark.strip_prefix(".ci/run: ");
                let does = does.unwrap_or_else(|| panic!("not a mark: {mark}"));
                assert!(ci.contains(does), ".ci/run does not: {does}");
            }
        }
    }
}

#[test]
fn every_block_of_commands_is_one_that_the_test_reads() {
    let path = events::root().join("docs/operations/install.md");
    let text = std::fs::read_to_string(path).unwrap();
    let fences = text
        .lines()
        .filter(|line| line.trim_start().starts_with("```"));
    let (open, close): (Vec<_>, Vec<_>) = fences.partition(|fence| fence.trim() != "```");
    assert!(open.iter().all(|fence| *fence == "```sh"), "{open:?}");
    assert_eq!(open.len(), close.len());
}
