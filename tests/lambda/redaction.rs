//! What the processes print, at their usual level and at their finest: no key, secret, token, phone number or id of anybody, on
//! whichever path a request ends.

use std::collections::BTreeSet;

use dev_server::bundle::operations;
use serde_json::Value;
use shared::api::Operation;
use tests::{Bootstrap, Call, Desk, Fault, bootstrap, events};

const USER_ID: &str = "user-5d20cc41";
const AUTHORIZATION_ID: &str = "authorization-5d20cc41";
const AURA_ID: &str = "whatsapp:34677005511";
const NUMBER: &str = "+34677005511";
const GLOBAL_ID: &str = "5d20cc41-70a1-4c0e-9d55-0b6a4b1f7c11";
/// What callers may find again in the log, so that a search that finds nothing is known to search.
const CORRELATOR: &str = "seen-in-the-log";
/// Secrets are looked for in pieces of so many characters.
const PIECE: usize = 16;

/// What becomes of the calls to the store, the secrets and Direct Line.
const FAULTS: [Fault; 6] = [
    Fault::None,
    Fault::Error(400, "ResourceNotFoundException"),
    Fault::Error(500, "InternalServerError"),
    Fault::Error(401, "Unauthorized"),
    Fault::HalfAnswer,
    Fault::Refused,
];

/// The pieces of a secret text's long words.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let words = text.split(move |c| !is_part(c));
    let long = words.filter(|word| word.len() >= 40);
    long.flat_map(|word| word.as_bytes().chunks_exact(PIECE))
        .map(|piece| String::from_utf8_lossy(piece).into_owned())
}

/// Everything that must not be printed.
struct Words(BTreeSet<String>);

impl Words {
    fn of(desk: &Desk) -> Self {
        let names = &desk.names;
        let secrets = [
            &names.key_ring_secret,
            &names.state_ring_secret,
            &names.digest_key_secret,
            &names.signing_keys_secret,
            &names.direct_line_secret,
            &names.kernel_client_secret,
            &names.copilot_secret,
        ];
        let texts = secrets.map(|name| desk.secrets.get(name).unwrap_or_default());
        let personal = [
            USER_ID,
            AUTHORIZATION_ID,
            AURA_ID,
            GLOBAL_ID,
            NUMBER,
            &NUMBER[1..],
            "%2B34677005511",
        ];
        let words = texts.iter().flat_map(|text| pieces(text));
        Self(words.chain(personal.map(str::to_owned)).collect())
    }

    /// Takes the key of an event in, and what it was answered.
    fn learn(&mut self, event: &Value, answer: &str) {
        let key = event["headers"]["authorization"].as_str();
        let secret = key
            .and_then(|key| key.split_once(".."))
            .map(|parts| parts.1);
        self.0.extend(secret.into_iter().flat_map(pieces));
        let body = event["body"].as_str();
        let signed = body
            .into_iter()
            .chain(key.filter(|key| !key.starts_with("APIKEY")));
        self.0.extend(
            signed
                .flat_map(pieces)
                .filter(|piece| !piece.starts_with("eyJ0eX")),
        );
        let answer: Value = serde_json::from_str(answer).unwrap_or_default();
        for member in ["auraId", "auraIdGlobal", "receiptId"] {
            let id = answer[member].as_str().map(str::to_owned);
            self.0.extend(id.filter(|_| member != "receiptId"));
        }
        for member in ["token", "streamUrl", "access_token", "auth_key"] {
            let secret = answer[member].as_str().unwrap_or_default();
            self.0.extend(pieces(secret));
        }
    }

    fn assert_in_none_of(&self, lines: &[String]) {
        for line in lines {
            for word in &self.0 {
                assert!(!line.contains(word.as_str()), "{word} is in {line}");
            }
        }
    }
}

/// The operation's sample event with this personal data.
fn event(desk: &Desk, operation: &Operation) -> Value {
    let mut event = events::fresh(desk, operation.function, operation.doc.name);
    let parameter = match operation.path.rsplit_once('{').map(|(_, name)| name) {
        Some("phone_number}") => Some(NUMBER),
        Some("aura_id_global}") => Some(GLOBAL_ID),
        Some(_) => Some(AURA_ID),
        None => None,
    };
    if let Some(value) = parameter {
        events::set_parameter(&mut event, value);
    }
    for (header, value) in [
        ("x-user-id", USER_ID),
        ("x-authorization-id", AUTHORIZATION_ID),
        ("x-phone-number", NUMBER),
        ("x-correlator", CORRELATOR),
    ] {
        event["headers"][header] = value.into();
    }
    event["rawQueryString"] = format!("number={NUMBER}&id={AURA_ID}").into();
    event
}

/// The event in all the ways in which it can be wrong.
fn variants(desk: &Desk, operation: &Operation) -> Vec<Value> {
    let good = event(desk, operation);
    let with = |header: &str, value: Value| {
        let mut changed = good.clone();
        changed["headers"][header] = value;
        changed
    };
    let key = good["headers"]["authorization"]
        .as_str()
        .unwrap_or("APIKEY x");
    let mut without_key = good.clone();
    without_key["headers"]
        .as_object_mut()
        .map(|headers| headers.remove("authorization"));
    let mut variants = vec![
        good.clone(),
        without_key,
        with("authorization", format!("{key}x").into()),
        with("authorization", key.replace("APIKEY", "Bearer").into()),
        with(
            "authorization",
            desk.key("shop", shared::api_key::Scope::Public).into(),
        ),
        with("x-user-id", format!("{USER_ID} {NUMBER}").into()),
        with("x-phone-number", format!("{NUMBER},{NUMBER}").into()),
        with("x-channel-id", AURA_ID.into()),
        with("accept", format!("text/{AURA_ID}").into()),
        with("if-none-match", NUMBER.into()),
    ];
    if operation.path.contains('{') {
        let mut bad = good.clone();
        events::set_parameter(&mut bad, &format!("{NUMBER} {AURA_ID}"));
        variants.push(bad);
    }
    variants
}

async fn drive(desk: &Desk, function: &str, level: &str) {
    let mut variables = bootstrap::variables(function, &desk.env);
    variables.retain(|(name, _)| name != "LOG_LEVEL");
    variables.push(("LOG_LEVEL".to_owned(), level.into()));
    let mut words = Words::of(desk);
    let process = Bootstrap::start(function, variables).await;
    process.initialised().await;
    let mut sent = 0;
    for fault in FAULTS {
        let healthy = matches!(fault, Fault::None);
        let same = fault.clone();
        desk.proxy.plan(move |_: &Call| fault.clone());
        desk.direct_line.plan(move |_: &Call| same.clone());
        for operation in operations().iter().filter(|row| row.function == function) {
            let all = variants(desk, operation);
            // A refused request is no other when the store is away: the good one is enough then.
            let tried = if healthy { all.len() } else { 1 };
            for event in all.into_iter().take(tried) {
                let answer = process.invoke(&event).await;
                words.learn(&event, &String::from_utf8_lossy(&answer.body));
                sent += 1;
            }
        }
    }
    desk.proxy.heal();
    process.terminate();
    let lines = process.ended().await.lines;
    let found = lines.iter().filter(|line| line.contains(CORRELATOR));
    assert_eq!(found.count(), sent, "{function}: a line for each request");
    words.assert_in_none_of(&lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_or_personal_is_printed() {
    let functions: BTreeSet<_> = operations().iter().map(|row| row.function).collect();
    for function in functions {
        for level in ["INFO", "TRACE"] {
            drive(&Desk::start().await, function, level).await;
        }
    }
}
