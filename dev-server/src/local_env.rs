//! The variables that the template sets, as they are on this desk.

use serde_json::{Map, Value};
use shared::names::Names;
use shared::settings::Env;

/// The environment's name on this desk.
pub const ENVIRONMENT: &str = "local";
/// Any region will do; SDKs insist on one.
pub const REGION: &str = "eu-west-1";

/// Where the AWS endpoint is and what it takes.
#[derive(Clone, Debug)]
pub struct LocalEnv {
    /// The address of DynamoDB and Secrets Manager.
    pub endpoint_url: String,
    /// Where the API is.
    pub base_url: String,
    /// Where Kernel is.
    pub kernel_url: String,
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
            ("TABLE_NAME", names.users_table),
            ("LOG_LEVEL", "INFO".to_owned()),
            ("BASE_URL", self.base_url.clone()),
            ("AWS_ENDPOINT_URL", self.endpoint_url.clone()),
        ];
        let has_users = matches!(
            function,
            user_registration::NAME | user_lookup::NAME | user_removal::NAME
        );
        if has_users || function == monitoring::NAME {
            variables.push(("KEY_RING_SECRET", names.key_ring_secret));
        }
        if has_users {
            variables.push(("DIGEST_KEY_SECRET", names.digest_key_secret));
        }
        if matches!(function, user_registration::NAME | user_removal::NAME) {
            variables.extend([
                ("ERASURE_TABLE_NAME", names.erasure_table),
                ("END_USER_TOKEN_SECONDS", "3000".to_owned()),
            ]);
        }
        if function == user_registration::NAME {
            variables.push(("PERSON_RETENTION_DAYS", "396".to_owned()));
        }
        if function == openid::NAME {
            variables.push(("KERNEL_URL", self.kernel_url.clone()));
        }
        if function == monitoring::NAME {
            variables.extend([
                ("STATE_RING_SECRET", names.state_ring_secret),
                ("DIRECT_LINE_SECRET", names.direct_line_secret),
                ("STORAGE_NAME", "auralocal".to_owned()),
            ]);
        }
        variables
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
