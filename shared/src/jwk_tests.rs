//! Which documents are public keys, and what they look like.

use serde_json::{Value, json};

use super::*;

/// The modulus of a key of this many bits; nobody checks that it has factors.
fn modulus(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xa5; bits.div_ceil(8)];
    if !bits.is_multiple_of(8) {
        modulus[0] = 1 << (bits % 8 - 1);
    }
    modulus
}

fn rsa() -> PublicJwk {
    PublicJwk::rsa(&modulus(3072), &[1, 0, 1]).unwrap()
}

fn p256() -> PublicJwk {
    let mut point = vec![4];
    point.extend([1; 32]);
    point.extend([2; 32]);
    PublicJwk::p256(&point).unwrap()
}

#[test]
fn keys_are_written_with_their_public_members_only() {
    let members = |key: &PublicJwk| {
        let Value::Object(members) = serde_json::to_value(key).unwrap() else {
            panic!("not an object")
        };
        members.keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(members(&rsa()), "alg e kid kty n use");
    assert_eq!(members(&p256()), "alg crv kid kty use x y");
    let written = serde_json::to_value(p256()).unwrap();
    assert_eq!(
        (&written["use"], &written["alg"], &written["kid"]),
        (&json!("sig"), &json!("ES256"), &json!(p256().kid()))
    );
}

#[test]
fn keys_are_read_as_they_were_written() {
    for key in [rsa(), p256()] {
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<PublicJwk>(&text).unwrap(), key);
    }
}

#[test]
fn a_document_with_a_private_or_any_other_member_is_refused() {
    for key in [rsa(), p256()] {
        for member in ["d", "p", "q", "dp", "dq", "qi", "k", "x5c", "key_ops"] {
            let mut document = serde_json::to_value(&key).unwrap();
            document[member] = json!("AQAB");
            assert!(
                serde_json::from_value::<PublicJwk>(document).is_err(),
                "{member}"
            );
        }
    }
}

#[test]
fn members_of_another_form_are_refused() {
    let changes = [
        (rsa(), "kty", json!("EC")),
        (rsa(), "kty", json!("oct")),
        (rsa(), "use", json!("enc")),
        (rsa(), "alg", json!("ES256")),
        (rsa(), "alg", json!("RS384")),
        (rsa(), "alg", json!("none")),
        (rsa(), "e", json!("Aw")),
        (rsa(), "n", json!("AQAB")),
        (rsa(), "n", json!("")),
        (rsa(), "kid", json!("k1")),
        (rsa(), "kid", json!(p256().kid())),
        (p256(), "crv", json!("P-384")),
        (p256(), "x", json!("AQAB")),
        (p256(), "y", json!(format!("{}=", "A".repeat(43)))),
        (p256(), "kid", json!(rsa().kid())),
    ];
    for (key, member, value) in changes {
        let mut document = serde_json::to_value(&key).unwrap();
        document[member] = value;
        let read = serde_json::from_value::<PublicJwk>(document.clone());
        assert!(read.is_err(), "{document}");
    }
}

#[test]
fn an_rsa_modulus_is_odd_and_has_3072_bits_or_more() {
    for (bits, good) in [
        (2048, false),
        (3071, false),
        (3072, true),
        (3073, true),
        (4096, true),
    ] {
        let key = PublicJwk::rsa(&modulus(bits), &[1, 0, 1]);
        assert_eq!(key.is_ok(), good, "{bits}");
    }
    let mut padded = vec![0];
    padded.extend(modulus(3072));
    let mut even = modulus(3072);
    even[383] = 2;
    for bad in [padded, even] {
        assert_eq!(PublicJwk::rsa(&bad, &[1, 0, 1]), Err(JwkError::Rsa));
    }
    for exponent in [&[3][..], &[0, 1, 0, 1], &[]] {
        assert_eq!(PublicJwk::rsa(&modulus(3072), exponent), Err(JwkError::Rsa));
    }
}

#[test]
fn a_point_is_uncompressed_and_of_its_length() {
    for bad in [&[][..], &[4; 64], &[4; 66], &[2; 65], &[2; 33]] {
        assert_eq!(PublicJwk::p256(bad), Err(JwkError::Ec), "{bad:?}");
    }
}

#[test]
fn a_set_keeps_its_order_and_is_never_empty() {
    assert_eq!(JwkSet::of(Vec::new()), None);
    let set = JwkSet::of(vec![p256(), rsa()]).unwrap();
    let document: Value = serde_json::from_slice(&set.to_json()).unwrap();
    assert_eq!(document, json!({ "keys": [p256(), rsa()] }));
}
