//! `events/` has one event per operation, of its route, with a key that it admits.

use std::path::{Path, PathBuf};

use dev_server::bundle::operations;
use serde_json::Value;
use shared::api::{Access, Operation, Place};
use tests::events;

use crate::difference::{assert_same, listed, routed};

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn read(operation: &Operation) -> (String, Value) {
    let path = events::file(operation.function, operation.doc.name);
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let event = serde_json::from_str(&text).unwrap_or_default();
    (text, event)
}

#[test]
fn its_files_are_the_operations() {
    let folder = events::root().join("events");
    let files = below(&folder).into_iter().flat_map(|group| below(&group));
    let files = files.map(|file| {
        let inside = file.strip_prefix(&folder).unwrap();
        inside.display().to_string()
    });
    let code = routed(|row| format!("{}/{}.json", row.function, row.doc.name));
    assert_same(&code, &listed("events/", files));
}

#[test]
fn each_is_of_its_route() {
    let route = |row: &Operation| format!("{}: {} {}", row.doc.name, row.method, row.path);
    let rows = operations();
    let events: Vec<_> = rows.iter().map(|row| (row.doc.name, read(row).1)).collect();
    let keys = events.iter().map(|(name, event)| {
        let key = event["routeKey"].as_str().unwrap_or_default();
        format!("{name}: {key}")
    });
    assert_same(&routed(route), &listed("events/", keys));
    for (name, event) in &events {
        let context = &event["requestContext"];
        let method = context["http"]["method"].as_str().unwrap_or_default();
        let route = event["routeKey"].as_str().unwrap_or_default();
        assert_eq!(event["version"], "2.0", "{name}");
        assert_eq!(context["routeKey"], route, "{name}");
        assert_eq!(context["stage"], "$default", "{name}");
        assert_eq!(Some(method), route.split(' ').next(), "{name}");
        assert_eq!(context["http"]["path"], event["rawPath"], "{name}");
        assert_eq!(event["rawPath"], path_of(event), "{name}");
        assert_eq!(event["rawQueryString"], query_of(event), "{name}");
    }
}

/// The event's query parameters, as a query; none of the samples needs escaping.
fn query_of(event: &Value) -> String {
    let parameters = event["queryStringParameters"].as_object();
    let members = parameters.into_iter().flatten();
    let members =
        members.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
    members.collect::<Vec<_>>().join("&")
}

/// The route's path with the event's parameters in place.
fn path_of(event: &Value) -> String {
    let route = event["routeKey"].as_str().unwrap_or_default();
    let mut path = route
        .split_once(' ')
        .map_or("", |(_, path)| path)
        .to_owned();
    for (name, value) in event["pathParameters"].as_object().into_iter().flatten() {
        path = path.replace(&format!("{{{name}}}"), value.as_str().unwrap_or_default());
    }
    path
}

#[test]
fn each_has_the_key_and_the_parameters_that_it_needs() {
    for operation in operations() {
        let (name, (text, event)) = (operation.doc.name, read(&operation));
        match (operation.access, events::placeholder(&text)) {
            (Access::Client, None) => {
                assert!(text.contains("Basic {{client-credentials}}"), "{name}");
            }
            (Access::Session, None) => {
                assert!(text.contains("Bearer {{session-token}}"), "{name}");
            }
            (access, None) => assert_eq!(access, Access::None, "{name} has no key"),
            (access, Some((_, app))) => {
                let admitted = access.admits(events::scope(&app));
                assert!(admitted, "{name} does not admit {app}");
            }
        }
        assert_eq!(
            event["body"].is_string(),
            operation.doc.body.is_some(),
            "{name}"
        );
        for parameter in operation.doc.parameters {
            let place = match parameter.place {
                Place::Header => "headers",
                Place::Path => "pathParameters",
                Place::Query => "queryStringParameters",
            };
            let there = event[place][parameter.name].is_string();
            assert!(there || !parameter.required, "{name}: {}", parameter.name);
        }
    }
}
