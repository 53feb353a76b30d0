//! `GET /token` (contract 4.9): a token for a conversation that its holder will start.

use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::api::Doc;
use shared::error::Error;
use shared::jwe::json_object;
use shared::telemetry::Correlator;

use crate::DirectLineToken;
use crate::direct_line::{TOKENS, is_visible};

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "issue_token",
    summary: "Get a Direct Line token",
    description: "A token of Direct Line 3.0 for one new conversation, which its holder starts, and refreshes it there before it expires. No user is bound to it. Every call gets another one.",
    parameters: &[],
    body: None,
    success: (200, Some("Token")),
    errors: &[429, 502, 504],
};

/// A token.
// Without `Debug`, so that no log can have it.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    /// What goes after `Authorization: Bearer` at Direct Line.
    token: String,
    /// How long it is good, in seconds.
    expires_in: u64,
}

impl Token {
    /// The token in Direct Line's answer, and nothing else of it.
    fn parse(body: &[u8]) -> Option<Self> {
        let token: Self = json_object(body)?;
        (is_visible(&token.token) && token.expires_in > 0).then_some(token)
    }
}

pub(crate) async fn issue_token(
    State(state): State<DirectLineToken>,
    Extension(correlator): Extension<Correlator>,
) -> Result<Json<Token>, Error> {
    let asked = state.direct_line.ask(TOKENS, &correlator, Token::parse);
    Ok(Json(asked.await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_and_its_life_are_taken_and_the_rest_is_dropped() {
        let body =
            br#" {"conversationId":"c","token":"a.b-c_d","expires_in":1800,"x":[{"token":1}]} "#;
        let token = Token::parse(body).unwrap();
        assert_eq!((&*token.token, token.expires_in), ("a.b-c_d", 1800));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for body in [
            "",
            "{}",
            r#"["a",1800]"#,
            r#"{"token":"a"}"#,
            r#"{"expires_in":1800}"#,
            r#"{"token":null,"expires_in":1800}"#,
            r#"{"token":"","expires_in":1800}"#,
            r#"{"token":"a b","expires_in":1800}"#,
            r#"{"token":"a\n","expires_in":1800}"#,
            r#"{"token":"\u00e9","expires_in":1800}"#,
            r#"{"token":1,"expires_in":1800}"#,
            r#"{"token":"a","expires_in":0}"#,
            r#"{"token":"a","expires_in":-1}"#,
            r#"{"token":"a","expires_in":"1800"}"#,
            r#"{"token":"a","expires_in":1.5}"#,
            r#"{"token":"a","token":"b","expires_in":1800}"#,
            r#"{"token":"a","expires_in":1800"#,
            r#"{"token":"a","expires_in":1800} {}"#,
        ] {
            assert!(Token::parse(body.as_bytes()).is_none(), "{body}");
        }
    }
}
