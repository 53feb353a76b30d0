//! Project Wycheproof's vectors for JSON Web Signature (C2SP/wycheproof, `testvectors_v1/json_web_signature_test.json`,
//! Apache-2.0): every group with a symmetric key, and of the others what could be taken for HS256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use super::Jws;

/// Called valid, but with a `?` amid the base64url: RFC 7515 2 has no such character, and a strict reader refuses it.
const LENIENT: [u32; 2] = [372, 373];
/// Called invalid, but the very text of number 357, which is valid: its bad padding is lost in the source.
const TWINS_OF_A_VALID_ONE: [u32; 2] = [367, 370];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    private: Option<Value>,
    public: Option<Value>,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    tc_id: u32,
    comment: String,
    jws: String,
    result: String,
}

fn groups() -> Vec<Group> {
    let file: File = serde_json::from_str(include_str!("jwt_vectors.json")).unwrap();
    file.test_groups
}

fn verifies(jws: &str, key: &DecodingKey) -> bool {
    Jws::split(jws).is_some_and(|jws| jws.verified(key).is_some())
}

#[test]
fn vectors_with_a_symmetric_key_come_out_as_published() {
    let mut seen = (0, 0);
    for group in groups() {
        let Some(private) = group.private.filter(|key| key["kty"] == "oct") else {
            continue;
        };
        let key = URL_SAFE_NO_PAD
            .decode(private["k"].as_str().unwrap())
            .unwrap();
        let key = DecodingKey::from_secret(&key);
        for test in group.tests {
            let good = match test.tc_id {
                id if LENIENT.contains(&id) => false,
                id if TWINS_OF_A_VALID_ONE.contains(&id) => true,
                _ => test.result == "valid",
            };
            assert_eq!(
                verifies(&test.jws, &key),
                good,
                "{} {}",
                test.tc_id,
                test.comment
            );
            seen = if good {
                (seen.0 + 1, seen.1)
            } else {
                (seen.0, seen.1 + 1)
            };
        }
    }
    assert_eq!(seen, (10, 30));
}

/// Whatever of the public key somebody takes for a secret.
#[test]
fn what_was_signed_otherwise_is_refused_under_every_part_of_the_public_key() {
    let mut seen = 0;
    for group in groups() {
        let Some(Value::Object(public)) = group.public else {
            continue;
        };
        let texts = public.values().filter_map(Value::as_str);
        let decoded = texts
            .clone()
            .filter_map(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let raw = texts.map(|text| text.as_bytes().to_vec());
        let keys: Vec<_> = decoded.chain(raw).collect();
        for test in group.tests {
            for key in &keys {
                let key = DecodingKey::from_secret(key);
                assert!(
                    !verifies(&test.jws, &key),
                    "{} {}",
                    test.tc_id,
                    test.comment
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

/// RFC 7515, appendix A.1, also with a byte more or less at each end.
#[test]
fn the_example_of_the_rfc_verifies_and_nothing_beside_it() {
    let key =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let key = DecodingKey::from_secret(&URL_SAFE_NO_PAD.decode(key).unwrap());
    let jws = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert!(verifies(jws, &key));
    for other in [
        &jws[1..],
        &jws[..jws.len() - 1],
        &format!("{jws}="),
        &format!("{jws}A"),
        &format!("{jws}."),
        &format!(".{jws}"),
        &format!(" {jws}"),
        &format!("{jws}\n"),
        &jws.replace('.', ".."),
        // The same signature in other letters: the last one has spare bits.
        &jws.replace("EjXk", "EjXl"),
    ] {
        assert!(!verifies(other, &key), "{other}");
    }
}
