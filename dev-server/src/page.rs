//! The dev server's own small pages: no script, nothing from elsewhere.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{StatusCode, Uri};
use sha2::{Digest, Sha256};

/// Stands in the page itself, and is allowed there by its digest.
pub(crate) const STYLE: &str = include_str!("../templates/style.css");

/// The page, under its policy.
pub(crate) fn respond(status: StatusCode, page: &impl Template, policy: String) -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "no-referrer".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    let html = page.render().unwrap_or_default();
    (status, headers, Html(html)).into_response()
}

/// The policy of a page whose form may end at these addresses: Chromium holds every redirect that follows a form to
/// `form-action`.
pub(crate) fn policy(targets: &[String]) -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let mut origins: Vec<String> = targets.iter().filter_map(|url| origin(url)).collect();
    origins.sort();
    origins.dedup();
    origins.insert(0, "form-action 'self'".to_owned());
    let form_action = origins.join(" ");
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'; {form_action}"
    )
}

/// Scheme, host and port; none with a character that would end the policy's directive.
pub(crate) fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let (scheme, authority) = uri.scheme_str().zip(uri.authority())?;
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    let sound = authority.as_str().bytes().all(sound);
    sound.then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_each_origin_once_and_nothing_that_is_none() {
        let targets = [
            "http://127.0.0.1:3000",
            "https://app.example/linked",
            "http://127.0.0.1:3000/dev-server/linked",
            "https://evil.example;script-src/*",
            "nowhere",
        ];
        let policy = policy(&targets.map(str::to_owned));
        assert!(
            policy.ends_with("form-action 'self' http://127.0.0.1:3000 https://app.example"),
            "{policy}"
        );
    }
}
