//! Which texts are signing keys, what they sign, and that nothing private gets out.

use base64::Engine as _;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use super::*;

fn p256() -> SigningKey {
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    SigningKey::from_pkcs8(SigningAlgorithm::Es256, der.as_ref()).unwrap()
}

/// Keys with a current one, and the ids of that and the other.
fn keys() -> (SigningKeys, String, String) {
    let (current, other) = (p256(), p256());
    let kids = (current.kid().to_owned(), other.kid().to_owned());
    let mut keys = SigningKeys::default();
    keys.add(current);
    keys.add(other);
    keys.promote(&kids.0).unwrap();
    (keys, kids.0, kids.1)
}

fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

/// Header and claims of a JWT whose signature is good.
fn opened(jwt: &str, check: impl FnOnce(&[u8], &[u8])) -> (Value, Value) {
    let (message, signature) = jwt.rsplit_once('.').unwrap();
    check(message.as_bytes(), &decoded(signature));
    let (header, claims) = message.split_once('.').unwrap();
    let parsed = |part| serde_json::from_slice(&decoded(part)).unwrap();
    (parsed(header), parsed(claims))
}

#[test]
fn keys_are_read_as_they_were_written() {
    let (keys, current, other) = keys();
    let again = SigningKeys::parse(&keys.to_json()).unwrap();
    assert_eq!(again.current().map(SigningKey::kid), Some(&*current));
    assert_eq!(again.keys().count(), 2);
    assert_eq!(again.public_jwk(&other), keys.public_jwk(&other));
    let none = SigningKeys::parse(&SigningKeys::default().to_json()).unwrap();
    assert!(none.current().is_none() && none.keys().next().is_none());
}

#[test]
fn an_es256_signature_is_good_under_the_published_key() {
    let (keys, current, _) = keys();
    let key = keys.current().unwrap();
    let document = serde_json::to_value(key.public_jwk()).unwrap();
    let coordinate = |name: &str| decoded(document[name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let public = ring::signature::UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    let jwt = key.sign(&json!({ "sub": "a" })).unwrap();
    let (header, claims) = opened(&jwt, |message, signature| {
        public.verify(message, signature).unwrap();
    });
    assert_eq!(
        header,
        json!({ "typ": "JWT", "alg": "ES256", "kid": current })
    );
    assert_eq!(claims, json!({ "sub": "a" }));
}

#[cfg(feature = "make-keys")]
#[test]
fn an_rs256_signature_is_good_under_the_published_key() {
    let key = SigningKey::generate(SigningAlgorithm::Rs256).unwrap();
    let mut keys = SigningKeys::default();
    let kid = key.kid().to_owned();
    keys.add(key);
    let keys = SigningKeys::parse(&keys.to_json()).unwrap();
    let key = keys.key(&kid).unwrap();
    let document = serde_json::to_value(key.public_jwk()).unwrap();
    let number = |name: &str| decoded(document[name].as_str().unwrap());
    assert_eq!(number("n").len() * 8, crate::jwk::MIN_RSA_BITS);
    let public = ring::rsa::PublicKeyComponents {
        n: number("n"),
        e: number("e"),
    };
    let jwt = key.sign(&json!({ "sub": "a" })).unwrap();
    let (header, _) = opened(&jwt, |message, signature| {
        let algorithm = &ring::signature::RSA_PKCS1_2048_8192_SHA256;
        public.verify(algorithm, message, signature).unwrap();
    });
    assert_eq!(header, json!({ "typ": "JWT", "alg": "RS256", "kid": kid }));
}

#[cfg(feature = "make-keys")]
#[test]
fn the_id_of_a_made_key_can_be_an_argument_of_a_command() {
    // Of so many, sixteen would start with a hyphen.
    for _ in 0..1000 {
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        assert_eq!(key.algorithm(), SigningAlgorithm::Es256);
        assert!(!key.kid().starts_with('-'), "{}", key.kid());
    }
}

#[test]
fn the_current_key_stays() {
    let (mut keys, current, other) = keys();
    assert_eq!(
        keys.drop_key(&current),
        Err(SigningKeysError::StillCurrent(current.clone()))
    );
    keys.promote(&other).unwrap();
    keys.drop_key(&current).unwrap();
    let gone = SigningKeysError::Unknown(current.clone());
    assert_eq!(keys.drop_key(&current), Err(gone.clone()));
    assert_eq!(keys.promote(&current), Err(gone));
}

#[test]
fn malformed_keys_are_refused_without_quoting_one() {
    let (keys, current, other) = keys();
    let text = keys.to_json();
    let document: Value = serde_json::from_str(&text).unwrap();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut document = document.clone();
        change(&mut document);
        SigningKeys::parse(&document.to_string()).unwrap_err()
    };
    let swapped = changed(&|all| all["keys"][&current] = all["keys"][&other].clone());
    assert_eq!(swapped, SigningKeysError::Kid(current.clone()));
    let other_algorithm = changed(&|all| all["keys"][&current]["alg"] = json!("RS256"));
    assert_eq!(other_algorithm, SigningKeysError::Key(current.clone()));
    let cut = changed(&|all| all["keys"][&current]["pkcs8"] = json!("c2VjcmV0"));
    assert_eq!(cut, SigningKeysError::Key(current.clone()));
    assert!(!cut.to_string().contains("c2VjcmV0"));
    let foreign = "A".repeat(43);
    let lost = changed(&|all| all["current"] = json!(foreign));
    assert_eq!(lost, SigningKeysError::Current(foreign));
    for bad in [
        changed(&|all| all["current"] = json!("k1")),
        changed(&|all| all["keys"]["a private key by mistake"] = all["keys"][&other].clone()),
        changed(&|all| all["keys"][&current]["more"] = json!(1)),
        changed(&|all| all["more"] = json!(1)),
        SigningKeys::parse("").unwrap_err(),
        SigningKeys::parse("{}").unwrap_err(),
    ] {
        assert_eq!(bad, SigningKeysError::Malformed);
    }
}

#[test]
fn debug_shows_nothing_of_a_key() {
    let (keys, _, _) = keys();
    assert_eq!(format!("{keys:?}"), "SigningKeys { .. }");
    let key = keys.current().unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey { .. }");
}

/// Whether a type is `Serialize`, told while this is compiled: with the trait two implementations fit, and the call is
/// ambiguous.
trait IsNotSerialize<Which> {
    fn holds() {}
}

impl<T: ?Sized> IsNotSerialize<()> for T {}

impl<T: ?Sized + Serialize> IsNotSerialize<u8> for T {}

#[test]
fn a_private_key_cannot_be_serialised() {
    // Each of these lines compiles only while its type is not `Serialize`.
    <SigningKey as IsNotSerialize<_>>::holds();
    <SigningKeys as IsNotSerialize<_>>::holds();
    // The control: the other implementation is there for what is `Serialize`.
    <PublicJwk as IsNotSerialize<u8>>::holds();
}
