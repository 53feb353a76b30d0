//! `client list`: the clients that are let in, and those that were revoked a short while ago.

use serde::Serialize;
use shared::client::ClientId;
use shared::clock::Timestamp;

use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::table::table;

#[derive(Serialize)]
struct List {
    clients: Vec<Row>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    client_id: ClientId,
    name: String,
    issued_at: String,
    /// `null` while it is let in.
    revoked_at: Option<String>,
}

pub(super) async fn run(target: &Target<'_>, console: &mut Console<'_>) -> Result<Answer, Failure> {
    let clients = target.connect().await?.control().clients().await?;
    let rows = clients.into_iter().map(|client| Row {
        client_id: client.id,
        name: client.name,
        issued_at: client.created_at.rfc3339(),
        revoked_at: client.revoked_at.map(Timestamp::rfc3339),
    });
    let list = List {
        clients: rows.collect(),
    };
    console.answer(&list, || list.table())?;
    Ok(Answer::Yes)
}

impl List {
    fn table(&self) -> String {
        if self.clients.is_empty() {
            return "No clients.".to_owned();
        }
        let cells = |row: &Row| {
            let revoked = row.revoked_at.as_deref().unwrap_or("-");
            [
                row.client_id.as_str().to_owned(),
                row.name.clone(),
                row.issued_at.clone(),
                revoked.to_owned(),
            ]
        };
        let rows: Vec<_> = self.clients.iter().map(cells).collect();
        table(["CLIENT ID", "NAME", "ISSUED", "REVOKED"], &rows)
    }
}
