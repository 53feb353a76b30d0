//! The Lambda front door: cold start, and API Gateway's event turned into the request that the caller made.

use std::io::Write as _;
use std::process::ExitCode;

use axum::Router;
use http::{Extensions, Uri};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, LambdaEvent, Request, RequestExt};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use tower::ServiceExt;

use crate::clock::Clock;
use crate::function::Instance;
use crate::settings::{BadSetting, Env};
use crate::telemetry;

mod shutdown;

/// What RFC 3986 has in no query; `%` stands for what is encoded already.
const NOT_IN_QUERIES: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Runs a function until Lambda ends it. `start` builds its router and makes its first calls.
pub async fn run<F, R>(start: F) -> ExitCode
where
    F: FnOnce(Env, Clock) -> R,
    R: Future<Output = Result<Instance, BadSetting>>,
{
    let env = Env::process();
    let level = env.log_level();
    telemetry::start_log(*level.as_ref().unwrap_or(&tracing::Level::INFO));
    let instance = match level {
        Ok(_) => start(env, Clock::system()).await,
        Err(bad) => Err(bad),
    };
    let ended = match instance {
        Ok(instance) => answer(instance).await.map_err(|cause| ("ended", cause)),
        Err(bad) => Err(("cannot start", bad.to_string())),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err((what, cause)) => {
            tracing::error!(cause, "{what}");
            ExitCode::FAILURE
        }
    }
}

/// Answers until Lambda ends the process; then what was counted and not yet written is.
async fn answer(instance: Instance) -> Result<(), String> {
    let Instance { router, flusher } = instance;
    flusher.tell_cloudwatch(|line| {
        // A line that cannot be written is lost: there is nowhere to say so.
        let _ = writeln!(std::io::stdout(), "{line}");
    });
    let told_to_end = shutdown::told_to_end().await;
    tokio::select! {
        served = serve(router) => served,
        () = told_to_end => {
            flusher.end().await;
            Ok(())
        }
    }
}

/// Takes events until Lambda ends the process.
async fn serve(router: Router) -> Result<(), String> {
    let adapter = Adapter::from(router.map_request(restore_path));
    let tidied = adapter.map_request(|event: LambdaEvent<LambdaRequest>| event_tidied(event));
    let served = lambda_http::lambda_runtime::run(tidied).await;
    served.map_err(|error| error.to_string())
}

/// What callers can put into an event that is no part of a URI, where turning it into a request would panic: raw characters
/// of the query are encoded, and the headers that the URI would be made from go. `<base>` never comes from them.
fn event_tidied(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload {
        let query = request.raw_query_string.as_deref().unwrap_or_default();
        request.raw_query_string = Some(utf8_percent_encode(query, NOT_IN_QUERIES).to_string());
        request.headers.remove(http::header::HOST);
        request.headers.remove("x-forwarded-proto");
    }
    event
}

/// Puts the path back that API Gateway has decoded: an HTTP API's `rawPath` holds decoded text (so that a `?` or `..` in a
/// parameter changes what it means) and the base path of a custom domain. Its route key and parameters are exact.
fn restore_path(mut request: Request) -> Request {
    let path = route_path(&request);
    let query = request.query_string_parameters().to_query_string();
    let query = if query.is_empty() {
        query
    } else {
        format!("?{query}")
    };
    if let Some(uri) = path.and_then(|path| format!("{path}{query}").parse::<Uri>().ok()) {
        *request.uri_mut() = uri;
    }
    request
}

/// The route's path with its parameters in place, percent-encoded once.
fn route_path(request: &Request) -> Option<String> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else {
        return None;
    };
    let (_, route) = context.route_key.as_deref()?.split_once(' ')?;
    let parameters = request.path_parameters();
    let segments = route.split('/').map(|segment| {
        let Some(name) = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        else {
            return Some(segment.to_owned());
        };
        parameters
            .first(name)
            .map(|value| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string())
    });
    segments
        .collect::<Option<Vec<_>>>()
        .map(|segments| segments.join("/"))
}

/// The domain name that the gateway took a request on: the API's own or a custom one, never a word of the caller's.
#[must_use]
pub fn domain_name(extensions: &Extensions) -> Option<&str> {
    match extensions.get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => context.domain_name.as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(route_key: &str, raw_path: &str, parameter: &str) -> String {
        let event = serde_json::json!({
            "version": "2.0", "routeKey": route_key, "rawPath": raw_path, "rawQueryString": "q=a%20b", "headers": {"host": "api.example"},
            "pathParameters": {"auraId": parameter}, "isBase64Encoded": false,
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "api.example", "domainPrefix": "api", "requestId": "r",
                "routeKey": route_key, "stage": "$default", "time": "t", "timeEpoch": 0,
                "http": {"method": "GET", "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t"}
            }
        });
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        restore_path(request).uri().to_string()
    }

    #[test]
    fn decoded_parameters_are_encoded_once() {
        let route = "GET /users/{auraId}";
        assert_eq!(
            path_of(route, "/users/a?x=1", "a?x=1"),
            "/users/a%3Fx%3D1?q=a+b"
        );
        assert_eq!(path_of(route, "/users/..", ".."), "/users/%2E%2E?q=a+b");
        assert_eq!(path_of(route, "/users/%41", "%41"), "/users/%2541?q=a+b");
    }

    #[test]
    fn the_base_path_of_a_custom_domain_goes() {
        assert_eq!(
            path_of("GET /users/{auraId}", "/aura-services/v1/users/abc", "abc"),
            "/users/abc?q=a+b"
        );
        assert_eq!(
            path_of("GET /users/aura-id", "/aura-services/v1/users/aura-id", "-"),
            "/users/aura-id?q=a+b"
        );
    }
}
