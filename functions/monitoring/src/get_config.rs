//! `GET /config` (contract 4.15): what a channel has to know of this environment.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::api::Doc;
use shared::settings::{BadSetting, Env};

use crate::Monitoring;

/// What the documents say.
pub(crate) const DOC: Doc = Doc {
    name: "get_config",
    summary: "Get the name of the Azure Storage subdomain",
    description: "The storage account that the channels of this environment use.",
    parameters: &[],
    body: None,
    success: (200, Some("Config")),
    errors: &[],
};

/// The configuration.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Config {
    /// The name of the storage account: `<name>.blob.core.windows.net`.
    storage: String,
}

/// The account's name from `STORAGE_NAME`, by Azure's rule for names.
pub(crate) fn storage_name(env: &Env) -> Result<Arc<str>, BadSetting> {
    let rule = "3 to 24 characters of a-z 0-9, the name of an Azure Storage account";
    env.parsed("STORAGE_NAME", rule, |text| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        ((3..=24).contains(&text.len()) && text.chars().all(fits)).then(|| text.into())
    })
}

pub(crate) async fn get_config(State(state): State<Monitoring>) -> Json<Config> {
    Json(Config {
        storage: state.storage_name.to_string(),
    })
}
