//! `aura-admin doctor`: a healthy deployment has no finding; whatever is broken on purpose is found, and nothing else, with what to
//! do about it.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, TimeToLiveSpecification};
use serde_json::{Value, json};
use shared::control::RevokedKey;
use shared::key_ring::{KeyRing, kid};
use tests::{Desk, Fault, events};
use uuid::Uuid;

mod setup;

use setup::{Changes, Clinic, checks};

const DAY: Duration = Duration::from_hours(24);

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

async fn revoke(desk: &Desk) {
    let now = desk.clock.now();
    let key = RevokedKey {
        jti: Uuid::new_v4(),
        exp: now.plus(DAY).secs(),
        revoked_at: now,
    };
    let revoked = desk.control().revoke(&key).await;
    assert_eq!(revoked, Ok(()));
}

/// Exactly these findings with these words in what is found or in the remedy, and exit code 1.
async fn assert_found(clinic: &Clinic, expected: &[(&str, &[&str])]) {
    let (code, found) = clinic.findings(&[]).await;
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    let mut wanted: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    wanted.sort_unstable();
    assert_eq!(names, wanted, "{found:#?}");
    assert_eq!(code, 1);
    for (name, words) in expected {
        for word in *words {
            assert!(
                found[*name].contains(word),
                "{name} without {word:?}: {}",
                found[*name]
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_deployment_has_no_finding_and_is_only_looked_at() {
    let clinic = Clinic::healthy().await;
    revoke(&clinic.desk).await;
    drop(clinic.aws.take_calls());
    let outcome = clinic.doctor(&["--json"]).await;
    let checks = checks(&outcome);
    let bad: Vec<&Value> = checks
        .iter()
        .filter(|check| check["state"] != "ok")
        .collect();
    assert_eq!((outcome.code, bad.as_slice()), (0, &[][..]), "{outcome:?}");
    assert!(checks.len() > 25, "{outcome:?}");
    assert!(checks.iter().all(|check| check["remedy"].is_null()));
    let mut operations = clinic.aws.take_operations();
    operations.sort_unstable();
    operations.dedup();
    let reads = [
        "DescribeContinuousBackups",
        "DescribeSecret",
        "DescribeTable",
        "DescribeTimeToLive",
        "GetItem",
        "GetSecretValue",
        "Query",
    ];
    assert_eq!(operations, reads);
    let people = clinic.doctor(&[]).await;
    assert_eq!(people.code, 0);
    assert!(
        people.out.contains("0 warnings, 0 failed, 0 not looked at")
            && !people.out.contains("What to do")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_probe_a_key_is_revoked_and_a_token_is_had() {
    let clinic = Clinic::healthy().await;
    drop(clinic.desk.direct_line.take_calls());
    let (code, found) = clinic.findings(&["--probe"]).await;
    assert_eq!((code, found.len()), (0, 0), "{found:?}");
    let revoked = clinic
        .desk
        .control()
        .revoked(clinic.desk.clock.now())
        .await
        .unwrap();
    assert_eq!(revoked.len(), 1);
    let asked = clinic.desk.direct_line.take_operations();
    assert!(
        asked.contains(&"/v3/directline/tokens/generate".to_owned()),
        "{asked:?}"
    );
    // Without it nothing of that.
    clinic.doctor(&[]).await;
    let asked = clinic.desk.direct_line.take_operations();
    assert!(
        asked.iter().all(|path| !path.contains("tokens")),
        "{asked:?}"
    );
    assert_eq!(
        clinic
            .desk
            .control()
            .revoked(clinic.desk.clock.now())
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_secret_is_found() {
    for (word, remedy, others) in [
        (
            "key-ring",
            "keyring init",
            &[
                "ring.key unknown",
                "environment unknown",
                "revocations.refused unknown",
            ][..],
        ),
        ("state-ring", "keyring init", &["ring.state unknown"]),
        ("digest-key", "keyring init", &[]),
        (
            "signing-keys",
            "signing-key add",
            &["signing-keys.agree failed", "signing-keys failed"],
        ),
        (
            "direct-line",
            "put-secret-value --secret-id aura-authentication/local/direct-line",
            &[],
        ),
    ] {
        let clinic = Clinic::healthy().await;
        clinic.aws.plan(move |call| {
            let body = String::from_utf8_lossy(&call.body);
            match call.operation.as_str() {
                "GetSecretValue" if body.contains(word) => {
                    Fault::Error(400, "ResourceNotFoundException")
                }
                _ => Fault::None,
            }
        });
        let missing = format!("secret.{word} failed");
        let expected = others.iter().map(|other| (*other, &[][..]));
        let named = [remedy, "is not there"];
        let expected: Vec<_> = expected.chain([(missing.as_str(), &named[..])]).collect();
        assert_found(&clinic, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_what_it_must_be_is_found_and_not_quoted() {
    for word in [
        "key-ring",
        "state-ring",
        "digest-key",
        "signing-keys",
        "direct-line",
        "kernel-client",
    ] {
        let clinic = Clinic::healthy().await;
        let name = format!("aura-authentication/local/{word}");
        let garbled = "s3cret\u{1}".to_owned();
        clinic.desk.secrets.put(&name, garbled, None, 0).unwrap();
        let outcome = clinic.doctor(&[]).await;
        assert_eq!(outcome.code, 1, "{word}: {outcome:?}");
        assert!(
            outcome.out.contains(&format!("secret.{word}: ")),
            "{word}: {outcome:?}"
        );
        assert!(outcome.out.contains("AWSCURRENT"), "{outcome:?}");
        assert!(!format!("{outcome:?}").contains("s3cret"), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_table_name_is_found_at_either_end() {
    let clinic = Clinic::with(Changes {
        table: Some("aura-authentication-local-userz"),
        ..Changes::default()
    })
    .await;
    let (code, found) = clinic.findings(&[]).await;
    assert_eq!(code, 1);
    let told = &found["table.users.exists failed"];
    for word in [
        "aura-authentication-local-userz",
        "environment's name",
        "restore.md",
    ] {
        assert!(told.contains(word), "{told}");
    }
    let variables = [("TABLE_NAME", "aura-authentication-local-userz".to_owned())].into();
    let clinic = Clinic::with(Changes {
        variables,
        ..Changes::default()
    })
    .await;
    let (code, found) = clinic.findings(&[]).await;
    assert_eq!(code, 1);
    let told = &found["health failed"];
    assert!(
        told.contains("cannot reach: table") && told.contains("TABLE_NAME"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_ring_is_found_and_an_old_one_is_a_warning() {
    for (days, state) in [(401, "failed"), (366, "warning"), (364, "ok")] {
        let desk = Desk::start().await;
        let made = desk.clock.now().millis() - i64::from(days) * 86_400_000;
        let ring =
            KeyRing::generate(&kid::make(shared::clock::Timestamp::from_millis(made))).unwrap();
        for name in [&desk.names.key_ring_secret, &desk.names.state_ring_secret] {
            desk.secrets
                .put(name, ring.to_json().to_string(), None, 0)
                .unwrap();
        }
        let clinic = Clinic::new(desk, Changes::default()).await;
        let (code, found) = clinic.findings(&[]).await;
        assert_eq!(code, u8::from(state == "failed"), "{found:?}");
        if state == "ok" {
            assert!(found.is_empty(), "{found:?}");
            continue;
        }
        assert_eq!(found.len(), 2, "{found:?}");
        for word in ["key", "state"] {
            let told = &found[&format!("ring.{word} {state}")];
            assert!(
                told.contains(&format!("keyring rotate --ring {word}")),
                "{told}"
            );
            assert!(
                told.contains(if state == "failed" {
                    "expired"
                } else {
                    "overdue"
                }),
                "{told}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_jwk_set_is_found() {
    let desk = Desk::start().await;
    let control = desk.control();
    let published = control.publication().await.unwrap();
    control.publish(&published, &[]).await.unwrap();
    let clinic = Clinic::new(desk, Changes::default()).await;
    assert_found(
        &clinic,
        &[
            (
                "signing-keys failed",
                &[
                    "no key is published",
                    "signing-key add",
                    "signing-key promote",
                ],
            ),
            ("openid.keys failed", &["answers 503", "signing-key list"]),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_published_and_not_handed_out_are_found() {
    let clinic = Clinic::with(Changes {
        is_frozen: true,
        ..Changes::default()
    })
    .await;
    // Its instances look again after five seconds by their clock, which stands still.
    let control = clinic.desk.control();
    let mut keys = control.publication().await.unwrap();
    let read = keys.clone();
    let more =
        shared::signing_keys::SigningKey::generate(shared::jwk::SigningAlgorithm::Es256).unwrap();
    let next = shared::control::PublishedKey::new(
        more.public_jwk().clone(),
        shared::control::KeyState::Next,
        clinic.desk.clock.now(),
    );
    keys.keys.push(next);
    control.publish(&read, &keys.keys).await.unwrap();
    assert_found(
        &clinic,
        &[
            ("signing-keys.agree failed", &["signing-key retire"]),
            (
                "openid.keys failed",
                &["2 keys are published, 1 are handed out"],
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_issuer_is_found() {
    let variables = [("BASE_URL", "http://127.0.0.1:9/elsewhere".to_owned())].into();
    let clinic = Clinic::with(Changes {
        variables,
        ..Changes::default()
    })
    .await;
    assert_found(
        &clinic,
        &[
            ("openid.issuer failed", &["it says http://127.0.0.1:9/elsewhere/openid/issuer, but hangs under http://127.0.0.1:", "start the dev server again"]),
            ("openid.jwks-uri failed", &["/elsewhere/openid/jwk"]),
            ("openid.keys failed", &["no connection"]),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_upstream_is_found() {
    let clinic = Clinic::healthy().await;
    clinic.desk.kernel.plan(|_| Fault::Refused);
    let remedy = ["does not answer from here", "KernelUrl"];
    assert_found(&clinic, &[("upstream.kernel failed", &remedy)]).await;
    clinic.desk.kernel.heal();
    clinic.desk.direct_line.plan(|_| Fault::Refused);
    let remedy = ["does not answer from here", "DirectLineUrl"];
    assert_found(&clinic, &[("upstream.direct-line failed", &remedy)]).await;
    clinic.desk.direct_line.fail(
        "/v3/directline/tokens/generate",
        Fault::Error(403, "Forbidden"),
    );
    let (code, found) = clinic.findings(&["--probe"]).await;
    assert_eq!((code, found.len()), (1, 1), "{found:?}");
    assert!(found["upstream.direct-line-token failed"].contains("rotation.md"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_environment_is_found() {
    let variables = [("ENVIRONMENT", "other".to_owned())].into();
    let clinic = Clinic::with(Changes {
        variables,
        ..Changes::default()
    })
    .await;
    assert_found(
        &clinic,
        &[
            (
                "environment failed",
                &[
                    "a key made for local now is refused",
                    "variable ENVIRONMENT",
                ],
            ),
            ("revocations.refused unknown", &["`environment`"]),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_revocation_list_is_found() {
    let clinic = Clinic::with(Changes {
        is_frozen: true,
        ..Changes::default()
    })
    .await;
    revoke(&clinic.desk).await;
    let remedy = ["stale list", "start anew", "`control data`"];
    assert_found(&clinic, &[("revocations.refused failed", &remedy)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_the_version_does_not_count_is_found() {
    let desk = Desk::start().await;
    let jti = Uuid::new_v4().to_string();
    let put = desk.dynamodb.put_item().table_name(&desk.names.users_table);
    let put = put
        .item("pk", text("CONTROL#REVOKED"))
        .item("sk", text(&jti))
        .item("jti", text(&jti))
        .item(
            "exp",
            AttributeValue::N(desk.clock.now().plus(DAY).secs().to_string()),
        )
        .item(
            "revokedAt",
            AttributeValue::N(desk.clock.now().millis().to_string()),
        );
    put.send().await.unwrap();
    let clinic = Clinic::new(desk, Changes::default()).await;
    assert_found(
        &clinic,
        &[
            (
                "control.versions failed",
                &["does not count the revoked keys", "apikey revoke"],
            ),
            ("revocations.refused failed", &["stale list"]),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_the_version_does_not_count_is_found() {
    let clinic = Clinic::healthy().await;
    let desk = &clinic.desk;
    let versions = desk
        .dynamodb
        .update_item()
        .table_name(&desk.names.users_table);
    let versions = versions
        .key("pk", text("CONTROL"))
        .key("sk", text("CONTROL"))
        .update_expression("REMOVE clients");
    versions.send().await.unwrap();
    let words: &[_] = &["does not count the clients", "client issue"];
    assert_found(&clinic, &[("control.versions failed", words)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_control_data_is_found() {
    let clinic = Clinic::healthy().await;
    let put = clinic
        .desk
        .dynamodb
        .put_item()
        .table_name(&clinic.desk.names.users_table);
    let put = put
        .item("pk", text("CONTROL#CHANNELS"))
        .item("sk", text("bad"));
    put.send().await.unwrap();
    assert_found(&clinic, &[("channels failed", &["malformed", "doctor.md"])]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_time_to_live_is_found() {
    let clinic = Clinic::healthy().await;
    let table = &clinic.desk.names.users_table;
    let off = TimeToLiveSpecification::builder()
        .attribute_name("ttl")
        .enabled(false)
        .build()
        .unwrap();
    let update = clinic.desk.dynamodb.update_time_to_live().table_name(table);
    update.time_to_live_specification(off).send().await.unwrap();
    let remedy = [
        "dynamodb update-time-to-live --table-name aura-authentication-local-users",
        "Enabled=true,AttributeName=ttl",
    ];
    assert_found(&clinic, &[("table.users.ttl failed", &remedy)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_that_is_off_is_found_where_the_engine_has_it() {
    let clinic = Clinic::healthy().await;
    let answer = |status: &str| {
        let recovery = json!({ "PointInTimeRecoveryStatus": status });
        let backups = json!({ "ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery });
        let text = json!({ "ContinuousBackupsDescription": backups }).to_string();
        Fault::Answer(200, text.into())
    };
    clinic
        .aws
        .fail("DescribeContinuousBackups", answer("DISABLED"));
    let remedy = ["update-continuous-backups --table-name aura-authentication-local-"];
    assert_found(
        &clinic,
        &[
            ("table.users.recovery failed", &remedy),
            ("table.erasures.recovery failed", &remedy),
        ],
    )
    .await;
    clinic
        .aws
        .fail("DescribeContinuousBackups", answer("ENABLED"));
    assert_eq!(clinic.findings(&[]).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_are_found() {
    let clinic = Clinic::healthy().await;
    clinic.desk.clock.advance(Duration::from_secs(150));
    let remedy = ["ahead of AWS", "timedatectl set-ntp true"];
    assert_found(&clinic, &[("clock.operator failed", &remedy)]).await;
    let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
    let clinic = Clinic::with(Changes {
        date,
        ..Changes::default()
    })
    .await;
    let remedy = ["the API is", "behind AWS", "clock"];
    assert_found(&clinic, &[("clock.api failed", &remedy)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_channel_is_found() {
    let clinic = Clinic::healthy().await;
    let control = clinic.desk.control();
    for channel in control.channels().await.unwrap() {
        control.remove_channel(&channel.id).await.unwrap();
    }
    assert_found(&clinic, &[("channels failed", &["channel set"])]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_looked_at_is_exit_code_3() {
    let clinic = Clinic::with(Changes {
        is_hidden: true,
        ..Changes::default()
    })
    .await;
    let (code, found) = clinic.findings(&[]).await;
    assert_eq!(code, 3);
    assert!(found["api unknown"].contains("--url"), "{found:?}");
    let clinic = Clinic::healthy().await;
    clinic
        .aws
        .plan(|_| Fault::Error(400, "AccessDeniedException"));
    let (code, found) = clinic.findings(&[]).await;
    assert_eq!(code, 3, "{found:?}");
    assert!(
        found.len() > 10 && found.keys().all(|name| name.ends_with(" unknown")),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_key_is_shown() {
    let clinic = Clinic::healthy().await;
    let mut outcomes = Vec::new();
    for options in [&[][..], &["--json"], &["--probe"]] {
        outcomes.push(clinic.doctor(options).await);
    }
    let shown = format!("{outcomes:?}");
    assert!(!shown.contains("eyJ"), "{shown}");
    let names = &clinic.desk.names;
    for name in [&names.digest_key_secret, &names.kernel_client_secret] {
        assert!(!shown.contains(&clinic.desk.secrets.get(name).unwrap()));
    }
    for name in [
        &names.key_ring_secret,
        &names.state_ring_secret,
        &names.direct_line_secret,
    ] {
        let secret: Value = serde_json::from_str(&clinic.desk.secrets.get(name).unwrap()).unwrap();
        let secret = secret.as_object().unwrap().values();
        let keys = secret.flat_map(|value| {
            value
                .as_object()
                .map_or_else(|| vec![value], |keys| keys.values().collect())
        });
        for key in keys.filter_map(Value::as_str).filter(|key| key.len() > 40) {
            assert!(!shown.contains(key), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_has_its_section_in_the_document() {
    let page = std::fs::read_to_string(events::root().join("docs/operations/doctor.md")).unwrap();
    let clinic = Clinic::healthy().await;
    let said = clinic.doctor(&["--json", "--probe"]).await.json();
    let names = said["checks"].as_array().unwrap().iter();
    let names = names.map(|check| check["check"].as_str().unwrap().to_owned());
    for name in names.chain(["api".to_owned(), "signing-keys.agree".to_owned()]) {
        let section = name.split('.').next().unwrap();
        assert!(
            page.contains(&format!("\n## {section}\n")),
            "no section {section}"
        );
        assert!(
            page.contains(&format!("`{name}`"))
                || name.starts_with("table.")
                || name.starts_with("secret."),
            "{name}"
        );
    }
}
