//! `docs/openapi.yaml` is the document that the route tables make. `UPDATE_DOCS=1` writes it anew.

use dev_server::openapi::document;
use serde_yaml_ng::Value;
use shared::api::Place;
use tests::events;

use crate::difference::{assert_same, listed, routed};
use crate::template_file::{mapping, text};

#[expect(
    clippy::disallowed_methods,
    reason = "not a setting of the product: it tells the test to write instead of to compare"
)]
fn told_to_update() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

fn made() -> String {
    document().to_yaml().unwrap()
}

#[test]
fn the_file_is_what_the_code_makes() {
    let path = events::root().join("docs/openapi.yaml");
    if told_to_update() {
        std::fs::write(&path, made()).unwrap();
    }
    let (file, made) = (std::fs::read_to_string(&path).unwrap_or_default(), made());
    let (mut old, mut new) = (file.lines(), made.lines());
    for line in 1.. {
        let (old, new) = (old.next(), new.next());
        assert_eq!(old, new, "line {line}: write it anew with UPDATE_DOCS=1");
        if old.is_none() {
            break;
        }
    }
    assert_eq!(file, made, "only the ends of lines differ");
}

#[test]
fn its_operations_are_the_routes() {
    let document: Value = serde_yaml_ng::from_str(&made()).unwrap();
    let paths = mapping(&document["paths"]).iter();
    let rows = paths.flat_map(|(path, item)| {
        let operations = mapping(item).iter();
        let row = move |(method, operation): (&Value, &Value)| {
            let (method, id) = (text(method).to_ascii_uppercase(), &operation["operationId"]);
            let tag = text(&operation["tags"][0]);
            format!("{tag}: {method} {} {}", text(path), text(id))
        };
        operations.map(row).collect::<Vec<_>>()
    });
    let code = routed(|row| {
        let (function, name) = (row.function, row.doc.name);
        format!("{function}: {} {} {name}", row.method, row.path)
    });
    assert_same(&code, &listed("the OpenAPI document", rows));
}

#[test]
fn what_it_refers_to_is_there() {
    let document: Value = serde_yaml_ng::from_str(&made()).unwrap();
    let made = made();
    let references = made.lines().filter_map(|line| line.split_once("$ref: "));
    let mut count = 0;
    for (_, reference) in references {
        let path = reference.trim_matches(['\'', '"']).strip_prefix("#/");
        let steps = path.unwrap_or_default().split('/');
        let found = steps.fold(&document, |at, step| &at[step]);
        assert!(!found.is_null(), "nothing at {reference}");
        count += 1;
    }
    assert!(count > 0, "no references in the document");
}

#[test]
fn path_parameters_are_described() {
    for operation in dev_server::bundle::operations() {
        let described = operation.doc.parameters.iter();
        let described = described.filter(|parameter| parameter.place == Place::Path);
        let described: Vec<_> = described.map(|one| format!("{{{}}}", one.name)).collect();
        let in_path = operation.path.split('/').filter(|s| s.starts_with('{'));
        let in_path: Vec<_> = in_path.collect();
        assert_eq!(described, in_path, "{}", operation.doc.name);
    }
}
