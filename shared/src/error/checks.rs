//! What a look at the service finds (contract 4.13): told with 200 and with 503.

use serde::Serialize;

/// What the service needs, each looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Checks {
    /// The table.
    pub table: Check,
    /// The secrets.
    pub secrets: Check,
}

/// How a look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Check {
    /// It answers.
    Ok,
    /// It does not.
    Failed,
}

impl Checks {
    /// Whether all is well.
    #[must_use]
    pub fn passed(self) -> bool {
        (self.table, self.secrets) == (Check::Ok, Check::Ok)
    }
}

/// Which of them failed, in a sentence.
impl std::fmt::Display for Checks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match (self.table, self.secrets) {
            (Check::Ok, Check::Ok) => "Everything can be reached.",
            (Check::Failed, Check::Ok) => "The table cannot be reached.",
            (Check::Ok, Check::Failed) => "The secrets cannot be reached.",
            (Check::Failed, Check::Failed) => "The table and the secrets cannot be reached.",
        })
    }
}
