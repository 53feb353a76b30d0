//! Entity tags of documents that clients keep (RFC 9110 8.8.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The length of the digest in a tag, in bytes: enough that no two documents share one.
const TAG_BYTES: usize = 16;

/// The strong tag of this document, with its quotes: from its bytes alone, so that every instance gives the same.
#[must_use]
pub fn strong(document: &[u8]) -> String {
    let digest = Sha256::digest(document);
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..TAG_BYTES]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_quoted_and_follows_the_bytes() {
        assert_eq!(strong(b""), "\"47DEQpj8HBSa-_TImW-5JA\"");
        assert_ne!(strong(b"a"), strong(b"b"));
    }
}
