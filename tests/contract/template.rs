//! `template.yaml` deploys exactly the functions and routes of the code.

use std::collections::BTreeSet;

use dev_server::bundle::operations;
use dev_server::local_env::ENVIRONMENT;
use serde_yaml_ng::Value;
use tests::desk::local_env;
use tests::events;

use crate::difference::{assert_same, listed};
use crate::policies;
use crate::template_file::{Function, Template, mapping, pascal, text};

fn routes_of(function: &Function) -> Vec<(String, Value)> {
    let all = mapping(&function.properties["Events"]).iter();
    all.map(|(id, event)| (text(id), event.clone())).collect()
}

#[test]
fn its_events_are_the_routes() {
    let template = Template::read();
    let rows = template.functions().into_iter().flat_map(|function| {
        let row = |(id, event): (String, Value)| {
            let (method, path) = (&event["Properties"]["Method"], &event["Properties"]["Path"]);
            let (method, path) = (text(method).to_ascii_uppercase(), text(path));
            format!("{}: {method} {path} {id}", function.package)
        };
        routes_of(&function)
            .into_iter()
            .map(row)
            .collect::<Vec<_>>()
    });
    let code = operations().into_iter().flat_map(|row| {
        let (function, id) = (row.function, pascal(row.doc.name));
        let paths = row.paths().zip([id.clone(), format!("{id}WithSlash")]);
        let rows = paths.map(|(path, id)| format!("{function}: {} {path} {id}", row.method));
        rows.collect::<Vec<_>>()
    });
    assert_same(
        &listed("the route tables", code),
        &listed("template.yaml", rows),
    );
}

#[test]
fn every_event_comes_from_the_one_api_in_payload_format_2() {
    let template = Template::read();
    for function in template.functions() {
        for (id, event) in routes_of(&function) {
            let properties = &event["Properties"];
            assert_eq!(text(&event["Type"]), "HttpApi", "{id}");
            assert_eq!(text(&properties["ApiId"]), "Api", "{id}");
            assert_eq!(text(&properties["PayloadFormatVersion"]), "2.0", "{id}");
        }
    }
    let api = template.resources("AWS::Serverless::HttpApi");
    assert_eq!(api.len(), 1);
    // A named stage would stay in the path and match no route.
    assert_eq!(text(&api[0].1["Properties"]["StageName"]), "$default");
}

#[test]
fn throttled_routes_exist() {
    let template = Template::read();
    let known: BTreeSet<String> = operations()
        .iter()
        .flat_map(|row| {
            let method = row.method.clone();
            row.paths().map(move |path| format!("{method} {path}"))
        })
        .collect();
    for (_, api) in template.resources("AWS::Serverless::HttpApi") {
        for route in mapping(&api["Properties"]["RouteSettings"]).keys() {
            assert!(known.contains(&text(route)), "no route {route:?}");
        }
    }
}

#[test]
fn a_function_has_one_name_in_all_its_forms() {
    for function in Template::read().functions() {
        let (package, properties) = (&function.package, &function.properties);
        assert_eq!(function.logical_id, pascal(package));
        assert_eq!(text(&properties["CodeUri"]), format!("functions/{package}"));
        assert_eq!(
            text(&properties["FunctionName"]),
            format!("aura-authentication-${{Environment}}-{package}")
        );
    }
}

#[test]
fn each_function_has_the_variables_that_the_dev_server_gives_it() {
    let template = Template::read();
    let env = local_env("http://127.0.0.1:4566");
    for function in template.functions() {
        let shown = |name: &str, value: String| match name {
            // Another on a desk than in a deployment.
            "AWS_ENDPOINT_URL" | "BASE_URL" | "DIRECT_LINE_URL" | "KERNEL_URL" | "STORAGE_NAME" => {
                format!("{name}=")
            }
            _ => format!("{name}={value}"),
        };
        let given = env.template_variables(&function.package).into_iter();
        let given = given.map(|(name, value)| shown(name, value));
        let declared = function.variables.iter();
        let declared =
            declared.map(|(name, value)| shown(name, template.resolved(value, ENVIRONMENT)));
        assert_same(
            &listed("the dev server", given),
            &listed("template.yaml", declared),
        );
    }
}

