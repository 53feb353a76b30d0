//! Who may call what: the contract's table once more, word by word, and every way in which a key can be wrong.
//!
//! Keys are sealed here by a second implementation of RFC 7516 and RFC 7518 5.2, made from the RFCs, so that a mistake in
//! the first one shows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit as _};
use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha512;
use shared::api::{Access, Effect};
use shared::clock::Timestamp;
use shared::control::RevokedKey;
use shared::key_ring::KeyRing;
use tests::answer::Answer;
use tests::{Desk, Fault, desk, table};
use uuid::Uuid;

/// One line of the contract's table, and a request for it that is good but for its key.
struct Row {
    method: &'static str,
    path: &'static str,
    admits: &'static [&'static str],
    writes: bool,
    function: &'static str,
    url: &'static str,
    /// The same request with a parameter that is wrong.
    bad_url: &'static str,
    /// What the good request answers on a desk without users.
    answers: u16,
}

const CONTRACT: [Row; 11] = [
    Row {
        method: "GET",
        path: "/users/aura-id",
        admits: &["kernel"],
        writes: true,
        function: "user-registration",
        url: "/users/aura-id",
        bad_url: "/users/aura-id",
        answers: 200,
    },
    Row {
        method: "GET",
        path: "/users/aura-id/{auraId}",
        admits: &["internal"],
        writes: true,
        function: "user-registration",
        url: "/users/aura-id/w1",
        bad_url: "/users/aura-id/%FF",
        answers: 200,
    },
    Row {
        method: "DELETE",
        path: "/admin/users/phone-numbers/{phone_number}",
        admits: &["kernel"],
        writes: true,
        function: "user-removal",
        url: "/admin/users/phone-numbers/+34600000009",
        bad_url: "/admin/users/phone-numbers/nonsense",
        answers: 200,
    },
    Row {
        method: "DELETE",
        path: "/users/{auraId}",
        admits: &["internal", "kernel"],
        writes: true,
        function: "user-removal",
        url: "/users/nobody",
        bad_url: "/users/..",
        answers: 404,
    },
    Row {
        method: "GET",
        path: "/users/{auraId}",
        admits: &["internal"],
        writes: false,
        function: "user-lookup",
        url: "/users/nobody",
        bad_url: "/users/%20",
        answers: 404,
    },
    Row {
        method: "GET",
        path: "/users/aura-id-global/{aura_id_global}",
        admits: &["kernel"],
        writes: false,
        function: "user-lookup",
        url: "/users/aura-id-global/nobody",
        bad_url: "/users/aura-id-global/%2e%2e",
        answers: 404,
    },
    Row {
        method: "GET",
        path: "/token",
        admits: &["internal", "kernel", "public"],
        writes: false,
        function: "direct-line-token",
        url: "/token",
        bad_url: "/token",
        answers: 200,
    },
    Row {
        method: "GET",
        path: "/token/wss",
        admits: &["internal", "kernel", "public"],
        writes: false,
        function: "direct-line-token",
        url: "/token/wss",
        bad_url: "/token/wss",
        answers: 200,
    },
    Row {
        method: "GET",
        path: "/ping",
        admits: &["kernel"],
        writes: false,
        function: "monitoring",
        url: "/ping",
        bad_url: "/ping",
        answers: 200,
    },
    Row {
        method: "GET",
        path: "/config",
        admits: &["internal", "kernel", "public"],
        writes: false,
        function: "monitoring",
        url: "/config",
        bad_url: "/config",
        answers: 200,
    },
    Row {
        method: "GET",
        path: "/metrics",
        admits: &["internal", "kernel", "public"],
        writes: false,
        function: "monitoring",
        url: "/metrics",
        bad_url: "/metrics",
        answers: 200,
    },
];

/// What everybody may call: no key is looked at.
const OPEN: [Row; 5] = [
    Row {
        method: "GET",
        path: "/users/auraid/integrated",
        admits: &["none"],
        writes: true,
        function: "user-registration",
        url: "/users/auraid/integrated?state=none&code=none",
        bad_url: "/users/auraid/integrated",
        answers: 400,
    },
    Row {
        method: "GET",
        path: "/users/auraid/integrated/logout",
        admits: &["none"],
        writes: true,
        function: "user-removal",
        url: "/users/auraid/integrated/logout?state=none",
        bad_url: "/users/auraid/integrated/logout",
        answers: 400,
    },
    Row {
        method: "GET",
        path: "/openid/issuer/.well-known/openid-configuration",
        admits: &["none"],
        writes: false,
        function: "openid",
        url: "/openid/issuer/.well-known/openid-configuration",
        bad_url: "/openid/issuer/.well-known/openid-configuration",
        answers: 200,
    },
    Row {
        method: "GET",
        path: "/openid/jwk",
        admits: &["none"],
        writes: false,
        function: "openid",
        url: "/openid/jwk",
        bad_url: "/openid/jwk",
        answers: 200,
    },
    Row {
        method: "GET",
        path: "/healthz",
        admits: &["none"],
        writes: false,
        function: "monitoring",
        url: "/healthz",
        bad_url: "/healthz",
        answers: 200,
    },
];

/// What Copilot Connect's clients call, without an APIKey (contract 5).
const COPILOT: [(&str, &str); 3] = [
    ("/v2/api/management/copilot_connect/auth/token", "client"),
    ("/v2/api/management/copilot_connect/authenticate", "session"),
    (
        "/v2/api/management/copilot_your_own/generate_user_auth_key",
        "client",
    ),
];

