//! A release and the way back: `samconfig.toml` and the scripts of `deploy/` agree.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use tests::events;

use crate::template_file::Template;

/// Stands for the SAM CLI: notes how it was called, makes the file that it is told to, and deploys nothing that is broken.
const SAM: &str = r#"#!/bin/sh
echo "$*" >>"$CALLS"
[ "$1" = package ] && echo packaged >"$5"
[ "$1" != deploy ] || [ ! -e broken ]
"#;

type Section = BTreeMap<String, String>;

/// The sections of `samconfig.toml`, by name.
fn sections() -> BTreeMap<String, Section> {
    let file = fs::read_to_string(events::root().join("samconfig.toml")).unwrap();
    let mut sections = BTreeMap::new();
    let mut name = String::new();
    for line in file.lines() {
        if let Some(head) = line.strip_prefix('[') {
            head.trim_end_matches(']').clone_into(&mut name);
        } else if let Some((key, value)) = line.split_once(" = ") {
            let section: &mut Section = sections.entry(name.clone()).or_default();
            section.insert(key.to_owned(), value.to_owned());
        }
    }
    sections
}

/// The environments, by their sections' names without `.deploy.parameters`.
fn environments() -> Vec<String> {
    let names = sections().into_keys();
    let names = names.filter_map(|name| Some(name.strip_suffix(".deploy.parameters")?.to_owned()));
    names.filter(|name| !name.ends_with("-back")).collect()
}

#[test]
fn the_way_back_differs_in_its_haste_alone() {
    let sections = sections();
    assert_eq!(environments(), ["dev", "prod", "staging"]);
    for environment in environments() {
        let mut there = sections[&format!("{environment}.deploy.parameters")].clone();
        let mut back = sections[&format!("{environment}-back.deploy.parameters")].clone();
        for section in [&mut there, &mut back] {
            section.remove("confirm_changeset");
        }
        let haste = ", \"Release=AllAtOnce\"";
        let overrides = back["parameter_overrides"].replace(haste, "");
        assert!(back["parameter_overrides"].contains(haste), "{environment}");
        back.insert("parameter_overrides".to_owned(), overrides);
        let overrides = there["parameter_overrides"].replace(haste, "");
        there.insert("parameter_overrides".to_owned(), overrides);
        assert_eq!(there, back, "{environment}");
        let packaged = &sections[&format!("{environment}.package.parameters")];
        assert_eq!(packaged["s3_prefix"], there["s3_prefix"]);
        assert_eq!(packaged["resolve_s3"], "true");
    }
}

#[test]
fn production_is_released_by_canary() {
    let all = &sections()["prod.deploy.parameters"];
    assert!(!all["parameter_overrides"].contains("Release="));
    let template = Template::read();
    let default = &template.section("Parameters")["Release"]["Default"];
    assert_eq!(default.as_str(), Some("Canary10Percent10Minutes"));
}

#[test]
fn nothing_in_iam_has_a_name_of_its_own_as_the_capability_says() {
    for (name, section) in sections() {
        if name.ends_with(".deploy.parameters") {
            assert_eq!(section["capabilities"], "\"CAPABILITY_IAM\"", "{name}");
        }
    }
    for (id, role) in Template::read().resources("AWS::IAM::Role") {
        assert!(role["Properties"].get("RoleName").is_none(), "{id}");
    }
}

/// A folder with the scripts in a repository of its own, and a SAM CLI that only notes.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(TempDir::new().unwrap());
        fs::create_dir_all(place.path("deploy")).unwrap();
        for script in ["release", "roll-back"] {
            let path = format!("deploy/{script}");
            fs::copy(events::root().join(&path), place.path(&path)).unwrap();
        }
        fs::create_dir(place.path("bin")).unwrap();
        fs::write(place.path("bin/sam"), SAM).unwrap();
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(place.path("bin/sam"), executable).unwrap();
        fs::write(place.path(".gitignore"), "/.releases\n/calls\n/broken\n").unwrap();
        place.git(&["init", "-q"]);
        place.commit("v1");
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn git(&self, arguments: &[&str]) {
        let who = ["-c", "user.name=t", "-c", "user.email=t@t.example"];
        let mut git = Command::new("git");
        git.current_dir(self.0.path()).args(who).args(arguments);
        assert!(git.status().unwrap().success(), "{arguments:?}");
    }

    fn commit(&self, tag: &str) {
        fs::write(self.path("version"), tag).unwrap();
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", tag]);
        self.git(&["tag", tag]);
    }

    fn run(&self, script: &str) -> Output {
        let mut command = Command::new("sh");
        command.args(["-c", r#"PATH="$1:$PATH" exec "$2" dev"#, "sh"]);
        command.args([self.path("bin"), self.path(script)]);
        command.env("CALLS", self.path("calls"));
        command.output().unwrap()
    }

    /// The calls of the SAM CLI since the last time.
    fn calls(&self) -> String {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        fs::write(self.path("calls"), "").unwrap();
        calls
    }

    /// The releases that are kept, by version.
    fn kept(&self) -> Vec<String> {
        let files = fs::read_dir(self.path(".releases/dev")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let yaml = names.filter(|name| Path::new(name).extension().is_some());
        let mut names: Vec<_> = yaml.collect();
        names.sort();
        let version = |name: &String| name[17..].trim_end_matches(".yaml").to_owned();
        names.iter().map(version).collect()
    }

    fn release(&self, tag: &str) {
        self.commit(tag);
        // Names begin with the second.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert!(self.run("deploy/release").status.success());
    }
}

#[test]
fn a_release_is_kept_and_the_one_before_it_comes_back_at_once() {
    let place = Place::new();
    for tag in ["v2", "v3"] {
        place.release(tag);
    }
    assert_eq!(place.kept(), ["v2", "v3"]);
    let calls = place.calls();
    let last: Vec<&str> = calls.lines().skip(3).collect();
    assert_eq!(last[0], "build");
    assert!(last[1].starts_with("package --config-env dev --output-template-file .releases/dev/"));
    assert!(last[2].starts_with("deploy --config-env dev --template-file .releases/dev/"));
    assert!(last[2].ends_with("-v3.yaml"));

    assert!(place.run("deploy/roll-back").status.success());
    let call = place.calls();
    assert!(call.starts_with("deploy --config-env dev-back --template-file .releases/dev/"));
    assert!(call.ends_with("-v2.yaml\n"), "{call}");
    assert_eq!(
        place.kept(),
        ["v2"],
        "what was taken back is none to go back to"
    );

    let refused = place.run("deploy/roll-back");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("sam deploy --config-env dev-back"));
    assert_eq!(place.calls(), "");
}

#[test]
fn a_release_that_was_undone_is_not_kept() {
    let place = Place::new();
    place.release("v2");
    place.commit("v3");
    fs::write(place.path("broken"), "").unwrap();
    assert!(!place.run("deploy/release").status.success());
    assert_eq!(place.kept(), ["v2"]);
}

#[test]
fn what_is_not_committed_is_not_released() {
    let place = Place::new();
    fs::write(place.path("version"), "changed").unwrap();
    let refused = place.run("deploy/release");
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(place.calls(), "");
}
