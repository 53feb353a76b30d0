//! Kernel's stand-in, and the forms that lead to it: a login is walked as a browser walks it, up to the API's callback.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::jwe::Purpose;
use shared::signing_keys::SigningKeys;
use uuid::Uuid;

use crate::browser::{Browser, Sent, where_sent};
use crate::server::{Server, client, read_json, sent};

/// The claims of an assertion for this address, signed with the data folder's key.
fn proof(data_dir: &Path, token_url: &str) -> [(&'static str, String); 2] {
    let secrets = read_json(&data_dir.join("secrets.json"));
    let text = &secrets["aura-authentication/local/signing-keys"]["current"]["text"];
    let keys = SigningKeys::parse(text.as_str().unwrap_or_default());
    let keys = keys.unwrap_or_else(|error| panic!("{error}"));
    let key = keys.current().unwrap_or_else(|| panic!("no current key"));
    let expires = Clock::system().now().plus(Duration::from_mins(1)).secs();
    let assertion = key.sign(&json!({
        "iss": "aura-authentication", "sub": "aura-authentication", "aud": token_url, "exp": expires, "jti": Uuid::new_v4(),
    }));
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    [
        ("client_assertion_type", kind.to_owned()),
        (
            "client_assertion",
            assertion.unwrap_or_else(|error| panic!("{error}")),
        ),
    ]
}

/// What the login page sends back for somebody who consents.
async fn consented(browser: &Browser<'_>, at_kernel: &Sent, person: &str) -> Sent {
    let page = browser.get(at_kernel.whole()).await;
    let html = page.text().await.unwrap_or_default();
    let mut form = vec![("person", person), ("decision", "consent")];
    let hidden = html.split("<input type=\"hidden\" name=\"").skip(1);
    for input in hidden {
        let (name, rest) = input.split_once("\" value=\"").unwrap_or_default();
        form.push((name, rest.split('"').next().unwrap_or_default()));
    }
    let decided = browser.client.post(&at_kernel.address).form(&form);
    where_sent(&sent(decided).await)
}

/// What one of the endpoints for clients answers to our client.
async fn asked(data_dir: &Path, url: &str, parameters: &[(&'static str, &str)]) -> Value {
    let mut form = proof(data_dir, url).to_vec();
    let parameters = parameters.iter();
    form.extend(parameters.map(|(name, value)| (*name, (*value).to_owned())));
    let answer = sent(client(Policy::none()).post(url).form(&form)).await;
    answer.json().await.unwrap_or_default()
}

#[tokio::test]
async fn a_login_leads_through_the_stand_in_to_the_callback_and_its_code_to_the_person() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let browser = Browser::new(&server);
    let at_kernel = where_sent(&browser.start("/start/login", &[("channel", "web")]).await);
    let authorize_url = &server.credentials["kernel"]["authorizeUrl"];
    assert_eq!(at_kernel.address, authorize_url.as_str().unwrap());
    let callback = server.url("/users/auraid/integrated");
    let back = consented(&browser, &at_kernel, "user-clara").await;
    assert_eq!(back.address, callback);
    assert_eq!(back.get("state"), at_kernel.get("state"));

    let state = browser.open(Purpose::LoginState, back.get("state"));
    let kernel = server.upstream_url();
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", back.get("code")),
        ("redirect_uri", &callback),
        (
            "code_verifier",
            state.code_verifier.as_ref().unwrap().as_str(),
        ),
    ];
    let token = asked(folder.path(), &format!("{kernel}/token"), &exchange).await;
    let token = token["access_token"].as_str().unwrap();
    let introspect = format!("{kernel}/introspect");
    let person = asked(folder.path(), &introspect, &[("token", token)]).await;
    assert_eq!(person["active"], true, "{person}");
    assert_eq!(person["sub"], "user-clara");
    assert_eq!(person.get("phone_number"), None);
}

#[tokio::test]
async fn a_logout_leads_through_the_stand_in_to_its_callback() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let browser = Browser::new(&server);
    let fields = [("auraId", "aura-1"), ("channel", "whatsapp")];
    let at_kernel = where_sent(&browser.start("/start/logout", &fields).await);
    let opened = browser.open(Purpose::LogoutState, at_kernel.get("state"));
    assert_eq!(opened.aura_id.as_str(), "aura-1");
    assert_eq!(opened.channel_id.as_str(), "whatsapp");
    let back = where_sent(&browser.get(at_kernel.whole()).await);
    let callback = server.url("/users/auraid/integrated/logout");
    assert_eq!(back.address, callback);
    assert_eq!(back.get("state"), at_kernel.get("state"));
}

#[tokio::test]
async fn a_given_kernel_takes_the_stand_ins_place() {
    let folder = tempfile::tempdir().unwrap();
    let real = "https://kernel.example/oauth";
    let server = Server::start_with(folder.path(), &["--kernel-url", real]).await;
    let authorize_url = &server.credentials["kernel"]["authorizeUrl"];
    assert_eq!(authorize_url, "https://kernel.example/oauth/authorize");
    assert!(server.printed.contains(real), "{}", server.printed);
    let sam_env = read_json(&folder.path().join("sam-env.json"));
    assert_eq!(sam_env["UserRegistration"]["KERNEL_URL"], real);
    let browser = Browser::new(&server);
    let login = where_sent(&browser.start("/start/login", &[("channel", "app")]).await);
    assert_eq!(login.address, "https://kernel.example/oauth/authorize");
    let logout = [("channel", "app"), ("auraId", "aura-1")];
    let logout = where_sent(&browser.start("/start/logout", &logout).await);
    assert_eq!(logout.address, "https://kernel.example/oauth/logout");
    let upstreams = server.upstream_url();
    let line = browser.get(&upstreams).await.text().await.unwrap();
    assert!(!line.contains("Kernel"), "{line}");
    let gone = browser.get(&format!("{upstreams}/authorize")).await;
    assert_eq!(gone.status(), 404);
}

#[tokio::test]
async fn the_stand_ins_say_what_they_are_and_containers_are_led_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let upstreams = server.upstream_url();
    let kernel = server.credentials["kernel"]["authorizeUrl"]
        .as_str()
        .unwrap();
    assert_eq!(kernel, format!("{upstreams}/authorize"));
    let line = sent(server.client.get(&upstreams))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        line.contains("stand-ins") && line.contains("Kernel"),
        "{line}"
    );
    let sam_env = read_json(&folder.path().join("sam-env.json"));
    let port = upstreams.rsplit(':').next().unwrap();
    let in_containers = format!("http://host.docker.internal:{port}");
    assert_eq!(sam_env["UserRegistration"]["KERNEL_URL"], in_containers);
    assert_eq!(sam_env["Openid"]["KERNEL_URL"], in_containers);
}

/// A function in a container knows the stand-in by another name, and makes its assertions for that.
#[tokio::test]
async fn an_assertion_for_the_stand_in_as_containers_know_it_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let upstreams = server.upstream_url();
    let port = upstreams.rsplit(':').next().unwrap();
    for (audience, status) in [
        (format!("http://host.docker.internal:{port}/token"), 200),
        (format!("http://elsewhere.example:{port}/token"), 401),
    ] {
        let mut form = proof(folder.path(), &audience).to_vec();
        form.push(("token", "none".to_owned()));
        let asked = server.client.post(format!("{upstreams}/introspect"));
        assert_eq!(sent(asked.form(&form)).await.status(), status, "{audience}");
    }
}
