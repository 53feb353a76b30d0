//! `end-user-token inspect`: what a token says, and why it is or is not good. Never shows the token.

use clap::Args;
use serde::Serialize;
use shared::access_token::{AccessToken, CopilotSecrets, Role, TokenRefusal};
use shared::client::ClientId;
use shared::clock::Timestamp;
use shared::control::RegisteredClient;
use shared::extract::Argument as _;
use shared::user::AuraId;

use crate::console::Console;
use crate::deployment::{Deployment, Target};
use crate::failure::{Answer, Failure};
use crate::table;

/// The arguments of `end-user-token inspect`.
#[derive(Debug, Args)]
#[command(
    after_help = "Takes the token of a management session as well. Exit code 1 when the token is not good.\n\n\
    Example (the token stays out of the shell's history):\n  aura-admin --local end-user-token inspect - < token.txt"
)]
pub(crate) struct Inspect {
    /// The token, with or without Bearer before it; - or none reads it from standard input
    #[arg(value_name = "TOKEN")]
    token: Option<String>,
}

/// What is known of a token.
#[derive(Serialize)]
struct Inspection {
    valid: bool,
    /// The word that metrics have for it.
    reason: Option<String>,
    explanation: Option<&'static str>,
    /// `null` when nothing vouches for what the token says.
    claims: Option<Claims>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims {
    role: &'static str,
    user_id: String,
    device_id: String,
    expires_at: String,
}

impl Inspect {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let presented = console.token(self.token.as_deref())?;
        let deployment = target.connect().await?;
        let secrets = deployment.copilot_secrets().await?;
        let (token, refusal) = judge(&presented, &secrets, target.clock.now());
        let refusal = match (&token, refusal) {
            (Some(token), None) if !is_there(&deployment, token).await? => Some(TokenRefusal::Gone),
            (_, refusal) => refusal,
        };
        let found = Inspection {
            valid: refusal.is_none(),
            reason: refusal.map(|refusal| refusal.to_string()),
            explanation: refusal.map(explanation),
            claims: token.map(Claims::of),
        };
        console.answer(&found, || found.facts())?;
        Ok(if found.valid { Answer::Yes } else { Answer::No })
    }
}

/// What the token says, as far as a secret vouches for it, and the first thing that is wrong with it.
fn judge(
    presented: &str,
    secrets: &CopilotSecrets,
    now: Timestamp,
) -> (Option<AccessToken>, Option<TokenRefusal>) {
    match AccessToken::read(presented, secrets) {
        Ok(token) if token.expires_at <= now => (Some(token), Some(TokenRefusal::Expired)),
        Ok(token) => (Some(token), None),
        Err(refusal) => (None, Some(refusal)),
    }
}

async fn is_there(deployment: &Deployment, token: &AccessToken) -> Result<bool, Failure> {
    match token.role {
        Role::AppUser => match AuraId::parse(&token.user_id) {
            Some(aura_id) => Ok(deployment.users().get_user(&aura_id).await?.is_some()),
            None => Ok(false),
        },
        Role::ServiceAccount => {
            let clients = deployment.control().clients().await?.into_iter();
            let mut living = clients.filter(RegisteredClient::is_living);
            let id = ClientId::parse(&token.user_id);
            Ok(living.any(|client| Some(&client.id) == id.as_ref()))
        }
    }
}

impl Claims {
    fn of(token: AccessToken) -> Self {
        Self {
            role: token.role.as_str(),
            user_id: token.user_id,
            device_id: token.device_id,
            expires_at: token.expires_at.rfc3339(),
        }
    }
}

impl Inspection {
    fn facts(&self) -> String {
        let valid = self.explanation;
        let valid = valid.map_or_else(|| "yes".to_owned(), |because| format!("no: {because}"));
        let mut facts = vec![("valid", valid)];
        if let Some(claims) = &self.claims {
            facts.extend([
                ("role", claims.role.to_owned()),
                ("user", claims.user_id.clone()),
                ("device", claims.device_id.clone()),
                ("expires", claims.expires_at.clone()),
            ]);
        }
        table::facts(&facts)
    }
}

fn explanation(refusal: TokenRefusal) -> &'static str {
    match refusal {
        TokenRefusal::Malformed => "it is not a token, or only a part of one",
        TokenRefusal::Header => "its header is not that of a token of this API",
        TokenRefusal::Signature => {
            "it was altered, or signed with a secret that this environment does not have (any more)"
        }
        TokenRefusal::Claims => "its claims are not those of a token of this API",
        TokenRefusal::Role => "it was signed with the secret of another role than it says",
        TokenRefusal::Expired => "it has expired",
        TokenRefusal::Gone => {
            "its user or client is not there: removed, superseded, expired or revoked, or never made"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::access_token::NO_DEVICE;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn signed(secrets: &CopilotSecrets, life: i64) -> String {
        let token = AccessToken {
            role: Role::AppUser,
            user_id: "user-1".into(),
            device_id: NO_DEVICE.into(),
            expires_at: Timestamp::from_millis(NOW.millis() + life),
        };
        token.sign(secrets, NOW).unwrap()
    }

    #[test]
    fn what_a_secret_vouches_for_is_told_also_when_its_time_is_over() {
        let [secrets, other] = [(); 2].map(|()| CopilotSecrets::generate(NOW).unwrap());
        for (text, read, refusal) in [
            (signed(&secrets, 1), true, None),
            (signed(&secrets, 0), true, Some(TokenRefusal::Expired)),
            (signed(&other, 1), false, Some(TokenRefusal::Signature)),
            ("a.b".to_owned(), false, Some(TokenRefusal::Malformed)),
        ] {
            let (token, found) = judge(&text, &secrets, NOW);
            assert_eq!((token.is_some(), found), (read, refusal));
        }
    }

    #[test]
    fn neither_form_shows_the_token() {
        let secrets = CopilotSecrets::generate(NOW).unwrap();
        let text = signed(&secrets, 1);
        let (token, _) = judge(&text, &secrets, NOW);
        let found = Inspection {
            valid: true,
            reason: None,
            explanation: None,
            claims: token.map(Claims::of),
        };
        let shown = format!(
            "{}{}",
            found.facts(),
            serde_json::to_string(&found).unwrap()
        );
        assert!(shown.contains("user-1"), "{shown}");
        for part in text.split('.') {
            assert!(!shown.contains(part), "{shown}");
        }
    }
}
