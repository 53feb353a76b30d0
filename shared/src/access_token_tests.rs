//! Which texts are tokens, whose, and until when.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac::{HMAC_SHA256, HMAC_SHA384, Key, sign};
use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// The product's own example of a session's token, of March 2019.
const SAMPLE: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJwd2RfZXhwaXJlZCI6ZmFsc2UsInVzZXJfcm9sZSI6IlNFUlZJQ0VfQUNDT1VOVCIsImRldmljZV9pZCI6ImVtcHR5IiwidXNlcl9pZCI6IjVjNTA4MmNjZmFmZWYyNTM3M2JiMzc1MiIsImV4cGlyYXRpb25fdGltZSI6MTU1MjQxMjczNzUwNSwiand0VmVyc2lvbiI6Imp3dDEifQ.pF25GcYW1HNLeG1KRVPcD7Zys8MSTdTKBCURS5DF984";
const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

fn secrets() -> CopilotSecrets {
    CopilotSecrets::generate(NOW).unwrap()
}

fn token(role: Role) -> AccessToken {
    AccessToken {
        role,
        user_id: "whatsapp:34600000001".into(),
        device_id: NO_DEVICE.into(),
        expires_at: Timestamp::from_millis(NOW.millis() + 1),
    }
}

/// Signed by ring, past the code under test.
fn signed(secrets: &CopilotSecrets, role: Role, header: &str, payload: &str) -> String {
    let secret = URL_SAFE_NO_PAD
        .decode(secrets.expose_signing(role, NOW))
        .unwrap();
    let [header, payload] = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part));
    let message = format!("{header}.{payload}");
    let tag = sign(&Key::new(HMAC_SHA256, &secret), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn claims() -> Value {
    json!({
        "pwd_expired": false, "user_role": "APPUSER", "device_id": "empty",
        "user_id": "whatsapp:34600000001", "expiration_time": NOW.millis() + 1, "jwtVersion": "jwt1",
    })
}

#[test]
fn a_token_is_made_as_the_products_example_is() {
    let secrets = secrets();
    let sample = AccessToken {
        role: Role::ServiceAccount,
        user_id: "5c5082ccfafef25373bb3752".into(),
        device_id: NO_DEVICE.into(),
        expires_at: Timestamp::from_millis(1_552_412_737_505),
    };
    let made = sample.sign(&secrets, NOW).unwrap();
    let message = |token: &str| {
        token
            .rsplit_once('.')
            .map(|(message, _)| message.to_owned())
    };
    assert_eq!(message(&made), message(SAMPLE));
    assert_eq!(
        AccessToken::open(SAMPLE, &secrets, NOW).unwrap_err(),
        TokenRefusal::Signature
    );
    assert_eq!(
        AccessToken::open(&made, &secrets, NOW).unwrap_err(),
        TokenRefusal::Expired
    );
}

#[test]
fn it_is_good_until_the_millisecond_that_it_says() {
    let secrets = secrets();
    for role in Role::ALL {
        let made = token(role).sign(&secrets, NOW).unwrap();
        assert!(AccessToken::open(&made, &secrets, NOW).unwrap() == token(role));
        let then = Timestamp::from_millis(NOW.millis() + 1);
        let late = AccessToken::open(&made, &secrets, then);
        assert_eq!(late.unwrap_err(), TokenRefusal::Expired);
        assert!(AccessToken::read(&made, &secrets).is_ok());
    }
    assert_eq!(format!("{:?}", token(Role::AppUser)), "AccessToken");
}

#[test]
fn the_secret_of_one_role_makes_no_token_of_the_other() {
    let secrets = secrets();
    let mut claims = claims();
    for (secret, says, good) in [
        (Role::AppUser, "APPUSER", true),
        (Role::ServiceAccount, "SERVICE_ACCOUNT", true),
        (Role::AppUser, "SERVICE_ACCOUNT", false),
        (Role::ServiceAccount, "APPUSER", false),
    ] {
        claims["user_role"] = says.into();
        let made = signed(&secrets, secret, HEADER, &claims.to_string());
        let opened = AccessToken::open(&made, &secrets, NOW);
        assert_eq!(
            opened.err(),
            (!good).then_some(TokenRefusal::Role),
            "{says}"
        );
    }
}

/// Headers that a JWS can have, but none of these tokens.
const OTHER_HEADERS: [&str; 12] = [
    r#"{"alg":"HS256"}"#,
    r#"{"typ":"jwt","alg":"HS256"}"#,
    r#"{"typ":null,"alg":"HS256"}"#,
    r#"{"typ":"JWT","alg":"HS384"}"#,
    r#"{"typ":"JWT","alg":"RS256"}"#,
    r#"{"typ":"JWT","alg":"HS256","kid":"1"}"#,
    r#"{"typ":"JWT","alg":"HS256","crit":["exp"]}"#,
    r#"{"typ":"JWT","alg":"HS256","x":1}"#,
    r#"{"typ":"JWT","alg":"HS256","kid":null}"#,
    r#"{"typ":"JWT","alg":"HS256","cty":null}"#,
    r#"{"typ":"JWT","alg":{"HS256":null}}"#,
    r#"{"typ":"JWT","alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#,
];

#[test]
fn headers_say_exactly_two_things() {
    let secrets = secrets();
    let refusal = |header: &str| {
        let made = signed(&secrets, Role::AppUser, header, &claims().to_string());
        AccessToken::open(&made, &secrets, NOW).err()
    };
    for good in [
        HEADER,
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#" { "alg" : "HS256", "typ":"J\u0057T" } "#,
    ] {
        assert_eq!(refusal(good), None, "{good}");
    }
    for bad in OTHER_HEADERS {
        assert_eq!(refusal(bad), Some(TokenRefusal::Header), "{bad}");
    }
    for bad in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"typ":"JWT"}"#,
        r#"{"typ":"JWT","alg":"none"}"#,
        r#"{"typ":"JWT","alg":"noNe"}"#,
        r#"{"typ":"JWT","alg":"hs256"}"#,
        r#"{"typ":"JWT","alg":["HS256"]}"#,
        r#"{"typ":"JWT","alg":"HS256","alg":"HS256"}"#,
        r#"{"typ":"JWT","typ":"JWT","alg":"HS256"}"#,
        r#"{"typ":"JWT","alg":"HS256"}{}"#,
    ] {
        assert_eq!(refusal(bad), Some(TokenRefusal::Malformed), "{bad}");
    }
}

