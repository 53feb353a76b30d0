//! The bodies of every function's operations, by the names that their route tables give.

use direct_line_token::{StreamToken, Token};
use end_user_authentication::{
    AuthKey, Authenticate, CreateSession, GenerateUserAuthKey, Refusal, Session, ToClientBody,
    ToClientResponse, Verdict,
};
use monitoring::{Config, Exposition, Healthy, Pong};
use openid::{JwkSetView, OpenidConfiguration};
use shared::error::{Check, Checks, Problem};
use shared::user::AuraUser;
use user_removal::{ErasureReceipt, Unlinked};
use utoipa::openapi::ComponentsBuilder;

/// The bodies of all operations.
pub(super) fn schemas() -> ComponentsBuilder {
    ComponentsBuilder::new()
        .schema_from::<AuraUser>()
        .schema_from::<ErasureReceipt>()
        .schema_from::<Unlinked>()
        .schema_from::<Token>()
        .schema_from::<StreamToken>()
        .schema_from::<Pong>()
        .schema_from::<Config>()
        .schema_from::<Healthy>()
        .schema_from::<Checks>()
        .schema_from::<Check>()
        .schema_from::<OpenidConfiguration>()
        .schema_from::<JwkSetView>()
        .schema_from::<Exposition>()
        .schema_from::<CreateSession>()
        .schema_from::<Session>()
        .schema_from::<Authenticate>()
        .schema_from::<Verdict>()
        .schema_from::<ToClientResponse>()
        .schema_from::<ToClientBody>()
        .schema_from::<GenerateUserAuthKey>()
        .schema_from::<AuthKey>()
        .schema_from::<Refusal>()
        .schema_from::<Problem>()
}