/// The headers that a good request has; operations that take fewer of them ignore the rest.
const GOOD_HEADERS: [(&str, &[u8]); 4] = [
    ("x-user-id", b"u1"),
    ("x-authorization-id", b"a1"),
    ("x-channel-id", b"app"),
    ("x-correlator", b"matrix"),
];
const BAD_HEADERS: [(&str, &[u8]); 5] = [
    ("x-user-id", b""),
    ("x-authorization-id", b"\xff"),
    ("x-channel-id", b"no such channel"),
    ("x-phone-number", b"nonsense"),
    ("x-correlator", b"matrix"),
];

impl Row {
    async fn ask(&self, router: &Router, keys: &[String]) -> Answer {
        self.send(router, self.url, &GOOD_HEADERS, keys).await
    }

    async fn ask_badly(&self, router: &Router, keys: &[String]) -> Answer {
        self.send(router, self.bad_url, &BAD_HEADERS, keys).await
    }

    async fn send(
        &self,
        router: &Router,
        url: &str,
        headers: &[(&str, &[u8])],
        keys: &[String],
    ) -> Answer {
        let mut headers = headers.to_vec();
        headers.extend(keys.iter().map(|key| ("authorization", key.as_bytes())));
        desk::send(router, self.method, url, &headers).await
    }

    fn takes_parameters(&self) -> bool {
        let rows = dev_server::bundle::operations();
        let mut its_own = rows
            .iter()
            .filter(|row| row.method == self.method && row.path == self.path);
        its_own.any(|row| !row.doc.parameters.is_empty())
    }

    /// The claims of a key that this operation admits.
    fn good_claims(&self, now: Timestamp) -> Value {
        let scope = self.admits[0];
        let app = if scope == "internal" {
            "aura-bot"
        } else {
            "kernel"
        };
        claims(app, scope, now)
    }
}

/// A desk whose ring has the one kid that the headers here name.
async fn start() -> Desk {
    let mut desk = Desk::start().await;
    let ring = KeyRing::generate("local-1").unwrap_or_else(|error| panic!("{error}"));
    let (name, now) = (&desk.names.key_ring_secret, desk.clock.now().secs());
    let put = desk
        .secrets
        .put(name, ring.to_json().to_string(), None, now);
    put.unwrap_or_else(|error| panic!("{error}"));
    desk.router = desk.more_instances().await;
    drop(desk.proxy.take_calls());
    desk
}

/// Items by table and key.
pub(crate) type Stored = BTreeMap<[String; 3], HashMap<String, AttributeValue>>;

/// Every item of both tables, but what instances counted: that also refused requests change.
pub(crate) async fn everything_stored(desk: &Desk) -> Stored {
    let mut stored = Stored::new();
    for name in [&desk.names.users_table, &desk.names.erasure_table] {
        let mut items = table::scan(&desk.dynamodb, name).await;
        items.retain(|item| !table::partition(item).starts_with("METRICS"));
        for item in items {
            let part = |key| format!("{:?}", item.get(key));
            stored.insert([name.clone(), part("pk"), part("sk")], item);
        }
    }
    stored
}

const DAY: i64 = 86_400;
const GOOD_HEADER: &str =
    r#"{"typ":"apikey+jwe","alg":"dir","enc":"A256CBC-HS512","kid":"local-1"}"#;

/// The claims that every key must have.
const CLAIMS: [&str; 7] = ["jti", "env", "app", "scope", "mode", "iat", "exp"];

fn claims(app: &str, scope: &str, now: Timestamp) -> Value {
    json!({
        "jti": Uuid::new_v4(), "env": "local", "app": app, "scope": scope, "mode": "rw",
        "iat": now.secs() - 100 * DAY, "exp": now.secs() + 100 * DAY,
    })
}

/// A key of the ring: 32 bytes for the MAC, 32 for the cipher.
fn ring_key(ring: &KeyRing, kid: &str) -> [u8; 64] {
    let ring: Value = serde_json::from_str(&ring.to_json()).unwrap_or_default();
    let text = ring["keys"][kid].as_str().unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    bytes
        .try_into()
        .unwrap_or_else(|_| panic!("no key {kid} on the ring"))
}

/// RFC 7518 5.2.2.1 for `A256CBC-HS512`, with the padding of RFC 5652 6.3.
fn seal(key: &[u8; 64], header: &str, payload: &str) -> String {
    let pad = 16 - payload.len() % 16;
    let mut padded = payload.as_bytes().to_vec();
    padded.extend(std::iter::repeat_n(u8::try_from(pad).unwrap_or(0), pad));
    seal_padded(key, header, &padded)
}

fn seal_padded(key: &[u8; 64], header: &str, padded: &[u8]) -> String {
    let (mac_key, cipher_key) = key.split_at(32);
    let iv = Uuid::new_v4().into_bytes();
    let ciphertext = cbc(cipher_key, iv, padded);
    let aad = URL_SAFE_NO_PAD.encode(header);
    let bits = u64::try_from(aad.len() * 8).unwrap_or_default();
    let mut mac = Hmac::<Sha512>::new_from_slice(mac_key).unwrap_or_else(|error| panic!("{error}"));
    for part in [aad.as_bytes(), &iv, &ciphertext, &bits.to_be_bytes()] {
        mac.update(part);
    }
    let tag = &mac.finalize().into_bytes()[..32];
    let [iv, ciphertext, tag] =
        [&iv, ciphertext.as_slice(), tag].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{aad}..{iv}.{ciphertext}.{tag}")
}

fn cbc(key: &[u8], iv: [u8; 16], padded: &[u8]) -> Vec<u8> {
    let cipher = Aes256::new_from_slice(key).unwrap_or_else(|error| panic!("{error}"));
    let mut last = iv;
    let mut ciphertext = Vec::with_capacity(padded.len());
    for block in padded.chunks(16) {
        last.iter_mut().zip(block).for_each(|(a, b)| *a ^= b);
        let mut block = last.into();
        cipher.encrypt_block(&mut block);
        last = block.into();
        ciphertext.extend_from_slice(&last);
    }
    ciphertext
}

