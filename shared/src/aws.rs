//! The AWS clients: configured directly instead of by the default chain, with the few roots that AWS uses compiled in.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::settings::{BadSetting, Env};

mod observed;

use observed::ObservedCalls;

/// The roots of Amazon Trust Services, which every AWS endpoint chains to.
const AMAZON_ROOTS: &str = include_str!("amazon_roots.pem");

/// What `AWS_REGION` must be.
const REGION: &str = "the name of an AWS region";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// One try, from connecting to the answer's last byte.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1500);
/// All tries together: a refresh of ring and control data (3 s), the digest key and the request's own call fit into the
/// shortest function limit, 10 s, even if all of them hang.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(3);

/// What the functions call.
#[derive(Clone, Debug)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Secrets Manager.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// DynamoDB on the same connections, for writing the counts: its own calls are not counted.
    pub uncounted: aws_sdk_dynamodb::Client,
    /// What the calls, and what comes of them, are counted in.
    pub metrics: Metrics,
}

impl Clients {
    /// Clients on one connection pool, from the variables that Lambda sets: region, credentials and `AWS_ENDPOINT_URL`.
    ///
    /// # Errors
    /// [`BadSetting`] that names the variable.
    pub fn from_env(env: &Env) -> Result<Self, BadSetting> {
        let metrics = Metrics::default();
        let config = configs(env)?;
        let region = env.text("AWS_REGION", REGION)?;
        let endpoint = env.endpoint("AWS_ENDPOINT_URL")?;
        let observed = |service: &str| ObservedCalls {
            host: host(endpoint, service, region).into(),
            metrics: metrics.clone(),
            clock: Clock::system(),
        };
        let dynamodb = config.0.to_builder().interceptor(observed("dynamodb"));
        let secrets = config.1.to_builder();
        let secrets = secrets.interceptor(observed("secretsmanager"));
        Ok(Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            secrets: aws_sdk_secretsmanager::Client::from_conf(secrets.build()),
            uncounted: aws_sdk_dynamodb::Client::from_conf(config.0),
            metrics,
        })
    }
}

/// The host that a service's calls go to.
fn host(endpoint: Option<&str>, service: &str, region: &str) -> String {
    let uri = endpoint.and_then(|text| text.parse::<http::Uri>().ok());
    let authority = uri.and_then(|uri| uri.authority().map(ToString::to_string));
    authority.unwrap_or_else(|| format!("{service}.{region}.amazonaws.com"))
}

type Configs = (aws_sdk_dynamodb::Config, aws_sdk_secretsmanager::Config);

fn configs(env: &Env) -> Result<Configs, BadSetting> {
    let region = env.text("AWS_REGION", REGION)?;
    let endpoint = env.endpoint("AWS_ENDPOINT_URL")?;
    let credentials = Credentials::new(
        env.text("AWS_ACCESS_KEY_ID", "the id of an access key")?,
        env.text("AWS_SECRET_ACCESS_KEY", "a secret access key")?,
        env.optional("AWS_SESSION_TOKEN").map(str::to_owned),
        None,
        "environment",
    );
    let http = http_client();
    macro_rules! config {
        ($sdk:ident) => {{
            let mut config = $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new(region.to_owned()))
                .credentials_provider(credentials.clone())
                .retry_config(retries())
                .timeout_config(timeouts())
                .http_client(http.clone());
            config.set_endpoint_url(endpoint.map(str::to_owned));
            config.build()
        }};
    }
    Ok((config!(aws_sdk_dynamodb), config!(aws_sdk_secretsmanager)))
}

/// TLS on ring, trusting Amazon's roots alone.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let context = TlsContext::builder().with_trust_store(roots).build();
    let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    match context {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(), // a context without special server names always builds
    }
}

/// Three tries with jitter, under the client's retry budget.
#[must_use]
pub fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(50))
}

/// Limits that end well inside every function's own.
#[must_use]
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// What failed, for the log: names of errors only. Messages can quote keys and values and are left out.
pub fn cause<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(service) => service
            .err()
            .code()
            .unwrap_or("unnamed service error")
            .to_owned(),
        SdkError::TimeoutError(_) => "timeout".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "timeout".to_owned(),
        SdkError::DispatchFailure(_) => "connection failed".to_owned(),
        SdkError::ResponseError(_) => "broken response".to_owned(),
        _ => "request could not be made".to_owned(),
    }
}