/// What becomes of these claims under the secret of end users.
fn refusal(secrets: &CopilotSecrets, payload: &str) -> Option<TokenRefusal> {
    let made = signed(secrets, Role::AppUser, HEADER, payload);
    AccessToken::open(&made, secrets, NOW).err()
}

/// Good claims with another value of this one.
fn with(claim: &str, value: Value) -> String {
    let mut claims = claims();
    claims[claim] = value;
    claims.to_string()
}

#[test]
fn claims_are_of_their_types() {
    let secrets = secrets();
    for (claim, value) in [
        ("expiration_time", json!("1800000001000")),
        ("expiration_time", json!(1_800_000_001_000.0)),
        ("expiration_time", json!(1.8e12)),
        ("expiration_time", json!(-1)),
        ("expiration_time", json!((1_u64 << 53) + 1)),
        ("expiration_time", json!(u64::MAX)),
        ("expiration_time", json!(null)),
        ("expiration_time", json!([1_800_000_001_000_u64])),
        ("jwtVersion", json!("jwt2")),
        ("jwtVersion", json!(1)),
        ("user_role", json!("ADMIN")),
        ("user_role", json!("appuser")),
        ("user_role", json!(["APPUSER"])),
        ("user_id", json!(1)),
        ("user_id", json!(null)),
        ("device_id", json!(null)),
        ("pwd_expired", json!("false")),
        ("pwd_expired", json!(0)),
    ] {
        let refused = refusal(&secrets, &with(claim, value));
        assert_eq!(refused, Some(TokenRefusal::Claims), "{claim}");
    }
}

