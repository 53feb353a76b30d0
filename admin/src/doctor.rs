//! `doctor`: looks at all that a deployment needs, and says for each thing whether it is well, what is wrong, and what to do.
//!
//! It only looks. Its keys for the API live for minutes, are never shown, and never stored; what leaves a trace is done with `--probe`
//! only. `docs/operations/doctor.md` has a section for the first word of each check's name.

use clap::Args;
use serde::Serialize;
use shared::settings::BaseUrl;

use crate::console::Console;
use crate::deployment::{Deployment, Target};
use crate::failure::{Answer, Failure};

mod api;
mod channels;
mod clocks;
mod commands;
mod documents;
mod keys;
mod report;
mod revocations;
mod rings;
mod secrets;
mod signing_keys;
mod tables;
mod upstreams;

use api::Api;
use commands::Commands;
use report::{Check, Report};

/// The global endpoint, which the template takes unless told otherwise.
const DIRECT_LINE: &str = "https://directline.botframework.com";

/// The options of `doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Changes nothing. With --probe it also revokes a key of its own, which stays on the list until it expires, and\n\
    has Direct Line make a token that nobody uses.\n\n\
    Exit codes: 0 nothing is wrong (there may be warnings), 1 something is, 3 something could not be looked at.\n\n\
    Examples:\n  aura-admin --local doctor\n  \
    aura-admin --environment es-prod doctor --url https://api.example/aura-services/v1 --json"
)]
pub(crate) struct Doctor {
    #[arg(long, value_name = "URL", value_parser = base_url,
        help = "Where callers reach the API [env: BASE_URL] [default with --local: where the dev server says]")]
    url: Option<BaseUrl>,
    /// Where Direct Line is [default: the global endpoint; with --local: where the dev server says]
    #[arg(long, value_name = "URL", value_parser = base_url)]
    direct_line_url: Option<BaseUrl>,
    /// Do also what leaves a trace
    #[arg(long)]
    probe: bool,
}

/// What is looked at.
struct Patient<'a> {
    deployment: &'a Deployment,
    /// The API, if anybody said where it is.
    api: Option<Api>,
    direct_line: Option<BaseUrl>,
    commands: Commands,
    probe: bool,
}

/// What machines get.
#[derive(Serialize)]
struct View<'a> {
    environment: &'a str,
    url: Option<&'a str>,
    checks: &'a [Check],
}

impl Doctor {
    pub(crate) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let deployment = target.connect().await?;
        let patient = self.patient(target, &deployment)?;
        let mut report = Report::default();
        patient.examine(&mut report).await;
        let view = View {
            environment: &deployment.environment,
            url: patient.api.as_ref().map(Api::url),
            checks: report.checks(),
        };
        console.answer(&view, || report.text())?;
        report.outcome()
    }

    fn patient<'a>(
        &self,
        target: &Target<'_>,
        deployment: &'a Deployment,
    ) -> Result<Patient<'a>, Failure> {
        let desk = deployment.desk.as_ref();
        let told = |url: Option<&str>| url.and_then(BaseUrl::parse);
        let named = self.url.clone().or_else(|| match desk {
            Some(desk) => told(desk.api.as_deref()),
            None => told(target.env.optional("BASE_URL")),
        });
        if desk.is_none() && named.as_ref().is_some_and(|url| !url.is_tls()) {
            let text = "the API's address must be https: APIKeys do not go over open lines";
            return Err(Failure::Refused(text.into()));
        }
        let direct_line = self.direct_line_url.clone().or_else(|| match desk {
            Some(desk) => told(desk.direct_line.as_deref()),
            None => told(Some(DIRECT_LINE)),
        });
        Ok(Patient {
            deployment,
            api: named.map(|url| Api::new(url, deployment)),
            direct_line,
            commands: Commands::of(target.options, deployment),
            probe: self.probe,
        })
    }
}

impl Patient<'_> {
    /// Everything, from what the rest stands on to what callers see.
    async fn examine(&self, report: &mut Report) {
        clocks::check(self, report).await;
        tables::check(self, report).await;
        secrets::check(self, report).await;
        rings::check(self, report).await;
        signing_keys::check(self, report).await;
        channels::check(self, report).await;
        let mut kernel = None;
        if let Some(api) = &self.api {
            kernel = self.examine_api(api, report).await;
        } else {
            let remedy = format!("{}, then doctor --url URL", Commands::stack_output());
            report.unknown("api", "nobody said where the API is", &remedy);
        }
        upstreams::check(self, kernel, report).await;
    }

    /// What callers see; returns where Kernel is, as the API says.
    async fn examine_api(&self, api: &Api, report: &mut Report) -> Option<BaseUrl> {
        api::check_health(self, api, report).await;
        let kernel = documents::check(self, api, report).await;
        if keys::check(self, api, report).await {
            revocations::check(self, api, report).await;
        } else {
            let first = "first mend what `environment` says";
            report.unknown("revocations.refused", "no key is taken at all", first);
        }
        kernel
    }
}

fn base_url(text: &str) -> Result<BaseUrl, String> {
    BaseUrl::parse(text).ok_or_else(|| format!("it must be {}", BaseUrl::RULE))
}
