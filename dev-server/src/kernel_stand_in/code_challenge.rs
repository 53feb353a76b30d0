//! Code challenges (RFC 7636): what ties a code to whoever asked for it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use shared::sealed_state::CodeVerifier;

/// The length of a challenge: 32 bytes in base64url.
const CHALLENGE_CHARS: usize = 43;

/// A challenge of method `S256`, the only one here: `plain` protects from nobody who reads the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodeChallenge(String);

impl CodeChallenge {
    /// The challenge in `text`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let decoded = URL_SAFE_NO_PAD.decode(text).ok()?;
        (text.len() == CHALLENGE_CHARS && decoded.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The challenge of a verifier (RFC 7636 4.2).
    pub(crate) fn of(verifier: &CodeVerifier) -> Self {
        Self(URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_str())))
    }

    /// As it is sent.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_standards_example() {
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert_eq!(CodeChallenge::of(&verifier).as_str(), challenge);
        assert_eq!(
            CodeChallenge::parse(challenge),
            Some(CodeChallenge::of(&verifier))
        );
        for bad in ["", "short", &challenge[1..], &format!("{challenge}A")] {
            assert_eq!(CodeChallenge::parse(bad), None, "{bad}");
        }
    }
}
