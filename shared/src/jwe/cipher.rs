//! A256CBC-HS512 (RFC 7518 5.2): AES-256-CBC and HMAC-SHA-512, the tag first.

use aes::Aes256;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::key_ring::RingKey;

/// The block size of AES.
pub(super) const IV_BYTES: usize = 16;
/// Half of what HMAC-SHA-512 gives.
pub(super) const TAG_BYTES: usize = 32;

/// RFC 7518 5.2.2.1: ciphertext and tag.
pub(super) fn encrypt(
    key: &RingKey,
    iv: &[u8; IV_BYTES],
    aad: &[u8],
    plaintext: &[u8],
) -> (Vec<u8>, [u8; TAG_BYTES]) {
    let cipher = cbc::Encryptor::<Aes256>::new(key.encryption().into(), iv.into());
    let ciphertext = cipher.encrypt_padded_vec::<Pkcs7>(plaintext);
    let tag = tag(key, iv, aad, &ciphertext);
    (ciphertext, tag)
}

/// RFC 7518 5.2.2.2: the plaintext, or `None` when the tag (or, under a good tag, the padding) is wrong.
pub(super) fn decrypt(
    key: &RingKey,
    iv: &[u8; IV_BYTES],
    aad: &[u8],
    ciphertext: &[u8],
    expected: &[u8; TAG_BYTES],
) -> Option<Vec<u8>> {
    if !bool::from(tag(key, iv, aad, ciphertext).ct_eq(expected)) {
        return None;
    }
    let cipher = cbc::Decryptor::<Aes256>::new(key.encryption().into(), iv.into());
    cipher.decrypt_padded_vec::<Pkcs7>(ciphertext).ok()
}

/// The first half of HMAC-SHA-512 over the header, the IV, the ciphertext and the header's length in bits.
fn tag(key: &RingKey, iv: &[u8; IV_BYTES], aad: &[u8], ciphertext: &[u8]) -> [u8; TAG_BYTES] {
    let mut mac = key.mac().clone();
    mac.update(aad);
    mac.update(iv);
    mac.update(ciphertext);
    mac.update(&(aad.len() as u64 * 8).to_be_bytes());
    let full = mac.finalize().into_bytes();
    let mut tag = [0; TAG_BYTES];
    tag.copy_from_slice(&full[..TAG_BYTES]);
    tag
}

/// HMAC-SHA-512 under the first half of a ring key, ready to be cloned: the key schedule is done once.
pub(crate) type TagMac = Hmac<Sha512>;

/// Prepares the MAC of a ring key: HMAC pads a short key with zeros to the hash's block (RFC 2104, section 2).
pub(crate) fn tag_mac(key: &[u8; 32]) -> TagMac {
    let mut block = hmac::digest::Key::<TagMac>::default();
    block[..key.len()].copy_from_slice(key);
    let mac = TagMac::new(&block);
    block.as_mut_slice().zeroize();
    mac
}
