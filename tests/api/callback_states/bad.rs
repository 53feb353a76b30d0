//! States that are not good, each with the reason that is counted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::api_key::Scope;
use shared::jwe::Purpose;
use shared::key_ring::KeyRing;
use tests::Desk;

use super::{Bad, Callback, payload, sealed, talkative};

/// The document with one character of one of its parts changed.
fn altered(good: &str, part: usize) -> String {
    let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
    let part = &mut parts[part];
    let middle = part.len() / 2;
    let is_a = part.as_bytes().get(middle) == Some(&b'A');
    if part.is_empty() {
        part.push_str("AAAA");
    } else {
        part.replace_range(middle..=middle, if is_a { "B" } else { "A" });
    }
    parts.join(".")
}

/// The document with another algorithm in its header.
fn of_no_algorithm(good: &str) -> String {
    let (header, rest) = good.split_once('.').unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).unwrap_or_default();
    let header = String::from_utf8_lossy(&header).replace("\"dir\"", "\"none\"");
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

fn ring(kid: &str) -> KeyRing {
    KeyRing::generate(kid).unwrap_or_else(|error| panic!("{error}"))
}

/// Queries that have not one state, or one in another form.
fn misshapen(good: &str) -> Vec<Bad> {
    let without_tag = good.rsplit_once('.').map_or("", |(rest, _)| rest);
    let cases = [
        ("missing", String::new(), "missing"),
        ("another name", format!("State={good}"), "missing"),
        ("twice", format!("state={good}&state={good}"), "missing"),
        ("and garbage", format!("state={good}&state=x"), "missing"),
        ("empty", "state=".to_owned(), "malformed"),
        ("garbage", "state=garbage".to_owned(), "malformed"),
        ("markup", "state=%3Cscript%3E7781".to_owned(), "malformed"),
        ("NUL", "state=%00".to_owned(), "malformed"),
        ("not UTF-8", "state=%ff%fe".to_owned(), "malformed"),
        ("a line break", format!("state={good}%0a"), "malformed"),
        ("a space", format!("state=+{good}"), "malformed"),
        ("padded", format!("state={good}="), "malformed"),
        ("a part", format!("state={}", &good[..80]), "malformed"),
        ("without a tag", format!("state={without_tag}"), "malformed"),
        ("six parts", format!("state={good}.AAAA"), "malformed"),
    ];
    let cases = cases.into_iter();
    cases
        .map(|(case, query, reason)| (case.to_owned(), query, reason))
        .collect()
}

/// What does not open.
pub(super) fn unsound(desk: &Desk, Callback(_, purpose, other): Callback) -> Vec<Bad> {
    let (own, good) = (desk.state_ring(), desk.sealed(&talkative(desk), purpose));
    let claims = payload(desk);
    let key = desk.key("aura-bot", Scope::Internal);
    let key = key.strip_prefix("APIKEY ").unwrap_or_default().to_owned();
    let mut long = claims.clone();
    long["padding"] = json!("a".repeat(8 * 1024));
    let of = |ring: &KeyRing| sealed(ring, purpose, &claims);
    let as_a_key = sealed(&desk.key_ring(), Purpose::ApiKey, &claims);
    let mut bad = misshapen(&good);
    let documents = [
        ("over 8 KiB", sealed(&own, purpose, &long), "malformed"),
        ("another algorithm", of_no_algorithm(&good), "header"),
        ("the other's", sealed(&own, other, &claims), "header"),
        ("an APIKey", key, "header"),
        ("made as a key", as_a_key, "header"),
        ("another ring", of(&ring("other-1")), "unknown-kid"),
        ("another ring's key", of(&ring(own.active().0)), "tag"),
        ("an altered key", altered(&good, 1), "malformed"),
        ("an altered vector", altered(&good, 2), "tag"),
        ("an altered text", altered(&good, 3), "tag"),
        ("an altered tag", altered(&good, 4), "tag"),
    ];
    bad.extend(
        documents.map(|(case, text, reason)| (case.to_owned(), format!("state={text}"), reason)),
    );
    bad
}

/// Values that are no such claim, as JSON.
const UNCLAIMED: [(&str, &str); 8] = [
    (
        "iat",
        r#"["1794821454", 1.5, 18446744073709551615, null, true]"#,
    ),
    (
        "jti",
        r#"["1", 1, "00000000-0000-1000-8000-000000000000", null]"#,
    ),
    ("env", r#"[1, null, ["local"]]"#),
    (
        "auraId",
        r#"["", "a b", ".", "..", "aura-id", "auraid", "aura-id-global", "a/b", 1, null]"#,
    ),
    ("channelId", r#"["", "../app", {"id": "app"}, null]"#),
    ("locale", r#"[null, "de_DE", 7, "\"><script>"]"#),
    (
        "redirect",
        r#"[null, "", "https://app.example/linked\r\nset-cookie: a=1", ["https://app.example/linked"]]"#,
    ),
    (
        "codeVerifier",
        r#"[null, "short", "+++++++++++++++++++++++++++++++++++++++++++"]"#,
    ),
];

/// Values that are such a claim, but not a good one, with the reason.
fn refused_values(now: i64) -> [(&'static str, Value, &'static str); 11] {
    [
        ("env", json!("elsewhere"), "environment"),
        ("env", json!("Local"), "environment"),
        ("iat", json!(now - 601), "expired"),
        ("iat", json!(0), "expired"),
        ("iat", json!(-1), "expired"),
        ("iat", json!(i64::MIN), "expired"),
        ("iat", json!(now + 61), "not-yet-valid"),
        ("iat", json!(i64::MAX), "not-yet-valid"),
        ("iat", json!(now * 1000), "not-yet-valid"),
        ("channelId", json!("fax"), "channel"),
        ("channelId", json!("APP"), "channel"),
    ]
}

/// What opens and says what is not good.
pub(super) fn bad_claims(desk: &Desk, Callback(_, purpose, _): Callback) -> Vec<Bad> {
    let (ring, good) = (desk.state_ring(), payload(desk));
    let mut values = Vec::from(refused_values(desk.clock.now().secs()));
    for (name, bad) in UNCLAIMED {
        let bad: Vec<Value> = serde_json::from_str(bad).unwrap_or_else(|error| panic!("{error}"));
        values.extend(bad.into_iter().map(|value| (name, value, "claims")));
    }
    values.push(("auraId", json!("a".repeat(129)), "claims"));
    values.push(("codeVerifier", json!("v".repeat(129)), "claims"));
    let mut payloads = Vec::new();
    for (name, value, reason) in values {
        let mut claims = good.clone();
        claims[name] = value;
        payloads.push((format!("{name} {}", claims[name]), claims, reason));
    }
    for name in ["jti", "env", "auraId", "channelId", "iat"] {
        let mut claims = good.clone();
        claims.as_object_mut().map(|claims| claims.remove(name));
        payloads.push((format!("no {name}"), claims, "claims"));
    }
    for other in [json!([1]), json!("text"), json!(null)] {
        payloads.push((other.to_string(), other, "claims"));
    }
    let bad = payloads.into_iter().map(|(case, claims, reason)| {
        let query = format!("state={}", sealed(&ring, purpose, &claims));
        (case, query, reason)
    });
    bad.collect()
}
