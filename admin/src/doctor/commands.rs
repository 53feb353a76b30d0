//! The commands that remedies name, for the deployment at hand: ready to be pasted.

use crate::cli::Options;
use crate::deployment::Deployment;

/// How this deployment is named on command lines.
pub(super) struct Commands {
    admin: String,
    aws: String,
    environment: String,
    is_local: bool,
}

impl Commands {
    pub(super) fn of(options: &Options, deployment: &Deployment) -> Self {
        let environment = &deployment.environment;
        let local = options.local.as_ref().map(|folder| folder.display());
        let endpoint = deployment.desk.as_ref().map(|desk| &desk.aws);
        Self {
            admin: local.map_or_else(
                || format!("aura-admin --environment {environment}"),
                |folder| format!("aura-admin --local={folder}"),
            ),
            aws: endpoint.map_or_else(
                || "aws".to_owned(),
                |endpoint| format!("aws --endpoint-url {endpoint}"),
            ),
            environment: environment.clone(),
            is_local: deployment.desk.is_some(),
        }
    }

    /// A command of ours.
    pub(super) fn admin(&self, command: &str) -> String {
        format!("{} {command}", self.admin)
    }

    /// A command of AWS's.
    pub(super) fn aws(&self, command: &str) -> String {
        format!("{} {command}", self.aws)
    }

    /// The secret with the text of a file of the operator's own.
    pub(super) fn put_secret(&self, name: &str) -> String {
        self.aws(&format!(
            "secretsmanager put-secret-value --secret-id {name} --secret-string file://FILE"
        ))
    }

    /// What sets the functions up anew.
    pub(super) fn deploy(&self) -> String {
        if self.is_local {
            return "start the dev server again (`cargo run`)".to_owned();
        }
        format!(
            "sam deploy --config-env NAME, of the environment {}",
            self.environment
        )
    }

    /// What tells the gateway's own address.
    pub(super) fn stack_output() -> &'static str {
        "aws cloudformation describe-stacks --stack-name STACK --query \"Stacks[0].Outputs[?OutputKey=='ApiUrl'].OutputValue\" --output text"
    }
}
