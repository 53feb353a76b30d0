//! `DELETE /admin/users/phone-numbers/{phone_number}` (contract 4.4): GDPR erasure by phone number.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use shared::api::{Doc, Parameter};
use shared::error::Error;
use shared::extract::Path;
use shared::gate::Caller;
use shared::user::PhoneNumber;
use shared::user_store::Receipt;
use uuid::Uuid;

use crate::UserRemoval;

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "erase_users_by_phone_number",
    summary: "Erase every person with this phone number",
    description: "GDPR erasure of every person whose latest number it is, with all logins in all channels. Repeatable: a number nobody has gives zeros. 503 means unfinished: repeat it, and it goes on under the same receipt. The + may be sent as +, as %2B, or left out.",
    parameters: &[Parameter::path::<PhoneNumber>("phone_number")],
    body: None,
    success: (200, Some("ErasureReceipt")),
    errors: &[],
};

/// What was erased.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErasureReceipt {
    /// Id of the erasure, under which its record stays.
    receipt_id: Uuid,
    /// How many persons were erased.
    erased_users: u64,
    /// How many live logins they had.
    erased_logins: u64,
    /// RFC 3339: when the last of them was gone.
    completed_at: String,
}

pub(crate) async fn erase_users_by_phone_number(
    State(state): State<UserRemoval>,
    Extension(caller): Extension<Caller>,
    Path(number): Path<PhoneNumber>,
) -> Result<Json<ErasureReceipt>, Error> {
    let receipt = state
        .users
        .erase_by_phone_number(&number, &caller.jti.to_string(), &state.rules)
        .await?;
    let Receipt {
        receipt_id,
        erased_users,
        erased_logins,
        completed_at,
    } = receipt;
    Ok(Json(ErasureReceipt {
        receipt_id,
        erased_users,
        erased_logins,
        completed_at: completed_at.rfc3339(),
    }))
}
