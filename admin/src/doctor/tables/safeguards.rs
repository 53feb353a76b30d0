//! What keeps a table's data: for as long as it is to be kept, from being lost, and from being read.

use aws_sdk_dynamodb::types::{
    ContinuousBackupsStatus, PointInTimeRecoveryStatus, SseStatus, SseType, TableDescription,
    TimeToLiveStatus,
};
use shared::aws;

use super::{Expected, PERMISSION};
use crate::doctor::Patient;
use crate::doctor::report::Report;

const TTL: &str = "ttl";
/// What an engine says of an operation that it does not have.
const NO_SUCH_OPERATION: &str = "UnknownOperationException";

impl Expected<'_> {
    pub(super) async fn check_ttl(&self, patient: &Patient<'_>, report: &mut Report) {
        let check = self.called("ttl");
        let describe = patient.deployment.clients.dynamodb.describe_time_to_live();
        let ttl = match describe.table_name(self.name).send().await {
            Ok(described) => described.time_to_live_description,
            Err(error) => return report.unknown(&check, &aws::cause(&error), PERMISSION),
        };
        let on = ttl.filter(|ttl| {
            let status = ttl.time_to_live_status.as_ref();
            status.is_some_and(|status| {
                matches!(
                    status,
                    TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling
                )
            })
        });
        let attribute = on.and_then(|ttl| ttl.attribute_name);
        let (found, remedy) = match (self.has_ttl, attribute.as_deref()) {
            (true, Some(TTL)) => return report.ok(&check, "on"),
            (false, None) => return report.ok(&check, "off, as it must be"),
            (true, None) => (
                "it is off: what has expired stays for good",
                self.set_ttl(true, TTL),
            ),
            (true, Some(other)) => ("it is on for another attribute", self.set_ttl(false, other)),
            (false, Some(on)) => (
                "it is on: records of erasures must stay",
                self.set_ttl(false, on),
            ),
        };
        report.failed(&check, found, &patient.commands.aws(&remedy));
    }

    fn set_ttl(&self, enabled: bool, attribute: &str) -> String {
        format!(
            "dynamodb update-time-to-live --table-name {} --time-to-live-specification Enabled={enabled},AttributeName={attribute}",
            self.name
        )
    }

    pub(super) async fn check_recovery(&self, patient: &Patient<'_>, report: &mut Report) {
        let check = self.called("recovery");
        let describe = patient
            .deployment
            .clients
            .dynamodb
            .describe_continuous_backups();
        let backups = match describe.table_name(self.name).send().await {
            Ok(described) => described.continuous_backups_description,
            Err(error) => match aws::cause(&error).as_str() {
                NO_SUCH_OPERATION => return report.ok(&check, "this engine has none"),
                cause => return report.unknown(&check, cause, PERMISSION),
            },
        };
        let is_on = backups.is_some_and(|backups| {
            let recovery = backups.point_in_time_recovery_description;
            let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
            backups.continuous_backups_status == ContinuousBackupsStatus::Enabled
                && status == Some(PointInTimeRecoveryStatus::Enabled)
        });
        if is_on {
            return report.ok(&check, "on");
        }
        let remedy = patient.commands.aws(&format!(
            "dynamodb update-continuous-backups --table-name {} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
            self.name
        ));
        report.failed(&check, "it is off: what is lost stays lost", &remedy);
    }

    pub(super) fn check_protection(
        &self,
        table: &TableDescription,
        patient: &Patient<'_>,
        report: &mut Report,
    ) {
        let check = self.called("protection");
        match table.deletion_protection_enabled {
            Some(true) => report.ok(&check, "on"),
            _ if patient.deployment.desk.is_some() => {
                report.ok(&check, "not asked for on the dev server");
            }
            _ => {
                let remedy = patient.commands.aws(&format!(
                    "dynamodb update-table --table-name {} --deletion-protection-enabled",
                    self.name
                ));
                report.failed(&check, "deletion protection is off", &remedy);
            }
        }
    }

    pub(super) fn check_encryption(
        &self,
        table: &TableDescription,
        patient: &Patient<'_>,
        report: &mut Report,
    ) {
        let check = self.called("encryption");
        if patient.deployment.desk.is_some() {
            return report.ok(&check, "not asked for on the dev server");
        }
        let sse = table.sse_description.as_ref();
        let own = sse.is_some_and(|sse| {
            let status = sse.status.as_ref();
            let on = matches!(status, Some(SseStatus::Enabled | SseStatus::Updating));
            on && sse.sse_type == Some(SseType::Kms)
        });
        if own {
            return report.ok(&check, "under a key of the account");
        }
        let remedy = patient.commands.aws(&format!(
            "dynamodb update-table --table-name {} --sse-specification Enabled=true,SSEType=KMS,KMSMasterKeyId=alias/aura-authentication-{}",
            self.name, patient.deployment.environment
        ));
        report.failed(&check, "it is not under the deployment's own key", &remedy);
    }
}