#[test]
fn claims_are_there_once_each_and_others_are_ignored() {
    let secrets = secrets();
    let good = claims().to_string();
    let mut bad: Vec<String> = ["", "{}", "[]", "null", "1"].map(str::to_owned).into();
    bad.extend([format!("{good}{good}"), format!("[{good}]")]);
    bad.push(good.replace('{', r#"{"x":1,"x":1,"#));
    for (claim, value) in claims().as_object().unwrap() {
        let member = format!(r#""{claim}":{value}"#);
        bad.push(good.replace(&member, r#""other":1"#));
        bad.push(good.replace(&member, &format!("{member},{member}")));
    }
    for payload in bad {
        assert_ne!(payload, good);
        let refused = refusal(&secrets, &payload);
        assert_eq!(refused, Some(TokenRefusal::Claims), "{payload}");
    }
    // RFC 7519 4: what is not understood is ignored.
    for (claim, value) in [
        ("iat", json!(1)),
        ("exp", json!(1)),
        ("pwd_expired", json!(true)),
        ("expiration_time", json!(1_u64 << 53)),
    ] {
        assert_eq!(refusal(&secrets, &with(claim, value)), None, "{claim}");
    }
}

#[test]
fn seconds_where_milliseconds_are_asked_for_lie_in_january_1970() {
    let seconds = with("expiration_time", json!(NOW.secs() + 3600));
    assert_eq!(refusal(&secrets(), &seconds), Some(TokenRefusal::Expired));
}

#[test]
fn nothing_but_its_own_signature_fits() {
    let secrets = secrets();
    let good = token(Role::AppUser).sign(&secrets, NOW).unwrap();
    let refusal = |text: &str| AccessToken::open(text, &secrets, NOW).err();
    assert_eq!(refusal(&good), None);
    let (message, tag) = good.rsplit_once('.').unwrap();
    let secret = URL_SAFE_NO_PAD
        .decode(secrets.expose_signing(Role::AppUser, NOW))
        .unwrap();
    let longer = sign(&Key::new(HMAC_SHA384, &secret), message.as_bytes());
    let longer = URL_SAFE_NO_PAD.encode(longer);
    for (text, expected) in [
        (format!("{message}."), TokenRefusal::Signature),
        (format!("{message}.{longer}"), TokenRefusal::Signature),
        (
            format!("{message}.{}", &tag[..tag.len() - 4]),
            TokenRefusal::Signature,
        ),
        (message.to_owned(), TokenRefusal::Malformed),
        (format!("{good}."), TokenRefusal::Malformed),
        (format!("{good}.{tag}"), TokenRefusal::Malformed),
        (good.replace('.', ".."), TokenRefusal::Malformed),
        (format!("{good}="), TokenRefusal::Signature),
        (format!(" {good}"), TokenRefusal::Malformed),
        (format!("{good} "), TokenRefusal::Signature),
        (String::new(), TokenRefusal::Malformed),
        ("..".to_owned(), TokenRefusal::Malformed),
        ("é.é.é".to_owned(), TokenRefusal::Malformed),
        (
            format!("{good}{}", "A".repeat(8 * 1024)),
            TokenRefusal::Malformed,
        ),
        (
            format!("{good}{}", "A".repeat(7 * 1024)),
            TokenRefusal::Signature,
        ),
    ] {
        assert_eq!(refusal(&text), Some(expected), "{text}");
    }
}

#[test]
fn a_changed_character_anywhere_is_seen() {
    let secrets = secrets();
    let good = token(Role::AppUser).sign(&secrets, NOW).unwrap();
    for at in 0..good.len() - 1 {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(AccessToken::open(&changed, &secrets, NOW).is_err(), "{at}");
    }
}
