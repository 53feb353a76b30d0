//! Ids, credentials and digests of clients.

use super::*;

/// The product's own example of a header.
const SAMPLE: &str = "QUJBQkFCQUJRUUlSWjprOUgyTmQzVDVqNUVXMkZ1MTYwbDExSGFsM3gzb2E=";

fn secret(text: &str) -> ClientSecret {
    ClientSecret(Zeroizing::new(text.to_owned()))
}

#[test]
fn the_sample_header_round_trips() {
    let sample = BasicCredentials::parse(SAMPLE).unwrap();
    assert_eq!(sample.id.as_str(), "ABABABABQQIRZ");
    assert_eq!(sample.secret.expose(), "k9H2Nd3T5j5EW2Fu160l11Hal3x3oa");
    assert_eq!(sample.encode(), SAMPLE);
}

#[test]
fn credentials_are_split_at_the_first_colon() {
    let with_colons = BasicCredentials::parse(&STANDARD.encode("a:b:c:")).unwrap();
    assert_eq!(with_colons.id.as_str(), "a");
    assert_eq!(with_colons.secret.expose(), "b:c:");
    let umlaut = BasicCredentials::parse(&STANDARD.encode("a:ü")).unwrap();
    assert_eq!(umlaut.secret.expose(), "ü");
}

#[test]
fn what_is_no_pair_is_refused() {
    let long = format!("a:{}", "x".repeat(1025));
    for text in ["", "a", "a:", ":b", "a b:c", "é:c", &long, "\u{0}:c"] {
        assert!(
            BasicCredentials::parse(&STANDARD.encode(text)).is_none(),
            "{text}"
        );
    }
    let not_utf8 = STANDARD.encode(b"a:\xff");
    let not_padded = SAMPLE.trim_end_matches('=');
    for encoded in [
        "",
        "=",
        "!",
        " ",
        not_padded,
        &not_utf8,
        &format!("{SAMPLE} {SAMPLE}"),
    ] {
        assert!(BasicCredentials::parse(encoded).is_none(), "{encoded}");
    }
}

#[test]
fn new_ids_are_ids_and_no_two_are_the_same() {
    let [one, two] = [(); 2].map(|()| ClientId::random());
    assert_ne!(one, two);
    assert!(ClientId::parse(one.as_str()).is_some_and(|id| id.as_str().len() == ID_CHARS));
    let [one, two] = [(); 2].map(|()| ClientSecret::generate().unwrap());
    assert_ne!(one.expose(), two.expose());
    assert_eq!(one.expose().len(), 43);
}

#[test]
fn only_the_secret_itself_has_its_digest_and_only_under_this_pepper() {
    let [pepper, other] = [[1; 32], [2; 32]].map(|key| Pepper::new(&key).unwrap());
    let kept = pepper.digest(&secret("s3cret"));
    assert!(pepper.is_secret_of(&secret("s3cret"), Some(&kept)));
    assert!(!other.is_secret_of(&secret("s3cret"), Some(&kept)));
    for wrong in ["", "s3cre", "s3cret ", "S3cret"] {
        assert!(!pepper.is_secret_of(&secret(wrong), Some(&kept)), "{wrong}");
    }
    assert!(!pepper.is_secret_of(&secret("s3cret"), None));
    for broken in ["", "!", "AAAA"] {
        let broken = SecretDigest(broken.to_owned());
        assert!(!pepper.is_secret_of(&secret("s3cret"), Some(&broken)));
    }
    assert!(!format!("{kept:?}{pepper:?}").contains("s3cret"));
}

/// RFC 4231, test case 2: the digest is plain HMAC-SHA-256.
#[test]
fn a_digest_is_hmac_sha_256() {
    let pepper = Pepper::new(b"Jefe").unwrap();
    let kept = pepper.digest(&secret("what do ya want for nothing?"));
    let expected = [
        0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75,
        0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec,
        0x38, 0x43,
    ];
    assert_eq!(URL_SAFE_NO_PAD.decode(kept.0).unwrap(), expected);
}