/// The name of what is wrong with a key, and the `Authorization` headers that it makes.
type Bad = (String, Vec<String>);

fn bad(name: impl Into<String>, key: impl std::fmt::Display) -> Bad {
    (name.into(), vec![format!("APIKEY {key}")])
}

/// No key, other schemes, and what is no key at all.
fn bad_forms(good: &str) -> Vec<Bad> {
    let one = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
    let mut all = vec![
        ("no header".to_owned(), vec![]),
        one("an empty header", ""),
        one("blank", "   "),
        one("Bearer", &format!("Bearer {good}")),
        one("Basic", &format!("Basic {good}")),
        one("Basic with a password", "Basic YXVyYS1ib3Q6c2VjcmV0"),
        one(
            "another scheme of that beginning",
            &format!("APIKEYS {good}"),
        ),
        one("no scheme", good),
        one("the scheme alone", "APIKEY"),
        one("the scheme and a space", "APIKEY "),
        one("the scheme and spaces", "APIKEY    "),
        one("a tab after the scheme", &format!("APIKEY\t{good}")),
        one("= after the scheme", &format!("APIKEY={good}")),
        one("the key before the scheme", &format!("{good} APIKEY")),
        one("the scheme twice", &format!("APIKEY APIKEY {good}")),
        one("the key twice", &format!("APIKEY {good} {good}")),
        one("not ASCII", &format!("APIKEY é{good}")),
    ];
    let header = format!("APIKEY {good}");
    for (name, second) in [
        ("the header twice", header.as_str()),
        ("the header again, empty", ""),
        ("the header again, Bearer", "Bearer x"),
    ] {
        all.push((name.to_owned(), vec![header.clone(), second.to_owned()]));
    }
    for garbage in ["x", "....", "a.b.c.d.e", "é", "null", "{}", "%00"] {
        all.push(bad(format!("garbage {garbage}"), garbage));
    }
    all.push(bad("9 KiB of garbage", "A".repeat(9 * 1024)));
    all.push(bad(
        "no key but its parts",
        "eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA",
    ));
    all
}

/// A good key that was cut, lengthened or changed in one bit.
fn bad_bytes(good: &str) -> Vec<Bad> {
    let cut = |end: usize| bad(format!("cut at {end}"), &good[..end]);
    let mut all = vec![cut(1), cut(good.len() / 2), cut(good.len() - 1)];
    all.extend(good.match_indices('.').map(|(at, _)| cut(at)));
    for more in [".", "A", "=", ".AAAA"] {
        all.push(bad(format!("{more} appended"), format!("{good}{more}")));
    }
    let parts: Vec<&str> = good.split('.').collect();
    for (name, at) in [("header", 0), ("iv", 2), ("ciphertext", 3), ("tag", 4)] {
        let bytes = URL_SAFE_NO_PAD.decode(parts[at]).unwrap_or_default();
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            let flipped = URL_SAFE_NO_PAD.encode(flipped);
            all.push(bad(
                format!("{name} flipped in byte {place}"),
                replaced(&parts, at, &flipped),
            ));
        }
        all.push(bad(format!("no {name}"), replaced(&parts, at, "")));
    }
    all.push(bad("an encrypted key", replaced(&parts, 1, "AAAA")));
    // 32 bytes leave two bits of the last character unused: the same tag in other letters is another document.
    let last = parts[4].chars().next_back().unwrap_or_default();
    let other = char::from(u8::try_from(last).unwrap_or_default() + 1);
    let tag = format!("{}{other}", &parts[4][..parts[4].len() - 1]);
    all.push(bad("spare bits of the tag", replaced(&parts, 4, &tag)));
    let blocks = URL_SAFE_NO_PAD.decode(parts[3]).unwrap_or_default();
    let fewer = URL_SAFE_NO_PAD.encode(&blocks[16..]);
    all.push(bad("a block missing", replaced(&parts, 3, &fewer)));
    all
}

fn replaced(parts: &[&str], at: usize, part: &str) -> String {
    let mut parts = parts.to_vec();
    parts[at] = part;
    parts.join(".")
}

