//! What the functions call is what their roles allow, both ways: the calls of a walk through every operation, decided by the
//! template's statements as IAM decides. On a desk nothing is refused; on AWS a call without its statement is.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use dev_server::bundle::{Bundle, bundle, operations};
use dev_server::local_env::ENVIRONMENT;
use futures_util::future::join_all;
use serde_json::Value as Json;
use serde_yaml_ng::Value;
use shared::control::RevokedKey;
use shared::metrics::Flusher;
use shared::settings::Env;
use tests::{Call, Desk, Fault, events, table};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::policies::{Statement, statements, texts};
use crate::template_file::{Template, mapping, pascal, text};

/// One thing that a function asked AWS to do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    function: String,
    action: String,
    /// The logical id of the table or secret.
    resource: String,
    /// The partition, of a table.
    key: Option<String>,
}

/// A member of a transaction, by the action that allows it.
const OF_TRANSACTIONS: [(&str, &str); 4] = [
    ("Put", "PutItem"),
    ("Update", "UpdateItem"),
    ("Delete", "DeleteItem"),
    ("ConditionCheck", "ConditionCheckItem"),
];

/// The action and the request of each thing that a call asks for.
fn parts(call: &Call) -> Vec<(String, Json)> {
    let body: Json = serde_json::from_slice(&call.body).unwrap();
    match call.operation.as_str() {
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().unwrap().iter();
            let parts = items.flat_map(|item| {
                let part = |(member, action): &(&str, &str)| {
                    Some(((*action).to_owned(), item.get(member)?.clone()))
                };
                OF_TRANSACTIONS.iter().filter_map(part).collect::<Vec<_>>()
            });
            parts.collect()
        }
        "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().unwrap().iter();
            let parts = tables.flat_map(|(table, requests)| {
                let requests = requests.as_array().unwrap().iter();
                requests.map(move |request| {
                    let mut part = request["DeleteRequest"].clone();
                    part["TableName"] = table.as_str().into();
                    ("BatchWriteItem".to_owned(), part)
                })
            });
            parts.collect()
        }
        operation => vec![(operation.to_owned(), body)],
    }
}

/// What a call asks for; nothing when no function made it.
fn asked(template: &Template, call: &Call) -> Vec<Asked> {
    let credential = call.headers["authorization"].to_str().unwrap();
    let (_, id) = credential.split_once("Credential=").unwrap();
    let function = id.split('/').next().unwrap().to_owned();
    let of_call = |(action, part): (String, Json)| {
        let key = ["Key", "Item"].map(|member| part[member]["pk"]["S"].as_str());
        let queried = part["ExpressionAttributeValues"][":pk"]["S"].as_str();
        let [of_key, of_item] = key;
        let name = part["TableName"].as_str();
        let service = name.map_or("secretsmanager", |_| "dynamodb");
        let name = name.or(part["SecretId"].as_str()).unwrap();
        Asked {
            function: function.clone(),
            action: format!("{service}:{action}"),
            resource: named(template, name),
            key: of_key.or(of_item).or(queried).map(str::to_owned),
        }
    };
    parts(call).into_iter().map(of_call).collect()
}

/// The table or secret that has this name in the walk's environment.
fn named(template: &Template, name: &str) -> String {
    let kinds = ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"];
    let mut all = kinds.into_iter().flat_map(|kind| template.resources(kind));
    let found = all.find(|(_, resource)| {
        let own = &resource["Properties"];
        let own = own.get("TableName").or(own.get("Name")).unwrap();
        template.resolved(own, ENVIRONMENT) == name
    });
    found.unwrap_or_else(|| panic!("no {name}")).0
}

/// The resources that a statement is about, by their logical ids.
fn resources(template: &Template, value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(items) => items
            .iter()
            .flat_map(|one| resources(template, one))
            .collect(),
        Value::Tagged(tagged) if tagged.tag == "If" => {
            resources(template, template.branch(&tagged.value))
        }
        other => vec![text(other).trim_end_matches(".Arn").to_owned()],
    }
}

/// The partitions that a statement is about; none where it is about all.
fn partitions(statement: &Statement) -> Vec<String> {
    let conditions = mapping(&statement.value["Condition"]).values();
    let keys = conditions.map(|condition| &condition["dynamodb:LeadingKeys"]);
    keys.flat_map(texts).collect()
}

fn fits(pattern: &str, key: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => key.starts_with(start),
        None => key == pattern,
    }
}

/// Whether a statement allows it; if so, `used` gets what of the statement that took.
fn allows(
    template: &Template,
    one: &Statement,
    asked: &Asked,
    used: &mut BTreeSet<String>,
) -> bool {
    let role = format!("{}Role", pascal(&asked.function));
    let about = resources(template, &one.value["Resource"]);
    let actions = texts(&one.value["Action"]);
    let mut keys = partitions(one);
    let unlimited = keys.is_empty();
    keys.retain(|pattern| asked.key.as_ref().is_some_and(|key| fits(pattern, key)));
    let allowed = one.resource == role
        && actions.contains(&asked.action)
        && about.contains(&asked.resource)
        && (unlimited || !keys.is_empty());
    if allowed {
        let words = [asked.action.clone(), asked.resource.clone()];
        let words = words.into_iter().chain(keys);
        used.extend(words.map(|word| format!("{role} {}: {word}", one.sid)));
    }
    allowed
}

