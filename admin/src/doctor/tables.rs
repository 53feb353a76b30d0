//! `table`: both tables are there, with their keys, and nothing that protects what is in them is off.

use aws_sdk_dynamodb::types::{KeySchemaElement, TableDescription, TableStatus};
use shared::aws;

use super::Patient;
use super::report::Report;

mod safeguards;

/// What AWS calls what does not exist.
const NOT_THERE: &str = "ResourceNotFoundException";
const PERMISSION: &str = "may these credentials describe tables, is the region right?";

/// One table, as it must be.
struct Expected<'a> {
    word: &'static str,
    name: &'a str,
    keys: &'static [&'static str],
    /// Whether items go by themselves.
    has_ttl: bool,
}

pub(super) async fn check(patient: &Patient<'_>, report: &mut Report) {
    let names = &patient.deployment.names;
    let users = Expected {
        word: "users",
        name: &names.users_table,
        keys: &["pk", "sk"],
        has_ttl: true,
    };
    let erasures = Expected {
        word: "erasures",
        name: &names.erasure_table,
        keys: &["pk"],
        has_ttl: false,
    };
    for table in [users, erasures] {
        table.check(patient, report).await;
    }
}

impl Expected<'_> {
    /// The name of the check of `what`.
    fn called(&self, what: &str) -> String {
        format!("table.{}.{what}", self.word)
    }

    async fn check(&self, patient: &Patient<'_>, report: &mut Report) {
        let describe = patient.deployment.clients.dynamodb.describe_table();
        let described = describe.table_name(self.name).send().await;
        match described.map(|described| described.table) {
            Ok(Some(table)) => {
                self.check_keys(&table, patient, report);
                self.check_ttl(patient, report).await;
                self.check_recovery(patient, report).await;
                self.check_protection(&table, patient, report);
                self.check_encryption(&table, patient, report);
            }
            Ok(None) => self.not_described("nothing", patient, report),
            Err(error) => self.not_described(&aws::cause(&error), patient, report),
        }
    }

    fn not_described(&self, cause: &str, patient: &Patient<'_>, report: &mut Report) {
        let check = self.called("exists");
        if cause != NOT_THERE {
            let found = format!("{} cannot be described: {cause}", self.name);
            return report.unknown(&check, &found, PERMISSION);
        }
        let found = format!("there is no table {}", self.name);
        let remedy = format!(
            "is the environment's name right, and the region? A new one: {}. One that was lost: docs/operations/restore.md",
            patient.commands.deploy()
        );
        report.failed(&check, &found, &remedy);
    }

    fn check_keys(&self, table: &TableDescription, patient: &Patient<'_>, report: &mut Report) {
        let check = self.called("exists");
        let keys = table.key_schema().iter();
        let keys: Vec<&str> = keys.map(KeySchemaElement::attribute_name).collect();
        if keys != self.keys {
            let found = format!("{} has the keys {keys:?}, not {:?}", self.name, self.keys);
            let remedy = format!("it is another table: {}", patient.commands.deploy());
            return report.failed(&check, &found, &remedy);
        }
        match &table.table_status {
            Some(TableStatus::Active | TableStatus::Updating) => report.ok(&check, self.name),
            status => {
                let status = status.as_ref().map_or("unknown", TableStatus::as_str);
                let found = format!("{} is {status}", self.name);
                report.failed(&check, &found, "wait until it is ACTIVE");
            }
        }
    }
}
