//! Texts that nobody can guess: codes, tokens, secrets.

use uuid::Uuid;

/// 244 random bits in 64 characters of `0-9 a-f`: a code verifier too (RFC 7636 4.1).
pub(crate) fn text() -> String {
    let [half, other] = [(); 2].map(|()| Uuid::new_v4().simple());
    format!("{half}{other}")
}
