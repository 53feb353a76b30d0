//! The address that Kernel compares with what the login was started with (contract 3, 4.17).

use serde_json::json;
use tests::{Bootstrap, Desk, Fault, bootstrap, events};

/// The redirect URI that a visit's code is exchanged with, where `BASE_URL` is this.
async fn redirect_uri(base_url: &str) -> String {
    let desk = Desk::start().await;
    let mut variables = bootstrap::variables("user-registration", &desk.env);
    variables.retain(|(name, _)| name != "BASE_URL");
    variables.push(("BASE_URL".to_owned(), base_url.into()));
    let process = Bootstrap::start("user-registration", variables).await;
    process.initialised().await;
    let refusal = json!({ "error": "invalid_grant" }).to_string();
    desk.kernel
        .plan(move |_| Fault::Answer(400, refusal.clone().into()));
    let mut event = events::fresh(&desk, "user-registration", "link_account");
    event["headers"]["host"] = "evil.example".into();
    event["headers"]["x-forwarded-host"] = "evil.example".into();
    assert_eq!(process.invoke(&event).await.status, 400);
    let calls = desk.kernel.take_calls();
    let body = String::from_utf8_lossy(&calls[0].body).into_owned();
    let mut members = body.split('&');
    let address = members.find_map(|member| member.strip_prefix("redirect_uri="));
    let address = address.unwrap_or_else(|| panic!("none in {body}"));
    address.replace("%3A", ":").replace("%2F", "/")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_the_setting_else_the_apis_own_domain_and_never_the_host_header() {
    for (base_url, expected) in [
        (
            "https://api.example/base",
            "https://api.example/base/users/auraid/integrated",
        ),
        (
            "",
            "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/users/auraid/integrated",
        ),
    ] {
        assert_eq!(redirect_uri(base_url).await, expected);
    }
}
