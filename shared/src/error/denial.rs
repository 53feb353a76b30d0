//! Why somebody may not do what they ask for: told to the caller.

/// What forbids an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The key's class.
    #[error("The scope of this APIKey does not admit this operation.")]
    Scope,
    /// Whether the key may write.
    #[error("The mode of this APIKey admits reading only.")]
    Mode,
    /// The endpoint groups that the key is limited to.
    #[error("The groups of this APIKey do not include this endpoint's.")]
    Groups,
    /// The person, or the identity platform for them.
    #[error("The login was refused at the identity platform.")]
    Consent,
    /// What the identity platform said of the login: not active, or somebody else's.
    #[error("The identity platform does not vouch for this login.")]
    Vouching,
}
