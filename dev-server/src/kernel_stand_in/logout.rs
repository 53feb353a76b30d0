//! `GET /logout`: ends the session at Kernel and sends the browser back (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::page::ErrorPage;
use user_removal::LOGOUT_CALLBACK;

use super::Kernel;
use crate::local_env::KERNEL_CLIENT_ID;
use crate::parameters::{Parameters, with_query};

pub(super) async fn logout(
    State(kernel): State<Arc<Kernel>>,
    RawQuery(query): RawQuery,
) -> Result<Response, ErrorPage> {
    let parameters = Parameters::parse(&query.unwrap_or_default());
    let parameters =
        parameters.map_err(|_| ErrorPage::of("A parameter is given more than once.", None))?;
    let client_id = parameters.get("client_id");
    if client_id != Some(KERNEL_CLIENT_ID) {
        let why = "The client_id is not that of the one client here:";
        return Err(ErrorPage::of(why, client_id));
    }
    let back = parameters.get("post_logout_redirect_uri");
    let Some(back) = back.filter(|back| kernel.is_callback(back, LOGOUT_CALLBACK)) else {
        let why = "The post_logout_redirect_uri is not the API's logout callback:";
        return Err(ErrorPage::of(
            why,
            parameters.get("post_logout_redirect_uri"),
        ));
    };
    let to = with_query(back, &[("state", parameters.get("state"))]);
    Ok(Redirect::to(&to).into_response())
}
