//! One operation, one name: its handler has a file of that name in its function's package.

use dev_server::bundle::operations;
use tests::events;

use crate::difference::{assert_same, listed};

#[test]
fn every_operation_has_its_handler_in_a_file_of_its_name() {
    for operation in operations() {
        let (function, name) = (operation.function, operation.doc.name);
        let path = format!("functions/{function}/src/{name}.rs");
        let source = std::fs::read_to_string(events::root().join(&path));
        let source = source.unwrap_or_else(|error| panic!("no {path}: {error}"));
        let handler = format!("async fn {name}(");
        assert!(source.contains(&handler), "no {handler}) in {path}");
    }
}

#[test]
fn names_are_a_verb_and_a_resource() {
    for operation in operations() {
        let name = operation.doc.name;
        let words: Vec<&str> = name.split('_').collect();
        let lower = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
        // What is pinged is the API itself.
        let named = words.len() >= 2 || name == "ping";
        assert!(named && words.iter().all(lower), "{name}");
    }
}

#[test]
fn every_folder_of_a_function_is_a_package_of_the_bundle() {
    let folders = std::fs::read_dir(events::root().join("functions")).unwrap();
    let folders = folders.map(|entry| {
        let folder = entry.unwrap().path();
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap();
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name}");
        name.to_owned()
    });
    let mut bundled: Vec<_> = operations()
        .iter()
        .map(|row| row.function.to_owned())
        .collect();
    bundled.dedup();
    assert_same(
        &listed("the bundle", bundled),
        &listed("functions/", folders),
    );
}