/// Everything that the statements about tables and secrets allow, word by word.
fn allowed(template: &Template, all: &[Statement]) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for one in all.iter().filter(|one| one.resource.ends_with("Role")) {
        let actions = texts(&one.value["Action"]);
        let ours =
            |action: &String| action.starts_with("dynamodb:") || action.starts_with("secrets");
        if actions.iter().any(ours) {
            let about = resources(template, &one.value["Resource"]);
            let all = actions.into_iter().chain(about).chain(partitions(one));
            words.extend(all.map(|word| format!("{} {}: {word}", one.resource, one.sid)));
        }
    }
    words
}

/// Instances whose credentials tell which function calls.
async fn instances(desk: &Desk) -> Bundle {
    let env = |name: &str| {
        let lambda = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", name),
            ("AWS_SECRET_ACCESS_KEY", "local"),
        ];
        let lambda = lambda.map(|(name, value)| (name, value.to_owned()));
        Env::from_pairs(desk.env.template_variables(name).into_iter().chain(lambda))
    };
    bundle(env, &desk.clock.clock()).await.unwrap()
}

/// Sends the sample event of an operation, with these of its headers changed.
async fn send(desk: &Desk, bundle: &Bundle, function: &str, name: &str, changes: &[(&str, &str)]) {
    let mut event = events::fresh(desk, function, name);
    for (header, value) in changes {
        event["headers"][*header] = (*value).into();
    }
    let word = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let (path, query) = (word(&event["rawPath"]), word(&event["rawQueryString"]));
    let method = word(&event["requestContext"]["http"]["method"]);
    let mut request = Request::builder()
        .method(&*method)
        .uri(format!("{path}?{query}"));
    for (header, value) in event["headers"].as_object().unwrap() {
        request = request.header(header, word(value));
    }
    let request = request.body(Body::from(word(&event["body"]))).unwrap();
    let answer = bundle.router.clone().oneshot(request).await;
    drop(answer.unwrap_or_else(|never| match never {}));
}

/// Persons go before the lists of their numbers, as time to live takes items in any order.
async fn lose_persons(desk: &Desk) {
    let name = &desk.names.users_table;
    let items = table::scan(&desk.dynamodb, name).await.into_iter();
    for item in items.filter(|item| table::partition(item).starts_with("PERSON#")) {
        let delete = desk.dynamodb.delete_item().table_name(name);
        let delete = delete.key("pk", item["pk"].clone());
        delete.key("sk", item["sk"].clone()).send().await.unwrap();
    }
}

/// Every operation, and what happens seldom: renewed logins, links that fail, instances that end or fall silent.
async fn walk(desk: &Desk, bundle: &Bundle) {
    for row in operations() {
        send(desk, bundle, row.function, row.doc.name, &[]).await;
    }
    let renewed = [
        ("x-authorization-id", "2"),
        ("x-phone-number", "+34600000002"),
    ];
    let elsewhere = [("x-channel-id", "app")];
    for changes in [&[][..], &elsewhere, &renewed] {
        for name in ["create_user", "find_or_create_user"] {
            send(desk, bundle, "user-registration", name, changes).await;
        }
    }
    send(desk, bundle, "user-removal", "delete_user", &[]).await;
    send(desk, bundle, "user-registration", "create_user", &[]).await;
    send(desk, bundle, "user-removal", "unlink_account", &[]).await;
    let erase = "erase_users_by_phone_number";
    send(desk, bundle, "user-removal", erase, &[]).await;
    send(
        desk,
        bundle,
        "user-registration",
        "find_or_create_user",
        &[],
    )
    .await;
    lose_persons(desk).await;
    send(desk, bundle, "user-removal", erase, &[]).await;
    desk.kernel.plan(|_| Fault::Error(500, "down"));
    send(desk, bundle, "user-registration", "link_account", &[]).await;
    join_all(bundle.flushers.iter().map(Flusher::flush)).await;
    desk.clock.advance(Duration::from_hours(25));
    send(desk, bundle, "monitoring", "get_metrics", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_allow_what_the_functions_call_and_nothing_that_they_do_not() {
    let (template, mut all) = (Template::read(), statements());
    // Who may take a role on is said without a resource.
    all.retain(|one| one.value.get("Resource").is_some());
    let desk = Desk::start().await;
    // So that there is a list of revoked keys to read.
    let revoked_at = desk.clock.now();
    let (jti, exp) = (Uuid::new_v4(), revoked_at.secs() + 60);
    let revoked = RevokedKey {
        jti,
        exp,
        revoked_at,
    };
    desk.control().revoke(&revoked).await.unwrap();
    let bundle = instances(&desk).await;
    walk(&desk, &bundle).await;
    join_all(bundle.flushers.iter().map(Flusher::end)).await;
    let mut used = BTreeSet::new();
    let mut refused = BTreeSet::new();
    let functions: Vec<_> = template
        .functions()
        .into_iter()
        .map(|one| one.package)
        .collect();
    for call in desk.proxy.take_calls() {
        for asked in asked(&template, &call) {
            let known = functions.contains(&asked.function);
            let mut granted = false;
            for one in &all {
                granted |= allows(&template, one, &asked, &mut used);
            }
            if known && !granted {
                refused.insert(asked);
            }
        }
    }
    assert!(refused.is_empty(), "AWS would refuse {refused:#?}");
    let never: Vec<_> = allowed(&template, &all)
        .difference(&used)
        .cloned()
        .collect();
    assert!(never.is_empty(), "allowed and never asked for: {never:#?}");
}
