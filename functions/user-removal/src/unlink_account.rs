//! `GET /users/auraid/integrated/logout` (contract 4.5): the logout callback. Removes the login that the state names.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use shared::api::Doc;
use shared::callback::{Opened, STATE, Visit};
use shared::error::Error;
use shared::result_page::Told;

use crate::UserRemoval;

/// Where it is: Kernel takes the browser back there after a logout.
pub const PATH: &str = "/users/auraid/integrated/logout";

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "unlink_account",
    summary: "Unlink an account: the logout callback",
    description: "Kernel sends the browser here after a logout that the bot arranged. The login of the state's auraId is removed, once; one that is not there is removed already. The browser goes on to the channel's page where the state names one that the channel allows, with `status=ok`, or with `status=error` and the `code` of the problem; otherwise it gets a page, and every other client JSON. A fetch ahead of time (`Sec-Purpose: prefetch`) is refused and does nothing.",
    parameters: &[STATE],
    body: None,
    success: (200, Some("Unlinked")),
    errors: &[],
};

/// The login is not there any more.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unlinked {
    /// `ok`.
    status: &'static str,
}

pub(crate) async fn unlink_account(State(state): State<UserRemoval>, visit: Visit) -> Response {
    let opened = match state.callbacks.open(&visit).await {
        Ok(opened) => opened,
        Err(error) => return visit.refused(error),
    };
    if let Err(error) = unlink(&state, &opened).await {
        return opened.failed(&visit, error);
    }
    let channel = &opened.channel.name;
    let told = Told::LoggedOut { channel };
    opened.done(&visit, &told, Unlinked { status: "ok" })
}

/// Claims the state, and spends it with the login's removal. Whether there was a login is not told.
async fn unlink(state: &UserRemoval, opened: &Opened) -> Result<bool, Error> {
    let users = &state.users;
    let claim = users.claim_state(&opened.state).await?;
    let aura_id = &opened.state.aura_id;
    let removed = users.remove_user(aura_id, &state.rules, Some(&claim)).await;
    users.settle_state(&claim, removed).await
}
