//! `GET /users/auraid/integrated` (contract 4.3): the login callback. Kernel sends the browser here, and the person is linked.

use axum::extract::State;
use axum::response::Response;
use shared::api::Doc;
use shared::api_key::Scope;
use shared::callback::{Opened, STATE, Visit};
use shared::error::{Denial, Error};
use shared::result_page::{MaskedAccount, Told};
use shared::user::{AuraUser, Login};
use shared::user_store::Registration;

use crate::UserRegistration;
use crate::from_kernel::{CODE, ERROR, ERROR_DESCRIPTION, FromKernel};

/// Where it is: Kernel compares this with what the login was started with.
pub const PATH: &str = "/users/auraid/integrated";

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "link_account",
    summary: "Link an account: the login callback",
    description: "Kernel sends the browser here after a login that the bot arranged. The code is exchanged at Kernel, and the login stored under the auraId of the state, once. The browser goes on to the channel's page where the state names one that the channel allows, with `status=ok`, or with `status=error` and the `code` of the problem; otherwise it gets a page, and every other client JSON. A fetch ahead of time (`Sec-Purpose: prefetch`) is refused and does nothing.",
    parameters: &[STATE, CODE, ERROR, ERROR_DESCRIPTION],
    body: None,
    success: (200, Some("AuraUser")),
    errors: &[403, 409, 502, 504],
};

pub(crate) async fn link_account(State(state): State<UserRegistration>, visit: Visit) -> Response {
    let opened = match state.callbacks.open(&visit).await {
        Ok(opened) => opened,
        Err(error) => return visit.refused(error),
    };
    match link(&state, &visit, &opened).await {
        Err(error) => opened.failed(&visit, error),
        Ok((login, account)) => {
            let (channel, account) = (&*opened.channel.name, &account);
            let told = Told::Linked { channel, account };
            opened.done(&visit, &told, AuraUser::new(login, Scope::Public))
        }
    }
}

/// Claims the state, and spends it or gives it back by what comes of it.
async fn link(
    state: &UserRegistration,
    visit: &Visit,
    opened: &Opened,
) -> Result<(Login, MaskedAccount), Error> {
    let redirect_uri = format!("{}{PATH}", state.base.of(&visit.extensions)?);
    let sealed = &opened.state;
    let claim = state.users.claim_state(sealed).await?;
    // Not before the claim: a used state is a bad one, whatever else stands in the query.
    let said = match FromKernel::of(visit) {
        Ok(said) => said,
        Err(error) => {
            state.users.release_state(&claim).await;
            return Err(error);
        }
    };
    let linking = async {
        let FromKernel::Code(code) = said else {
            return Err(Error::PermissionDenied(Denial::Consent));
        };
        let verifier = sealed.code_verifier.as_ref();
        let granted = state
            .kernel
            .grant(code, &redirect_uri, verifier, &visit.correlator);
        let grant = granted.await?;
        let account = MaskedAccount::new(&grant.user_id, grant.phone_number.as_ref());
        let registration = Registration {
            user_id: grant.user_id,
            authorization_id: grant.authorization_id,
            channel: opened.channel.clone(),
            phone_number: grant.phone_number,
            retention: state.retention,
            aura_id: Some(sealed.aura_id.clone()),
            claim: Some(claim.clone()),
        };
        let login = state.users.register(&registration, &state.rules).await?;
        Ok((login, account))
    };
    let linked = linking.await;
    state.users.settle_state(&claim, linked).await
}
