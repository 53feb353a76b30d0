//! The functions' binaries: every binary of the workspace is built once, the way that this test was.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A function's binary.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn binary(function: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(build).join(function)
}

/// What cargo tells a test of its package. Build scripts watch some of it: passed on, everything would be built anew.
const OF_THIS_PACKAGE: [&str; 17] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_MANIFEST_LINKS",
    "CARGO_PKG_AUTHORS",
    "CARGO_PKG_DESCRIPTION",
    "CARGO_PKG_HOMEPAGE",
    "CARGO_PKG_LICENSE",
    "CARGO_PKG_LICENSE_FILE",
    "CARGO_PKG_NAME",
    "CARGO_PKG_README",
    "CARGO_PKG_REPOSITORY",
    "CARGO_PKG_RUST_VERSION",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// The tests run from `<target>/<profile>/deps`.
fn build() -> PathBuf {
    let this = std::env::current_exe().unwrap_or_else(|error| panic!("{error}"));
    let folders: Vec<&Path> = this.ancestors().skip(2).take(2).collect();
    let [profile_folder, target] = folders[..] else {
        panic!("not in a target folder: {}", this.display());
    };
    let profile = match profile_folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let mut cargo = Command::new(env!("CARGO"));
    for variable in OF_THIS_PACKAGE {
        cargo.env_remove(variable);
    }
    let built = cargo
        .args(["build", "--workspace", "--bins", "--quiet"])
        .args(["--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap_or_else(|error| panic!("cannot run cargo: {error}"));
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "cannot build the functions: {said}");
    profile_folder.to_owned()
}
