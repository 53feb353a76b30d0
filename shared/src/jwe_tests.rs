//! What opens, and what must not.

use super::*;

fn ring() -> KeyRing {
    KeyRing::generate("k1").unwrap()
}

/// A document sealed under any header, with a tag that fits it.
fn sealed_with_header(ring: &KeyRing, header: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(header);
    let iv = [7; IV_BYTES];
    let (ciphertext, tag) = encrypt(ring.active().1, &iv, header.as_bytes(), b"{}");
    let [iv, ciphertext, tag] =
        [&iv[..], &ciphertext, &tag].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{header}..{iv}.{ciphertext}.{tag}")
}

#[test]
fn opens_what_it_sealed_and_for_that_purpose_only() {
    let ring = ring();
    let sealed = seal(Purpose::LoginState, &ring, b"text").unwrap();
    assert_eq!(
        open(Purpose::LoginState, &ring, &sealed).as_deref(),
        Ok(&b"text"[..])
    );
    assert_eq!(
        open(Purpose::ApiKey, &ring, &sealed),
        Err(OpenError::Header)
    );
    assert_eq!(
        open(Purpose::LogoutState, &ring, &sealed),
        Err(OpenError::Header)
    );
    assert_eq!(
        open(Purpose::LoginState, &self::ring(), &sealed),
        Err(OpenError::Tag)
    );
}

#[test]
fn header_members_are_exactly_four_in_any_order() {
    let ring = ring();
    let good = r#"{"kid":"k1","enc":"A256CBC-HS512","alg":"dir","typ":"apikey+jwe"}"#;
    assert!(open(Purpose::ApiKey, &ring, &sealed_with_header(&ring, good)).is_ok());
    for bad in [
        r#"{"typ":"apikey+jwe","alg":"dir","enc":"A256CBC-HS512"}"#,
        r#"{"typ":"apikey+jwe","alg":"dir","enc":"A256CBC-HS512","kid":"k1","zip":"DEF"}"#,
        r#"{"typ":"apikey+jwe","alg":"dir","enc":"A256CBC-HS512","kid":"k1","crit":["b64"]}"#,
        r#"{"typ":"apikey+jwe","alg":"dir","alg":"dir","enc":"A256CBC-HS512","kid":"k1"}"#,
        r#"{"typ":"apikey+jwe","alg":"none","enc":"A256CBC-HS512","kid":"k1"}"#,
        r#"{"typ":"apikey+jwe","alg":"A256KW","enc":"A256CBC-HS512","kid":"k1"}"#,
        r#"{"typ":"apikey+jwe","alg":"dir","enc":"A256GCM","kid":"k1"}"#,
        r#"{"typ":"apikey+jwe","alg":"dir","enc":"A128CBC-HS256","kid":"k1"}"#,
        r#"{"typ":"JWT","alg":"dir","enc":"A256CBC-HS512","kid":"k1"}"#,
        r#"{"typ":1,"alg":"dir","enc":"A256CBC-HS512","kid":"k1"}"#,
        r#"["apikey+jwe","dir","A256CBC-HS512","k1"]"#,
        "",
    ] {
        assert_eq!(
            open(Purpose::ApiKey, &ring, &sealed_with_header(&ring, bad)),
            Err(OpenError::Header),
            "{bad}"
        );
    }
    let foreign = sealed_with_header(&ring, &good.replace("k1", "k2"));
    assert_eq!(
        open(Purpose::ApiKey, &ring, &foreign),
        Err(OpenError::UnknownKid)
    );
}

#[test]
fn every_part_is_authenticated_or_checked() {
    let ring = ring();
    let sealed = seal(Purpose::ApiKey, &ring, b"0123456789abcdef").unwrap();
    let parts: Vec<&str> = sealed.split('.').collect();
    for at in [2, 3, 4] {
        let mut bytes = URL_SAFE_NO_PAD.decode(parts[at]).unwrap();
        bytes[0] ^= 1;
        let flipped = URL_SAFE_NO_PAD.encode(bytes);
        let mut parts = parts.clone();
        parts[at] = &flipped;
        assert_eq!(
            open(Purpose::ApiKey, &ring, &parts.join(".")),
            Err(OpenError::Tag),
            "part {at}"
        );
    }
}

#[test]
fn parts_of_other_sizes_are_malformed() {
    let ring = ring();
    let sealed = seal(Purpose::ApiKey, &ring, b"0123456789abcdef").unwrap();
    let parts: Vec<&str> = sealed.split('.').collect();
    for (at, replacement) in [
        (1, "AAAA"),
        (2, "AAAA"),
        (3, ""),
        (3, "AAAA"),
        (4, "AAAA"),
        (0, "*"),
        (2, "AAAAAAAAAAAAAAAAAAAAAA="),
    ] {
        let mut parts = parts.clone();
        parts[at] = replacement;
        assert_eq!(
            open(Purpose::ApiKey, &ring, &parts.join(".")),
            Err(OpenError::Malformed),
            "part {at}"
        );
    }
    for text in [
        "",
        ".",
        "....",
        &sealed[..sealed.len() - 1],
        &format!("{sealed}."),
    ] {
        assert!(open(Purpose::ApiKey, &ring, text).is_err(), "{text}");
    }
    let long = "A".repeat(MAX_BYTES + 1);
    assert_eq!(
        open(Purpose::ApiKey, &ring, &long),
        Err(OpenError::Malformed)
    );
}
