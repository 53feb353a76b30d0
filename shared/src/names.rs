//! What an environment's resources are called: the template, the operators' command line and the dev server agree on it.

/// The names of one environment's tables and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The users' table.
    pub users_table: String,
    /// The table of erasure records.
    pub erasure_table: String,
    /// The ring that APIKeys are sealed with.
    pub key_ring_secret: String,
    /// The ring that callback states are sealed with; shared with the bot.
    pub state_ring_secret: String,
    /// The key of the digests that stand for ids in the store.
    pub digest_key_secret: String,
    /// The private keys that this API signs with.
    pub signing_keys_secret: String,
    /// The Direct Line secrets of the bot.
    pub direct_line_secret: String,
    /// The client secret that this API has at Kernel, as plain text.
    pub kernel_client_secret: String,
    /// What Copilot Connect signs its tokens with, and the pepper of its clients.
    pub copilot_secret: String,
}

impl Names {
    /// The names in the environment of this name.
    #[must_use]
    pub fn of(environment: &str) -> Self {
        let table = |what: &str| format!("aura-authentication-{environment}-{what}");
        let secret = |what: &str| format!("aura-authentication/{environment}/{what}");
        Self {
            users_table: table("users"),
            erasure_table: table("erasures"),
            key_ring_secret: secret("key-ring"),
            state_ring_secret: secret("state-ring"),
            digest_key_secret: secret("digest-key"),
            signing_keys_secret: secret("signing-keys"),
            direct_line_secret: secret("direct-line"),
            kernel_client_secret: secret("kernel-client"),
            copilot_secret: secret("copilot"),
        }
    }
}