#[test]
fn sam_local_gets_the_variables_of_every_function() {
    let template = Template::read();
    let env = local_env("http://127.0.0.1:4566").sam_env();
    let functions = env.as_object().unwrap().iter();
    let row = |function: &str, variable: &str| format!("{function}: {variable}");
    let written = functions.flat_map(|(function, variables)| {
        let names = variables.as_object().unwrap().keys();
        names.map(move |name| row(function, name))
    });
    let declared = template.functions().into_iter().flat_map(|function| {
        let names = function.variables.into_keys();
        names
            .map(|name| row(&function.logical_id, &name))
            .collect::<Vec<_>>()
    });
    assert_same(
        &listed("sam-env.json", written),
        &listed("template.yaml", declared),
    );
}

/// Who may read which secret's value: the design's list, once more.
const READERS: [(&str, &[&str]); 7] = [
    (
        "KeyRingSecret",
        &[
            "direct-line-token",
            "monitoring",
            "user-lookup",
            "user-registration",
            "user-removal",
        ],
    ),
    (
        "DigestKeySecret",
        &[
            "end-user-authentication",
            "user-lookup",
            "user-registration",
            "user-removal",
        ],
    ),
    (
        "StateRingSecret",
        &["monitoring", "user-registration", "user-removal"],
    ),
    ("SigningKeysSecret", &["user-registration"]),
    ("KernelClientSecret", &["user-registration"]),
    ("DirectLineSecret", &["direct-line-token"]),
    ("CopilotSecret", &["end-user-authentication"]),
];

/// The statements of a function's role that let it read secrets, as text.
fn secret_reads(function: &Function) -> Vec<String> {
    let role = format!("{}Role", function.logical_id);
    let all = policies::statements().into_iter();
    let reads = all.filter(|one| {
        let action = format!("{:?}", one.value["Action"]);
        one.resource == role && (action.contains("GetSecretValue") || action.contains('*'))
    });
    reads
        .map(|one| format!("{:?}", one.value["Resource"]))
        .collect()
}

#[test]
fn each_secret_is_read_by_those_alone_who_need_it() {
    let functions = Template::read().functions();
    for function in &functions {
        let everything = secret_reads(function).iter().any(|read| read.contains('*'));
        assert!(!everything, "{} reads everything", function.package);
    }
    let secrets = Template::read()
        .resources("AWS::SecretsManager::Secret")
        .len();
    assert_eq!(secrets, READERS.len(), "a secret that the table has not");
    for (secret, expected) in READERS {
        let reads = |function: &&Function| {
            let quoted = format!("\"{secret}\"");
            secret_reads(function)
                .iter()
                .any(|read| read.contains(&quoted))
        };
        let mut readers: Vec<_> = functions.iter().filter(reads).collect();
        readers.sort_by(|one, other| one.package.cmp(&other.package));
        let readers: Vec<_> = readers.iter().map(|function| &*function.package).collect();
        assert_eq!(readers, expected, "{secret}");
    }
}

/// An event without its values, and without the headers: those are the caller's.
fn shape(event: &serde_json::Value) -> serde_json::Value {
    let members = event.as_object().into_iter().flatten();
    let members = members.filter(|(name, _)| *name != "headers");
    members
        .map(|(name, member)| (name.clone(), shape(member)))
        .collect()
}

#[test]
fn the_health_check_of_the_schedule_is_an_event_of_the_gateway() {
    let template = Template::read();
    let rules = template.resources("AWS::Events::Rule");
    let [(_, rule)] = &rules[..] else {
        panic!("one schedule, not {}", rules.len())
    };
    let input = text(&rule["Properties"]["Targets"][0]["Input"]);
    let event: serde_json::Value = serde_json::from_str(&input).unwrap();
    let sample = events::file("monitoring", "check_health");
    let sample = std::fs::read_to_string(sample).unwrap();
    let sample: serde_json::Value = serde_json::from_str(&sample).unwrap();
    assert_eq!(shape(&event), shape(&sample));
    assert!(event["headers"].is_object());
    for same in [
        "/version",
        "/routeKey",
        "/rawPath",
        "/requestContext/routeKey",
        "/requestContext/http/method",
        "/requestContext/http/path",
        "/requestContext/stage",
    ] {
        assert_eq!(event.pointer(same), sample.pointer(same), "{same}");
    }
}