/// What a protected header may not be: what to put where in the good one.
const BAD_HEADER_PARTS: [(&str, &str, &str); 22] = [
    ("typ of a login state", "apikey+jwe", "login-state+jwe"),
    ("typ of a logout state", "apikey+jwe", "logout-state+jwe"),
    ("typ in capitals", "apikey+jwe", "APIKEY+JWE"),
    ("typ JWT", "apikey+jwe", "JWT"),
    ("alg none", "dir", "none"),
    ("alg A256KW", "dir", "A256KW"),
    ("enc A256GCM", "A256CBC-HS512", "A256GCM"),
    ("enc A128CBC-HS256", "A256CBC-HS512", "A128CBC-HS256"),
    ("unknown kid", "local-1", "local-2"),
    ("kid in capitals", "local-1", "LOCAL-1"),
    ("kid null", r#""local-1""#, "null"),
    ("a zip member", "}", r#","zip":"DEF"}"#),
    ("a crit member", "}", r#","crit":[]}"#),
    ("a jwk member", "}", r#","jwk":{}}"#),
    ("typ twice", "{", r#"{"typ":"apikey+jwe","#),
    ("alg twice", "{", r#"{"alg":"none","#),
    ("kid twice", "{", r#"{"kid":"old","#),
    ("no typ", r#""typ":"apikey+jwe","#, ""),
    ("no kid", r#","kid":"local-1""#, ""),
    (
        "an array",
        GOOD_HEADER,
        r#"["apikey+jwe","dir","A256CBC-HS512","local-1"]"#,
    ),
    ("more after it", "}", "}{}"),
    ("no JSON", GOOD_HEADER, "apikey+jwe"),
];

/// Good claims under a protected header that is wrong but for its tag.
fn bad_headers(key: &[u8; 64], payload: &str) -> Vec<Bad> {
    let sealed = |(name, from, to): (&str, &str, &str)| {
        let header = GOOD_HEADER.replacen(from, to, 1);
        assert_ne!(header, GOOD_HEADER, "{name}");
        bad(name, seal(key, &header, payload))
    };
    BAD_HEADER_PARTS.into_iter().map(sealed).collect()
}

/// What a claim may not be, one at a time; `now` in seconds.
fn bad_claims(now: i64) -> Vec<(&'static str, Value)> {
    vec![
        ("jti", json!("nonsense")),
        ("jti", json!("00000000-0000-0000-0000-000000000000")),
        ("jti", json!("6ba7b810-9dad-11d1-80b4-00c04fd430c8")), // version 1
        ("jti", json!("01890a5d-ac96-774b-bcce-b302099a8057")), // version 7
        ("jti", json!(4)),
        ("env", json!("prod")),
        ("env", json!("Local")),
        ("env", json!("local ")),
        ("env", json!("")),
        ("app", json!("")),
        ("app", json!("a\u{0}")),
        ("app", json!(["aura-bot", "kernel"])),
        ("scope", json!("admin")),
        ("scope", json!("")),
        ("scope", json!("Internal")),
        ("scope", json!(["internal", "kernel"])),
        ("mode", json!("w")),
        ("mode", json!("RW")),
        ("mode", json!("")),
        ("mode", json!(true)),
        ("groups", json!("user-lookup")),
        ("groups", json!([1])),
        ("groups", json!({})),
        ("iat", json!(now + 61)), // a minute ahead is as far as clocks may differ
        ("iat", json!(now - 300 * DAY - 1)), // 400 days and a second of life
        ("iat", json!(now.to_string())),
        ("iat", json!(1.5)),
        ("exp", json!(now)), // without leeway
        ("exp", json!(now - DAY)),
        ("exp", json!(-1)),
        ("exp", json!(now + 300 * DAY + 1)),
        ("exp", json!(now - 100 * DAY)),
        ("exp", json!((now + DAY) * 1000)), // milliseconds
        ("exp", json!(i64::MAX)),
        ("exp", json!(u64::MAX)),
        ("exp", json!((now + DAY).to_string())),
    ]
}

/// A scope that the app cannot have, and what names no app.
const BAD_SCOPES: [(&str, &str); 10] = [
    ("internal", "kernel"),
    ("internal", "whatsapp"),
    ("internal", "Aura-Bot"),
    ("internal", "aura-bot "),
    ("kernel", "aura-bot"),
    ("kernel", "aura-groot"),
    ("kernel", "whatsapp"),
    ("kernel", "KERNEL"),
    ("public", ""),
    ("public", "app\n"),
];

/// Documents sealed well whose claims are not those of a good key.
fn bad_payloads(key: &[u8; 64], good: &Value, now: i64) -> Vec<Bad> {
    let mut payloads: Vec<Value> = Vec::new();
    let mut with = |changes: &[(&str, Value)]| {
        let mut payload = good.clone();
        for (claim, value) in changes {
            payload[*claim] = value.clone();
        }
        payloads.push(payload);
    };
    for change in bad_claims(now) {
        with(&[change]);
    }
    for claim in CLAIMS {
        with(&[(claim, Value::Null)]);
    }
    for (scope, app) in BAD_SCOPES {
        with(&[("scope", json!(scope)), ("app", json!(app))]);
    }
    let mut texts: Vec<String> = payloads.iter().map(Value::to_string).collect();
    for claim in CLAIMS {
        let member = format!(r#""{claim}":{}"#, good[claim]);
        let good = good.to_string();
        texts.push(good.replace(&member, r#""other":1"#));
        texts.push(good.replace(&member, &format!("{member},{member}")));
    }
    texts.extend(["{}", "[]", "null", "", "nonsense"].map(str::to_owned));
    let sealed = |text: String| {
        assert_ne!(text, good.to_string());
        bad(&text, seal(key, GOOD_HEADER, &text))
    };
    texts.into_iter().map(sealed).collect()
}

/// Everything that is wrong with a key without anything else having happened.
fn bad_keys(key: &[u8; 64], row: &Row, now: Timestamp) -> Vec<Bad> {
    let claims = row.good_claims(now);
    let payload = claims.to_string();
    let good = seal(key, GOOD_HEADER, &payload);
    let mut all = bad_forms(&good);
    all.extend(bad_bytes(&good));
    all.extend(bad_headers(key, &payload));
    all.extend(bad_payloads(key, &claims, now.secs()));
    // The tag fits, so it is decrypted: padding of 17 bytes, and of none.
    for last in [17, 0] {
        let sealed = seal_padded(key, GOOD_HEADER, &[last; 32]);
        all.push(bad(format!("padding that says {last}"), sealed));
    }
    let mut foreign = *key;
    foreign[0] ^= 1;
    all.push(bad(
        "another MAC key",
        seal(&foreign, GOOD_HEADER, &payload),
    ));
    foreign = *key;
    foreign[63] ^= 1;
    all.push(bad(
        "another cipher key",
        seal(&foreign, GOOD_HEADER, &payload),
    ));
    all
}

/// The 401 that everybody gets, whatever the reason.
async fn refusal(router: &Router) -> Answer {
    let refused = CONTRACT[0].ask(router, &[]).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("www-authenticate"), "APIKEY");
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.text("code"), "UNAUTHENTICATED");
    assert_eq!(refused.json()["status"], 401);
    refused
}

fn same(one: &Answer, other: &Answer) -> bool {
    one.status == other.status && one.headers == other.headers && one.body == other.body
}

/// A key for each operation, sealed as `kid`, that admits.
fn good_key(desk: &Desk, row: &Row, kid: &str) -> String {
    let header = GOOD_HEADER.replace("local-1", kid);
    let payload = row.good_claims(desk.clock.now()).to_string();
    let key = ring_key(&desk.key_ring(), kid);
    format!("APIKEY {}", seal(&key, &header, &payload))
}

fn good_keys(desk: &Desk, kid: &str) -> Vec<String> {
    CONTRACT
        .iter()
        .map(|row| good_key(desk, row, kid))
        .collect()
}

/// What each operation answers to its key.
async fn statuses(router: &Router, keys: &[String]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (row, key) in CONTRACT.iter().zip(keys) {
        let answer = row.ask(router, std::slice::from_ref(key)).await;
        statuses.push(answer.status.as_u16());
        if answer.status == 503 {
            let seconds = answer.header("retry-after").parse::<u64>();
            assert!(seconds.is_ok_and(|seconds| seconds > 0), "{}", row.path);
            assert_eq!(answer.text("code"), "UNAVAILABLE", "{}", row.path);
        }
    }
    statuses
}

/// What each operation answers to a key that admits.
fn let_through() -> Vec<u16> {
    CONTRACT.iter().map(|row| row.answers).collect()
}

#[test]
fn the_route_tables_are_the_contracts_both_ways() {
    let classes = |access| match access {
        Access::Internal => vec!["internal"],
        Access::Kernel => vec!["kernel"],
        Access::InternalOrKernel => vec!["internal", "kernel"],
        Access::Public => vec!["internal", "kernel", "public"],
        Access::None => vec!["none"],
        Access::Client => vec!["client"],
        Access::Session => vec!["session"],
    };
    let rows = dev_server::bundle::operations();
    let served = rows.iter().map(|row| {
        let writes = row.effect == Effect::Writes;
        (
            row.method.as_str(),
            row.path,
            classes(row.access),
            writes,
            row.function,
        )
    });
    let promised = CONTRACT.iter().chain(&OPEN).map(|row| {
        (
            row.method,
            row.path,
            row.admits.to_vec(),
            row.writes,
            row.function,
        )
    });
    let copilot =
        COPILOT.map(|(path, class)| ("POST", path, vec![class], false, "end-user-authentication"));
    let promised = promised.chain(copilot).collect();
    assert_eq!(served.collect::<BTreeSet<_>>(), promised);
    let promised = CONTRACT.len() + OPEN.len() + COPILOT.len();
    assert_eq!(rows.len(), promised, "none twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_key_is_the_same_401_at_every_endpoint_and_writes_nothing() {
    let desk = start().await;
    let before = everything_stored(&desk).await;
    let expected = refusal(&desk.router).await;
    let key = ring_key(&desk.key_ring(), "local-1");
    let mut wrong = Vec::new();
    for row in &CONTRACT {
        for (name, keys) in bad_keys(&key, row, desk.clock.now()) {
            let answer = row.ask(&desk.router, &keys).await;
            if !same(&answer, &expected) {
                wrong.push(format!("{} {}: {name}: {answer:?}", row.method, row.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(everything_stored(&desk).await, before);
}

/// `groups` is an array or absent (contract 2): what limits a key must not turn into no limit.
#[tokio::test(flavor = "multi_thread")]
async fn groups_that_are_null_are_not_taken_for_no_limit() {
    let desk = start().await;
    let key = ring_key(&desk.key_ring(), "local-1");
    for row in &CONTRACT {
        let mut payload = row.good_claims(desk.clock.now());
        payload["groups"] = Value::Null;
        let sealed = seal(&key, GOOD_HEADER, &payload.to_string());
        let answer = row.ask(&desk.router, &[format!("APIKEY {sealed}")]).await;
        assert_eq!(answer.status, 401, "{}", row.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_at_the_edge_of_what_is_good_are_let_through() {
    let desk = start().await;
    let key = ring_key(&desk.key_ring(), "local-1");
    let now = desk.clock.now();
    let row = &CONTRACT[4];
    let mut keys = vec![];
    for (iat, exp) in [(60, DAY), (-DAY, 1), (0, 400 * DAY), (-399 * DAY, DAY)] {
        let mut payload = row.good_claims(now);
        payload["iat"] = json!(now.secs() + iat);
        payload["exp"] = json!(now.secs() + exp);
        let sealed = seal(&key, GOOD_HEADER, &payload.to_string());
        keys.push((format!("iat {iat}, exp {exp}"), format!("APIKEY {sealed}")));
    }
    let payload = row.good_claims(now).to_string();
    let good = seal(&key, GOOD_HEADER, &payload);
    for scheme in ["APIKEY", "apikey", "ApiKey", "apiKEY"] {
        keys.push((scheme.to_owned(), format!("{scheme} {good}")));
    }
    let reordered = r#"{"kid":"local-1","enc":"A256CBC-HS512","alg":"dir","typ":"apikey+jwe"}"#;
    let spaced =
        r#" { "typ" : "apikey+jwe", "alg":"dir", "enc":"A256CBC-HS512", "kid":"local-1" } "#;
    for header in [reordered, spaced] {
        keys.push((
            header.to_owned(),
            format!("APIKEY {}", seal(&key, header, &payload)),
        ));
    }
    for (name, key) in keys {
        assert_eq!(
            row.ask(&desk.router, &[key]).await.status,
            row.answers,
            "{name}"
        );
    }
}

/// A cell of the matrix: a valid key, and what forbids it the operation.
struct Cell {
    name: String,
    key: String,
    forbidden_by: Vec<&'static str>,
}

/// Everybody whom a valid key can be made for.
const HOLDERS: [(&str, &str); 6] = [
    ("internal", "aura-bot"),
    ("internal", "aura-groot"),
    ("kernel", "kernel"),
    ("public", "whatsapp"),
    ("public", "aura-bot"),
    ("public", "kernel"),
];

/// Limits to groups, and whether each includes this function.
fn limits(function: &str) -> [(Option<Value>, bool); 6] {
    let others = CONTRACT.iter().map(|row| row.function);
    let other = others.into_iter().find(|name| *name != function);
    [
        (None, true),
        (Some(json!([])), false),
        (Some(json!([function])), true),
        (Some(json!([other])), false),
        (Some(json!([function.to_uppercase(), ""])), false),
        (Some(json!([other, function])), true),
    ]
}

/// Every class, app, mode and limit of groups that a valid key can have.
fn cells(row: &Row, key: &[u8; 64], now: Timestamp) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (scope, app) in HOLDERS {
        for mode in ["r", "rw"] {
            for (groups, included) in limits(row.function) {
                let mut payload = claims(app, scope, now);
                payload["mode"] = json!(mode);
                if let Some(groups) = groups {
                    payload["groups"] = groups;
                }
                let forbids = [
                    ("scope", !row.admits.contains(&scope)),
                    ("mode", row.writes && mode == "r"),
                    ("groups", !included),
                ];
                let forbids = forbids.into_iter().filter(|(_, forbids)| *forbids);
                cells.push(Cell {
                    name: format!("{} {}: {payload}", row.method, row.path),
                    key: format!("APIKEY {}", seal(key, GOOD_HEADER, &payload.to_string())),
                    forbidden_by: forbids.map(|(claim, _)| claim).collect(),
                });
            }
        }
    }
    cells
}

#[tokio::test(flavor = "multi_thread")]
async fn valid_keys_may_do_what_the_contract_says_and_nothing_else() {
    let desk = start().await;
    let before = everything_stored(&desk).await;
    let key = ring_key(&desk.key_ring(), "local-1");
    let mut admitted = Vec::new();
    for row in &CONTRACT {
        for cell in cells(row, &key, desk.clock.now()) {
            if cell.forbidden_by.is_empty() {
                admitted.push((row, cell));
                continue;
            }
            let answer = row.ask(&desk.router, std::slice::from_ref(&cell.key)).await;
            let code = answer.text("code");
            assert_eq!(
                (answer.status.as_u16(), &*code),
                (403, "PERMISSION_DENIED"),
                "{}",
                cell.name
            );
            let detail = answer.text("detail");
            let named = cell.forbidden_by.iter().any(|claim| detail.contains(claim));
            assert!(named, "{}: {detail}", cell.name);
        }
    }
    assert_eq!(
        everything_stored(&desk).await,
        before,
        "a 403 writes nothing"
    );
    assert_eq!(
        admitted.len(),
        3 + 6 + 3 + 9 + 12 + 6 + 6 + 36 + 36 + 36 + 36
    );
    for (row, cell) in admitted {
        let answer = row.ask(&desk.router, &[cell.key]).await;
        assert_eq!(answer.status, row.answers, "{}", cell.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn access_is_decided_before_parameters_are_looked_at() {
    let desk = start().await;
    let before = everything_stored(&desk).await;
    let expected = refusal(&desk.router).await;
    let public = desk.key("whatsapp", shared::api_key::Scope::Public);
    for row in &CONTRACT {
        for keys in [
            vec![],
            vec!["Bearer x".to_owned()],
            vec!["APIKEY x".to_owned()],
        ] {
            let refused = row.ask_badly(&desk.router, &keys).await;
            assert!(same(&refused, &expected), "{}: {refused:?}", row.path);
        }
        let wrong_class = row
            .ask_badly(&desk.router, std::slice::from_ref(&public))
            .await;
        if !row.admits.contains(&"public") {
            assert_eq!(wrong_class.status, 403, "{}", row.path);
        }
        let good = good_key(&desk, row, "local-1");
        let admitted = row.ask_badly(&desk.router, &[good]).await;
        let expected = if row.takes_parameters() {
            400
        } else {
            row.answers
        };
        assert_eq!(admitted.status, expected, "{}: bad parameters", row.path);
    }
    assert_eq!(everything_stored(&desk).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_without_a_route_are_404_and_write_nothing() {
    let desk = start().await;
    let registered = desk.register("u1", "a1", "app", Some("+34600000009")).await;
    assert_eq!(registered.status, 200);
    let before = everything_stored(&desk).await;
    let all = [
        "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "TRACE", "get", "delete",
    ];
    let others = [
        ("DELETE", "/users/aura-id/w1"),
        ("DELETE", "/users/aura-id-global/nobody"),
        ("GET", "/admin/users/phone-numbers/+34600000009"),
    ];
    let mut requests: Vec<_> = others.to_vec();
    requests.extend(
        CONTRACT
            .iter()
            .chain(&OPEN)
            .flat_map(|row| all.map(|method| (method, row.url))),
    );
    let keys = [
        None,
        Some(desk.kernel()),
        Some(desk.bot()),
        Some("Bearer x".to_owned()),
    ];
    for (method, url) in requests {
        for key in &keys {
            let mut headers = GOOD_HEADERS.to_vec();
            headers.extend(key.iter().map(|key| ("authorization", key.as_bytes())));
            let answer = desk.send(method, url, &headers).await;
            assert_eq!(answer.status, 404, "{method} {url} {key:?}");
            let body = if method == "HEAD" {
                ""
            } else {
                r#"{"message":"Not Found"}"#
            };
            assert_eq!(answer.body, body, "{method} {url} {key:?}");
        }
    }
    assert_eq!(everything_stored(&desk).await, before);
}

/// A key of this operation and its id.
fn revocable(desk: &Desk, row: &Row) -> (String, RevokedKey) {
    let payload = row.good_claims(desk.clock.now());
    let key = seal(
        &ring_key(&desk.key_ring(), "local-1"),
        GOOD_HEADER,
        &payload.to_string(),
    );
    let jti = payload["jti"].as_str().and_then(|jti| jti.parse().ok());
    let revoked = RevokedKey {
        jti: jti.unwrap_or_default(),
        exp: payload["exp"].as_i64().unwrap_or_default(),
        revoked_at: desk.clock.now(),
    };
    (format!("APIKEY {key}"), revoked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_the_same_401_within_five_seconds_where_it_was_seen_valid() {
    let desk = start().await;
    let expected = refusal(&desk.router).await;
    for row in &CONTRACT {
        let (key, revoked) = revocable(&desk, row);
        let keys = [key];
        let seen = row.ask(&desk.router, &keys).await;
        assert_eq!(seen.status, row.answers, "{}", row.path);
        desk.control().revoke(&revoked).await.unwrap();
        desk.clock.advance(Duration::from_millis(5001));
        let before = everything_stored(&desk).await;
        let refused = row.ask(&desk.router, &keys).await;
        assert!(same(&refused, &expected), "{}: {refused:?}", row.path);
        assert_eq!(everything_stored(&desk).await, before, "{}", row.path);
        let other = [good_key(&desk, row, "local-1")];
        let through = row.ask(&desk.router, &other).await;
        assert_eq!(through.status, row.answers, "{}", row.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_the_same_401_on_instances_that_never_saw_it() {
    let desk = start().await;
    let mut keys = Vec::new();
    for row in &CONTRACT {
        let (key, revoked) = revocable(&desk, row);
        desk.control().revoke(&revoked).await.unwrap();
        keys.push(key);
    }
    let instances = desk.more_instances().await;
    assert_refused(&instances, &keys, "at once").await;
    desk.clock.advance(Duration::from_secs(6));
    assert_refused(&instances, &keys, "after a refresh").await;
    assert_refused(&desk.router, &keys, "on the older instances").await;
}

/// Puts a ring in force: every instance has it after one refresh.
fn put_ring(desk: &Desk, ring: &KeyRing) {
    let (name, now) = (&desk.names.key_ring_secret, desk.clock.now().secs());
    let put = desk
        .secrets
        .put(name, ring.to_json().to_string(), None, now);
    put.unwrap_or_else(|error| panic!("{error}"));
    desk.clock.advance(Duration::from_secs(301));
}

/// Each operation refuses its key as it refuses everybody.
async fn assert_refused(router: &Router, keys: &[String], why: &str) {
    let expected = refusal(router).await;
    for (row, key) in CONTRACT.iter().zip(keys) {
        let refused = row.ask(router, std::slice::from_ref(key)).await;
        assert!(
            same(&refused, &expected),
            "{why}: {}: {refused:?}",
            row.path
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_under_an_old_kid_work_until_it_is_dropped_from_the_ring() {
    let desk = start().await;
    let mut ring = desk.key_ring();
    let old = good_keys(&desk, "local-1");
    ring.add("local-2").unwrap();
    put_ring(&desk, &ring);
    let new = good_keys(&desk, "local-2");
    for keys in [&old, &new] {
        assert_eq!(statuses(&desk.router, keys).await, let_through(), "added");
    }
    ring.activate("local-2").unwrap();
    put_ring(&desk, &ring);
    for keys in [&old, &new] {
        assert_eq!(
            statuses(&desk.router, keys).await,
            let_through(),
            "activated"
        );
    }
    ring.drop_key("local-1").unwrap();
    put_ring(&desk, &ring);
    let before = everything_stored(&desk).await;
    assert_refused(&desk.router, &old, "dropped").await;
    assert_eq!(everything_stored(&desk).await, before);
    assert_eq!(statuses(&desk.router, &new).await, let_through(), "dropped");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_kid_with_another_key_refuses_what_the_former_sealed() {
    let desk = start().await;
    let old = good_keys(&desk, "local-1");
    put_ring(&desk, &KeyRing::generate("local-1").unwrap());
    assert_refused(&desk.router, &old, "another key").await;
    let new = good_keys(&desk, "local-1");
    assert_eq!(statuses(&desk.router, &new).await, let_through());
}

fn secrets_fail(desk: &Desk) {
    desk.proxy.plan(|call| match &*call.operation {
        "GetSecretValue" => Fault::Error(400, "AccessDeniedException"),
        _ => Fault::None,
    });
}

/// The item that says which version of each list is current.
fn is_version_read(call: &tests::Call) -> bool {
    let asked: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    call.operation == "GetItem" && asked["Key"]["pk"]["S"] == "CONTROL"
}

fn versions_fail(desk: &Desk) {
    desk.proxy.plan(|call| {
        if is_version_read(call) {
            Fault::Error(400, "AccessDeniedException")
        } else {
            Fault::None
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_ring_was_ever_loaded_every_key_is_503_and_never_401() {
    let desk = start().await;
    let before = everything_stored(&desk).await;
    secrets_fail(&desk);
    let instances = desk.more_instances().await;
    let keys = good_keys(&desk, "local-1");
    assert_eq!(statuses(&instances, &keys).await, [503; CONTRACT.len()]);
    let unreadable = vec!["APIKEY a.b.c.d.e".to_owned(); CONTRACT.len()];
    assert_eq!(
        statuses(&instances, &unreadable).await,
        [503; CONTRACT.len()]
    );
    assert_eq!(everything_stored(&desk).await, before);
    desk.proxy.heal();
    desk.clock.advance(Duration::from_secs(2));
    assert_eq!(statuses(&instances, &keys).await, let_through());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_list_of_revoked_keys_was_never_loaded_every_valid_key_is_503() {
    let desk = start().await;
    let before = everything_stored(&desk).await;
    versions_fail(&desk);
    let instances = desk.more_instances().await;
    let keys = good_keys(&desk, "local-1");
    assert_eq!(statuses(&instances, &keys).await, [503; CONTRACT.len()]);
    assert_eq!(everything_stored(&desk).await, before);
    desk.proxy.heal();
    desk.clock.advance(Duration::from_secs(2));
    assert_eq!(statuses(&instances, &keys).await, let_through());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_good_ring_serves_for_an_hour() {
    let desk = start().await;
    let keys = good_keys(&desk, "local-1");
    secrets_fail(&desk);
    desk.clock.advance(Duration::from_secs(3599));
    assert_eq!(statuses(&desk.router, &keys).await, let_through());
    assert!(
        desk.proxy
            .take_operations()
            .iter()
            .any(|name| name == "GetSecretValue")
    );
    desk.clock.advance(Duration::from_millis(1001));
    assert_eq!(statuses(&desk.router, &keys).await, [503; CONTRACT.len()]);
    desk.proxy.heal();
    desk.clock.advance(Duration::from_secs(2));
    assert_eq!(statuses(&desk.router, &keys).await, let_through());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_ring_does_not_take_the_place_of_the_last_good_one() {
    let desk = start().await;
    let keys = good_keys(&desk, "local-1");
    let (name, now) = (&desk.names.key_ring_secret, desk.clock.now().secs());
    desk.secrets.put(name, "{}".to_owned(), None, now).unwrap();
    desk.clock.advance(Duration::from_secs(301));
    assert_eq!(statuses(&desk.router, &keys).await, let_through());
    desk.clock.advance(Duration::from_mins(55));
    assert_eq!(statuses(&desk.router, &keys).await, [503; CONTRACT.len()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_good_list_of_revoked_keys_serves_for_a_minute() {
    let desk = start().await;
    let keys = good_keys(&desk, "local-1");
    let (revoked_key, revoked) = revocable(&desk, &CONTRACT[0]);
    desk.control().revoke(&revoked).await.unwrap();
    let instances = desk.more_instances().await;
    versions_fail(&desk);
    desk.clock.advance(Duration::from_secs(59));
    assert_eq!(statuses(&instances, &keys).await, let_through());
    let refused = CONTRACT[0].ask(&instances, &[revoked_key]).await;
    assert_eq!(
        refused.status, 401,
        "an old list still refuses whom it names"
    );
    desk.clock.advance(Duration::from_millis(1001));
    assert_eq!(statuses(&instances, &keys).await, [503; CONTRACT.len()]);
    desk.proxy.heal();
    desk.clock.advance(Duration::from_secs(2));
    assert_eq!(statuses(&instances, &keys).await, let_through());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_reads_the_store_just_to_check_a_key() {
    let desk = start().await;
    let key = desk.key("whatsapp", shared::api_key::Scope::Public);
    desk.clock.advance(Duration::from_secs(5));
    // The numbers themselves are read from the store.
    for row in CONTRACT.iter().filter(|row| row.path != "/metrics") {
        for keys in [vec![], vec!["APIKEY x".to_owned()], vec![key.clone()]] {
            row.ask(&desk.router, &keys).await;
        }
    }
    assert_eq!(desk.proxy.take_operations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_key_is_asked_for_every_key_gets_the_same_answer() {
    let desk = start().await;
    let key = ring_key(&desk.key_ring(), "local-1");
    for row in &OPEN {
        let expected = row.ask(&desk.router, &[]).await;
        assert_eq!(expected.status, row.answers, "{}", row.path);
        let good = good_keys(&desk, "local-1").into_iter();
        let good = good.map(|key| ("a good one".to_owned(), vec![key]));
        for (name, keys) in bad_keys(&key, &CONTRACT[0], desk.clock.now())
            .into_iter()
            .chain(good)
        {
            let answer = row.ask(&desk.router, &keys).await;
            assert!(same(&answer, &expected), "{} {name}: {answer:?}", row.path);
        }
    }
}

/// What is read for a request, once whatever an instance keeps for some seconds is old.
async fn read_for(desk: &Desk, row: &Row, keys: &[String]) -> Vec<String> {
    desk.clock.advance(Duration::from_secs(6));
    let answer = row.ask(&desk.router, keys).await;
    assert_eq!(answer.status, row.answers, "{}", row.path);
    let mut operations = desk.proxy.take_operations();
    operations.retain(|operation| operation != "PutItem"); // what was counted
    operations.sort_unstable();
    operations
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_key_is_asked_for_nothing_is_read_to_check_one() {
    let desk = start().await;
    let (revoked_key, revoked) = revocable(&desk, &CONTRACT[0]);
    desk.control().revoke(&revoked).await.unwrap();
    for row in &OPEN {
        let expected = read_for(&desk, row, &[]).await;
        for key in [
            "APIKEY x".to_owned(),
            good_key(&desk, &CONTRACT[0], "local-1"),
            revoked_key.clone(),
        ] {
            assert_eq!(read_for(&desk, row, &[key]).await, expected, "{}", row.path);
        }
    }
}
