//! `apikey list-revoked`: the list that the functions refuse keys by.

use serde::Serialize;
use shared::clock::Timestamp;
use uuid::Uuid;

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::table::table;

#[derive(Serialize)]
struct List {
    revoked: Vec<Row>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    jti: Uuid,
    revoked_at: String,
    expires_at: String,
}

pub(super) async fn run(target: &Target<'_>, console: &mut Console<'_>) -> Result<Answer, Failure> {
    let deployment = target.connect().await?;
    let mut keys = deployment.control().revoked(target.clock.now()).await?;
    keys.sort_by_key(|key| (key.revoked_at, key.jti));
    let rows = keys.iter().map(|key| Row {
        jti: key.jti,
        revoked_at: key.revoked_at.rfc3339(),
        expires_at: Timestamp::from_secs(key.exp).rfc3339(),
    });
    let list = List {
        revoked: rows.collect(),
    };
    console.answer(&list, || list.table())?;
    Ok(Answer::Yes)
}

impl List {
    fn table(&self) -> String {
        if self.revoked.is_empty() {
            return "No revoked keys.".to_owned();
        }
        let cells = |row: &Row| {
            [
                row.jti.to_string(),
                row.revoked_at.clone(),
                row.expires_at.clone(),
            ]
        };
        let rows: Vec<_> = self.revoked.iter().map(cells).collect();
        table(["JTI", "REVOKED", "KEY EXPIRES"], &rows)
    }
}
