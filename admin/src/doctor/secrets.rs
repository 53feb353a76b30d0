//! `secret`: each one is there, and is what whoever reads it must find.

use shared::access_token::CopilotSecrets;
use shared::digest::Digester;
use shared::key_ring::KeyRing;
use shared::names::Names;
use shared::secrets::{self, shown};
use shared::signing_keys::SigningKeys;

use super::Patient;
use super::commands::Commands;
use super::report::Report;

/// A secret that is not there, or has no value yet: the service tells the two alike.
const NOT_THERE: &str = "ResourceNotFoundException";

/// One secret, as it must be.
struct Expected {
    word: &'static str,
    name: fn(&Names) -> &str,
    /// What is wrong with a text, without any of it.
    parse: fn(&str) -> Result<(), String>,
    /// Whether a deployment can be without it.
    is_optional: bool,
    fill: Fill,
}

/// How a secret gets its value.
enum Fill {
    /// By a command of ours.
    Admin(&'static str),
    /// From a file of the operator's.
    File,
}

/// To look at another secret, add it here.
const SECRETS: [Expected; 7] = [
    Expected {
        word: "key-ring",
        name: |names| &names.key_ring_secret,
        parse: |text| shown(KeyRing::parse(text)).map(drop),
        is_optional: false,
        fill: Fill::Admin("keyring init"),
    },
    Expected {
        word: "state-ring",
        name: |names| &names.state_ring_secret,
        parse: |text| shown(KeyRing::parse(text)).map(drop),
        is_optional: false,
        fill: Fill::Admin("keyring init"),
    },
    Expected {
        word: "digest-key",
        name: |names| &names.digest_key_secret,
        parse: |text| shown(Digester::parse(text)).map(drop),
        is_optional: false,
        fill: Fill::Admin("keyring init"),
    },
    Expected {
        word: "signing-keys",
        name: |names| &names.signing_keys_secret,
        parse: |text| shown(SigningKeys::parse(text)).map(drop),
        is_optional: false,
        fill: Fill::Admin("signing-key add"),
    },
    Expected {
        word: "copilot",
        name: |names| &names.copilot_secret,
        parse: |text| shown(CopilotSecrets::parse(text)).map(drop),
        is_optional: false,
        fill: Fill::Admin("keyring init"),
    },
    Expected {
        word: "direct-line",
        name: |names| &names.direct_line_secret,
        parse: direct_line_token::check_secrets,
        is_optional: false,
        fill: Fill::File,
    },
    // Needed with client_secret_basic only.
    Expected {
        word: "kernel-client",
        name: |names| &names.kernel_client_secret,
        parse: user_registration::check_client_secret,
        is_optional: true,
        fill: Fill::File,
    },
];

pub(super) async fn check(patient: &Patient<'_>, report: &mut Report) {
    for secret in &SECRETS {
        secret.check(patient, report).await;
    }
}

impl Expected {
    async fn check(&self, patient: &Patient<'_>, report: &mut Report) {
        let check = format!("secret.{}", self.word);
        let (deployment, commands) = (patient.deployment, &patient.commands);
        let name = (self.name)(&deployment.names);
        match secrets::read_text(&deployment.clients.secrets, name).await {
            Ok(text) => match (self.parse)(&text) {
                Ok(()) => report.ok(&check, name),
                Err(rule) => report.failed(
                    &check,
                    &format!("{name}: {rule}"),
                    &put_back(name, commands),
                ),
            },
            Err(cause) if cause == NOT_THERE && self.is_optional => {
                report.ok(&check, "has no value; needed with client_secret_basic only");
            }
            Err(cause) if cause == NOT_THERE => {
                let found = format!("{name} is not there, or has no value");
                report.failed(&check, &found, &self.fill(name, commands));
            }
            Err(cause) => {
                let remedy = "may these credentials read secrets and use their key?";
                report.unknown(&check, &format!("{name} cannot be read: {cause}"), remedy);
            }
        }
    }

    fn fill(&self, name: &str, commands: &Commands) -> String {
        match self.fill {
            Fill::Admin(command) => commands.admin(command),
            Fill::File => format!(
                "{} (docs/operations/rotation.md)",
                commands.put_secret(name)
            ),
        }
    }
}

/// A value that was good is kept as the previous one: making a new one would lose what was made with it.
fn put_back(name: &str, commands: &Commands) -> String {
    let versions = format!("secretsmanager list-secret-version-ids --secret-id {name}");
    format!(
        "{} has the version before: put it back as AWSCURRENT with `aws secretsmanager update-secret-version-stage`",
        commands.aws(&versions)
    )
}
