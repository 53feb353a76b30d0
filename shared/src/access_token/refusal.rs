//! Why a token is not good.

/// Why a token is not good. For logs and metrics; callers are told one thing for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// Not three parts of unpadded base64url with a header that a JWS can have.
    #[error("malformed")]
    Malformed,
    /// The header is not exactly `typ` `JWT` and `alg` `HS256`.
    #[error("header")]
    Header,
    /// Signed with none of the secrets.
    #[error("signature")]
    Signature,
    /// The claims are not those of a token.
    #[error("claims")]
    Claims,
    /// Signed with the secret of another role than it says.
    #[error("role")]
    Role,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Its user or client is not there any more, or never was.
    #[error("gone")]
    Gone,
}
