//! Hands out tokens for talking to the bot by Direct Line: the channel's secrets stay here, each client gets a conversation's key.

use futures_util::future::join;
use shared::api::{Access, Effect, Routes};
use shared::clock::Clock;
use shared::control::Lists;
use shared::function::{Function, Instance};
use shared::settings::{BadSetting, Env};

mod direct_line;
mod issue_stream_token;
mod issue_token;

pub use direct_line::check_secrets;
pub use issue_stream_token::StreamToken;
pub use issue_token::Token;

use direct_line::DirectLine;

/// The function's name: its package, its Lambda, and the group that an APIKey can be limited to.
pub const NAME: &str = "direct-line-token";

/// What the handlers work with.
#[derive(Clone)]
pub struct DirectLineToken {
    direct_line: DirectLine,
}

/// Contract 4.9 and 4.10. Nothing of ours changes: a key that only reads gets a token too.
#[must_use]
pub fn routes() -> Routes<DirectLineToken> {
    let (public, reads) = (Access::Public, Effect::Reads);
    Routes::new(NAME)
        .get(
            "/token",
            public,
            reads,
            issue_token::DOC,
            issue_token::issue_token,
        )
        .get(
            "/token/wss",
            public,
            reads,
            issue_stream_token::DOC,
            issue_stream_token::issue_stream_token,
        )
}

/// Builds the function and makes the first calls, all at once: INIT runs at full speed, requests do not.
///
/// # Errors
/// [`BadSetting`] that names the variable that is missing or malformed.
pub async fn start(env: Env, clock: Clock) -> Result<Instance, BadSetting> {
    let function = Function::from_env(NAME, env, clock)?;
    let gate = function.gate(&function.control(Lists::Keys))?;
    let direct_line = DirectLine::from_function(&function)?;
    Box::pin(join(gate.warm(), direct_line.warm())).await;
    let state = DirectLineToken { direct_line };
    Ok(function.instance(routes(), state, &gate))
}
