//! `openid`: the public documents say what clients must find, and hand out the keys that are published.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use shared::jwk::PublicJwk;
use shared::metrics::Metrics;
use shared::settings::BaseUrl;
use shared::upstream::Upstream;

use super::Patient;
use super::api::{Api, get};
use super::report::Report;

const ISSUER: &str = "/openid/issuer";
const CONFIGURATION: &str = "/openid/issuer/.well-known/openid-configuration";
const CHECK_KEYS: &str = "openid.keys";
const JWKS: &str = "/openid/jwk";
/// What the token endpoint has after Kernel's address.
const TOKEN: &str = "/token";
/// Instances look for a change of the keys this often, and a moment.
const SEEN_AFTER: Duration = Duration::from_secs(6);

/// What is looked at of the discovery document.
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
    token_endpoint: String,
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<PublicJwk>,
}

/// Checks both documents; returns where Kernel is, as they say.
pub(super) async fn check(
    patient: &Patient<'_>,
    api: &Api,
    report: &mut Report,
) -> Option<BaseUrl> {
    let configuration = match configuration(api).await {
        Ok(configuration) => configuration,
        Err(found) => {
            let remedy = "first mend what `health` says; is this the API's address?";
            report.failed("openid.configuration", &found, remedy);
            return None;
        }
    };
    let remedy = wrong_base(patient, api);
    for (check, said, must_be) in [
        ("openid.issuer", &configuration.issuer, ISSUER),
        ("openid.jwks-uri", &configuration.jwks_uri, JWKS),
    ] {
        let must_be = format!("{}{must_be}", api.url());
        if *said == must_be {
            report.ok(check, said);
        } else {
            let found = format!("it says {}, but hangs under {must_be}", shortened(said));
            report.failed(check, &found, &remedy);
        }
    }
    check_keys(patient, &configuration.jwks_uri, report).await;
    let kernel = configuration.token_endpoint;
    BaseUrl::parse(kernel.strip_suffix(TOKEN).unwrap_or(&kernel))
}

async fn configuration(api: &Api) -> Result<Configuration, String> {
    let answer = api.get(CONFIGURATION, None).await?;
    if answer.status != StatusCode::OK {
        return Err(format!(
            "the discovery document answers {}",
            answer.status.as_u16()
        ));
    }
    let read = serde_json::from_slice(&answer.body);
    read.map_err(|_| "it is not a discovery document".to_owned())
}

fn wrong_base(patient: &Patient<'_>, api: &Api) -> String {
    if patient.deployment.desk.is_some() {
        return patient.commands.deploy();
    }
    format!(
        "if callers know the API by another address, name that: doctor --url. Else {} with BaseUrl={}",
        patient.commands.deploy(),
        api.url()
    )
}

/// The set is where the document says, is not empty, and has the published keys.
async fn check_keys(patient: &Patient<'_>, uri: &str, report: &mut Report) {
    let check = CHECK_KEYS;
    let Some(base) = BaseUrl::parse(uri) else {
        let first = "first mend what `openid.jwks-uri` says";
        return report.failed(check, "the jwks_uri is no address", first);
    };
    let served = Upstream::new(base, Metrics::default(), patient.deployment.clock.clone());
    let mut kids = match kids(&served).await {
        Ok(kids) => kids,
        Err(found) => {
            let list = patient.commands.admin("signing-key list");
            let remedy = format!(
                "is a key published ({list})? Then look into the log of the function openid"
            );
            return report.failed(check, &found, &remedy);
        }
    };
    let Ok(publication) = patient.deployment.control().publication().await else {
        let first = "first mend what `signing-keys` says";
        return report.unknown(check, "the published keys cannot be read", first);
    };
    let published = publication.keys.iter().map(|key| key.kid().to_owned());
    let published: BTreeSet<_> = published.collect();
    if kids != published {
        // Somebody may have changed them just now.
        tokio::time::sleep(SEEN_AFTER).await;
        kids = self::kids(&served).await.unwrap_or_default();
    }
    if kids == published {
        return report.ok(
            check,
            &format!("{} keys, those that are published", kids.len()),
        );
    }
    differ(kids.len(), published.len(), report);
}

fn differ(served: usize, published: usize, report: &mut Report) {
    let found = format!("{published} keys are published, {served} are handed out: not the same");
    let remedy = "is this address of this environment? Then the instances do not see the table change: look for `published keys` in the log of the function openid, and deploy again";
    report.failed(CHECK_KEYS, &found, remedy);
}

/// The ids of the keys that are handed out.
async fn kids(served: &Upstream) -> Result<BTreeSet<String>, String> {
    let answer = get(served, "", None).await?;
    if answer.status != StatusCode::OK {
        return Err(format!("the JWK set answers {}", answer.status.as_u16()));
    }
    let set: JwkSet = serde_json::from_slice(&answer.body)
        .map_err(|_| "it is not a JWK set of public signing keys".to_owned())?;
    if set.keys.is_empty() {
        return Err("the JWK set is empty: clients refuse every signature".to_owned());
    }
    Ok(set.keys.iter().map(|key| key.kid().to_owned()).collect())
}

/// What somebody else wrote, not longer than a line.
fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}
