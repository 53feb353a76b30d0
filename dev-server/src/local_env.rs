//! The variables that the template sets, as they are on this desk.

use serde_json::{Map, Value};
use shared::names::Names;
use shared::settings::Env;

/// The environment's name on this desk.
pub const ENVIRONMENT: &str = "local";
/// Any region will do; SDKs insist on one.
pub const REGION: &str = "eu-west-1";
/// What this API is called at Kernel.
pub const KERNEL_CLIENT_ID: &str = "aura-authentication";

/// Where the AWS endpoint is and what it takes.
#[derive(Clone, Debug)]
pub struct LocalEnv {
    /// The address of DynamoDB and Secrets Manager.
    pub endpoint_url: String,
    /// Where the API is.
    pub base_url: String,
    /// Where Kernel is.
    pub kernel_url: String,
    /// Where Direct Line is.
    pub direct_line_url: String,
    /// Any id will do; made fresh for every data folder.
    pub access_key_id: String,
    /// Any secret will do.
    pub secret_access_key: String,
}

impl LocalEnv {
    /// The variables of the template for this function.
    #[must_use]
    pub fn template_variables(&self, function: &str) -> Vec<(&'static str, String)> {
        let names = Names::of(ENVIRONMENT);
        let mut variables = vec![
            ("ENVIRONMENT", ENVIRONMENT.to_owned()),
            ("TABLE_NAME", names.users_table.clone()),
            ("LOG_LEVEL", "INFO".to_owned()),
            ("BASE_URL", self.base_url.clone()),
            ("AWS_ENDPOINT_URL", self.endpoint_url.clone()),
        ];
        variables.extend(self.own_variables(function, names));
        variables
    }

    /// What the function has beside what all have.
    fn own_variables(&self, function: &str, names: Names) -> Vec<(&'static str, String)> {
        let key_ring = ("KEY_RING_SECRET", names.key_ring_secret);
        let digest_key = ("DIGEST_KEY_SECRET", names.digest_key_secret);
        let state_ring = ("STATE_RING_SECRET", names.state_ring_secret);
        let direct_line = ("DIRECT_LINE_SECRET", names.direct_line_secret);
        let erasures = ("ERASURE_TABLE_NAME", names.erasure_table);
        let token_life = ("END_USER_TOKEN_SECONDS", "3000".to_owned());
        let copilot = ("COPILOT_SECRET", names.copilot_secret);
        let kernel = ("KERNEL_URL", self.kernel_url.clone());
        match function {
            user_lookup::NAME => vec![key_ring, digest_key],
            user_removal::NAME => vec![key_ring, digest_key, state_ring, erasures, token_life],
            user_registration::NAME => vec![
                key_ring,
                digest_key,
                state_ring,
                erasures,
                token_life,
                ("PERSON_RETENTION_DAYS", "396".to_owned()),
                kernel,
                ("KERNEL_CLIENT_ID", KERNEL_CLIENT_ID.to_owned()),
                ("KERNEL_CLIENT_AUTHENTICATION", "private_key_jwt".to_owned()),
                ("KERNEL_CLIENT_SECRET", names.kernel_client_secret),
                ("SIGNING_KEYS_SECRET", names.signing_keys_secret),
            ],
            direct_line_token::NAME => vec![
                key_ring,
                ("DIRECT_LINE_URL", self.direct_line_url.clone()),
                direct_line,
            ],
            end_user_authentication::NAME => vec![digest_key, copilot, token_life],
            openid::NAME => vec![kernel],
            monitoring::NAME => vec![
                key_ring,
                state_ring,
                direct_line,
                copilot,
                ("STORAGE_NAME", "auralocal".to_owned()),
            ],
            _ => Vec::new(),
        }
    }

    /// All variables of this function: the template's, and those that Lambda itself sets.
    #[must_use]
    pub fn variables(&self, function: &str) -> Env {
        let lambda = [
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", self.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_access_key.clone()),
        ];
        Env::from_pairs(self.template_variables(function).into_iter().chain(lambda))
    }

    /// What `sam local --env-vars` reads: the template's variables by the function's logical id.
    #[must_use]
    pub fn sam_env(&self) -> Value {
        let functions = [
            user_registration::NAME,
            user_lookup::NAME,
            user_removal::NAME,
            direct_line_token::NAME,
            end_user_authentication::NAME,
            openid::NAME,
            monitoring::NAME,
        ];
        let of = |name: &str| {
            let variables = self.template_variables(name).into_iter();
            Value::Object(
                variables
                    .map(|(variable, value)| (variable.to_owned(), Value::String(value)))
                    .collect(),
            )
        };
        Value::Object(
            functions
                .iter()
                .map(|name| (logical_id(name), of(name)))
                .collect::<Map<_, _>>(),
        )
    }
}

/// The function's logical id in the template: `user-lookup` is `UserLookup`.
#[must_use]
pub fn logical_id(function: &str) -> String {
    let capitalised = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    function.split('-').map(capitalised).collect()
}
