//! `GET /openid/issuer/.well-known/openid-configuration` and `GET /openid/jwk` (contract 4.11, 4.12).

use std::time::Duration;

use serde_json::{Value, json};
use shared::names::Names;
use shared::signing_keys::SigningKeys;
use tests::{Desk, Fault};

const CONFIGURATION: &str = "/openid/issuer/.well-known/openid-configuration";
const JWKS: &str = "/openid/jwk";

/// The private keys of this desk.
fn signing_keys(desk: &Desk) -> SigningKeys {
    let name = Names::of("local").signing_keys_secret;
    let text = desk.secrets.get(&name).unwrap_or_default();
    SigningKeys::parse(&text).unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_has_what_the_standard_requires() {
    let desk = Desk::start().await;
    let answer = desk.call("GET", CONFIGURATION, &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let kernel = desk.kernel.url();
    let expected = json!({
        "issuer": "https://api.example/openid/issuer",
        "authorization_endpoint": format!("{kernel}/authorize"),
        "token_endpoint": format!("{kernel}/token"),
        "jwks_uri": "https://api.example/openid/jwk",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    });
    assert_eq!(answer.json(), expected);
    let well_known = CONFIGURATION.strip_prefix("/openid/issuer").unwrap();
    assert_eq!(
        format!("{}{well_known}", expected["issuer"].as_str().unwrap()),
        format!("https://api.example{CONFIGURATION}"),
        "the issuer is the address that it hangs under"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_has_the_public_members_of_the_keys_and_no_other() {
    let desk = Desk::start().await;
    let keys = signing_keys(&desk);
    let current = keys.current().unwrap();
    let answer = desk.call("GET", JWKS, &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let set = answer.json();
    let jwk = set["keys"][0].as_object().unwrap();
    let mut members: Vec<_> = jwk.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(jwk["kid"], current.kid());
    assert_eq!(
        (&jwk["kty"], &jwk["use"], &jwk["alg"]),
        (&json!("RSA"), &json!("sig"), &json!("RS256"))
    );
    assert_eq!(set["keys"].as_array().map(Vec::len), Some(1));
    assert_eq!(set.as_object().map(serde_json::Map::len), Some(1));
}

/// Words of the private keys' secret: none may be in any answer of the function.
fn private_words(desk: &Desk) -> Vec<String> {
    let text = signing_keys(desk).to_json();
    let secret: Value = serde_json::from_str(&text).unwrap_or_default();
    let keys = secret["keys"].as_object().cloned().unwrap_or_default();
    let der = keys.values().filter_map(|key| key["pkcs8"].as_str());
    let words: Vec<String> = der
        .flat_map(|der| der.as_bytes().chunks_exact(24))
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    assert!(words.len() > 10, "the secret is not what it was");
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_has_a_word_of_a_private_key() {
    let desk = Desk::start().await;
    let words = private_words(&desk);
    let public = String::from_utf8_lossy(&desk.call("GET", JWKS, &[]).await.body).into_owned();
    // The modulus is in both, at an offset of its own: what is public is no secret.
    for path in [CONFIGURATION, JWKS, "/openid/jwk?kid=x", "/openid/nothing"] {
        for method in ["GET", "HEAD", "POST", "OPTIONS"] {
            let answer = desk.call(method, path, &[("accept", "*/*")]).await;
            let told = String::from_utf8_lossy(&answer.body).into_owned();
            for member in [
                "\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\"", "\"k\"", "pkcs8",
            ] {
                assert!(!told.contains(member), "{method} {path}: {member}");
            }
            for word in words.iter().filter(|word| !public.contains(*word)) {
                assert!(!told.contains(word.as_str()), "{method} {path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_the_document_gets_304_without_it() {
    let desk = Desk::start().await;
    for path in [CONFIGURATION, JWKS] {
        let first = desk.call("GET", path, &[]).await;
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "strong: {tag}");
        let again = desk.more_instances().await;
        let others = tests::desk::send(&again, "GET", path, &[]).await;
        assert_eq!(others.header("etag"), tag, "every instance gives the same");
        let weak = format!("\"x\", W/{tag}");
        for known in [tag.as_str(), "*", &weak] {
            let answer = desk.call("GET", path, &[("if-none-match", known)]).await;
            assert_eq!(answer.status, 304, "{known}");
            assert!(answer.body.is_empty());
            assert_eq!(answer.header("etag"), tag);
            assert_eq!(answer.header("cache-control"), "public, max-age=300");
        }
        let answer = desk.call("GET", path, &[("if-none-match", "\"x\"")]).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_good_set_serves_while_the_store_is_away() {
    let desk = Desk::start().await;
    let before = desk.call("GET", JWKS, &[]).await;
    desk.proxy
        .plan(|_| Fault::Error(500, "InternalServerError"));
    for age in [6, 3_600, 7 * 86_400] {
        desk.clock.advance(Duration::from_secs(age));
        let answer = desk.call("GET", JWKS, &[]).await;
        assert_eq!((answer.status, &answer.body), (before.status, &before.body));
    }
    assert_eq!(desk.call("GET", CONFIGURATION, &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_that_was_never_read_is_503_and_never_empty() {
    let desk = Desk::start().await;
    desk.proxy
        .plan(|_| Fault::Error(500, "InternalServerError"));
    let router = desk.more_instances().await;
    let answer = tests::desk::send(&router, "GET", JWKS, &[]).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.text("code"), "UNAVAILABLE");
}

#[tokio::test(flavor = "multi_thread")]
async fn warm_answers_come_from_memory() {
    let desk = Desk::start().await;
    desk.call("GET", JWKS, &[]).await;
    drop(desk.proxy.take_calls());
    for _ in 0..100 {
        assert_eq!(desk.call("GET", JWKS, &[]).await.status, 200);
        assert_eq!(desk.call("GET", CONFIGURATION, &[]).await.status, 200);
    }
    assert!(desk.proxy.take_operations().is_empty());
    desk.clock.advance(Duration::from_millis(5_001));
    desk.call("GET", JWKS, &[]).await;
    assert_eq!(desk.proxy.take_operations(), ["GetItem"], "the version");
}
