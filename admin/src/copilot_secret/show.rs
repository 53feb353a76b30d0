//! `copilot-secret show`: how old the secrets are and what can be done, never the secrets.

use serde::Serialize;
use shared::access_token::SETTLING;

use super::{RoleArgument, retire_from};
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::table::table;

#[derive(Serialize)]
struct Shown {
    secrets: Vec<Row>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    role: RoleArgument,
    since: String,
    signs_from: String,
    /// `null` while there is no previous one.
    retire_previous_from: Option<String>,
}

pub(super) async fn run(target: &Target<'_>, console: &mut Console<'_>) -> Result<Answer, Failure> {
    let secrets = target.connect().await?.copilot_secrets().await?;
    let row = |argument: RoleArgument| {
        let role = argument.role();
        let (since, has_previous) = (secrets.current_since(role), secrets.has_previous(role));
        let settled = if has_previous {
            since.plus(SETTLING)
        } else {
            since
        };
        Row {
            role: argument,
            since: since.rfc3339(),
            signs_from: settled.rfc3339(),
            retire_previous_from: has_previous.then(|| retire_from(&secrets, argument).rfc3339()),
        }
    };
    let shown = Shown {
        secrets: RoleArgument::ALL.map(row).into(),
    };
    console.answer(&shown, || shown.table())?;
    Ok(Answer::Yes)
}

impl Shown {
    fn table(&self) -> String {
        let cells = |row: &Row| {
            let previous = row.retire_previous_from.clone();
            [
                row.role.word().to_owned(),
                row.since.clone(),
                row.signs_from.clone(),
                previous.unwrap_or_else(|| "none".to_owned()),
            ]
        };
        let rows: Vec<_> = self.secrets.iter().map(cells).collect();
        table(
            ["ROLE", "SINCE", "SIGNS FROM", "RETIRE PREVIOUS FROM"],
            &rows,
        )
    }
}
