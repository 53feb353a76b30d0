//! The forms that start a login or logout: for pages of this machine, and a fresh state each time.

use std::collections::BTreeSet;

use shared::clock::Clock;
use shared::jwe::Purpose;

use crate::browser::{Browser, where_sent};
use crate::server::{Server, sent};

async fn start() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let server = Server::start(folder.path()).await;
    (folder, server)
}

#[tokio::test]
async fn a_start_asks_kernel_for_a_code_with_a_state_that_the_api_opens() {
    let (_folder, server) = start().await;
    let browser = Browser::new(&server);
    let fields = [
        ("channel", "web"),
        ("language", "es-ES"),
        ("end", "channel"),
    ];
    let answer = browser.start("/start/login", &fields).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
    let asked = where_sent(&answer);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "aura-authentication"),
        ("redirect_uri", &server.url("/users/auraid/integrated")),
        ("code_challenge_method", "S256"),
        ("ui_locales", "es-ES"),
    ] {
        assert_eq!(asked.get(name), value, "{name}");
    }
    let state = browser.open(Purpose::LoginState, asked.get("state"));
    assert_eq!(state.check("local", Clock::system().now()), Ok(()));
    assert_eq!(state.channel_id.as_str(), "web");
    assert_eq!(state.locale.unwrap().as_str(), "es-ES");
    let page = server.url("/dev-server/linked");
    assert_eq!(state.redirect.unwrap().as_str(), page);
    assert_eq!(own_pages(&server), [&page], "the channel allows it");
}

#[tokio::test]
async fn each_start_has_a_state_an_aura_id_and_a_verifier_of_its_own() {
    let (_folder, server) = start().await;
    let browser = Browser::new(&server);
    let mut seen = BTreeSet::new();
    for _ in 0..2 {
        let login = where_sent(&browser.start("/start/login", &[("channel", "app")]).await);
        let state = browser.open(Purpose::LoginState, login.get("state"));
        assert!(state.locale.is_none() && state.redirect.is_none());
        seen.insert(state.jti.to_string());
        seen.insert(state.aura_id.as_str().to_owned());
        seen.insert(state.code_verifier.unwrap().as_str().to_owned());
        seen.insert(login.get("code_challenge").to_owned());
        assert_eq!(login.query.get("ui_locales"), None);
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
}

#[tokio::test]
async fn the_way_back_is_the_channels_page_where_it_has_one() {
    let (_folder, server) = start().await;
    let browser = Browser::new(&server);
    for (channel, end, page) in [
        ("web", "channel", Some(server.url("/dev-server/linked"))),
        ("web", "result", None),
        (
            "app",
            "channel",
            Some("https://app.example/linked".to_owned()),
        ),
        ("whatsapp", "channel", None),
    ] {
        for (path, purpose) in [
            ("/start/login", Purpose::LoginState),
            ("/start/logout", Purpose::LogoutState),
        ] {
            let fields = [
                ("channel", channel),
                ("end", end),
                ("auraId", "aura-1"),
                ("language", ""),
            ];
            let kernel = where_sent(&browser.start(path, &fields).await);
            let state = browser.open(purpose, kernel.get("state"));
            let redirect = state.redirect.map(String::from);
            assert_eq!(redirect, page, "{channel} {end}");
        }
    }
}

#[tokio::test]
async fn what_is_not_as_it_must_be_is_named() {
    let (_folder, server) = start().await;
    let browser = Browser::new(&server);
    let good = [("channel", "web"), ("auraId", "aura-1")];
    for (path, name, value) in [
        ("/start/login", "channel", "none"),
        ("/start/login", "channel", ""),
        ("/start/login", "language", "<b>"),
        ("/start/login", "end", "elsewhere"),
        ("/start/logout", "auraId", ""),
        ("/start/logout", "auraId", "<b>"),
        ("/start/logout", "channel", "none"),
    ] {
        let mut fields: Vec<_> = good.into_iter().filter(|field| field.0 != name).collect();
        fields.push((name, value));
        let answer = browser.start(path, &fields).await;
        assert_eq!(answer.status(), 400, "{name}={value}");
        let told = answer.text().await.unwrap();
        assert!(told.starts_with(name) && !told.contains('<'), "{told}");
    }
    let twice = [("channel", "web"), ("channel", "app")];
    assert_eq!(browser.start("/start/login", &twice).await.status(), 400);
}

/// A page of anybody's must not start what changes who is logged in, whatever name it gives this machine.
#[tokio::test]
async fn only_pages_of_this_machine_start_anything() {
    let (_folder, server) = start().await;
    let browser = Browser::new(&server);
    let port = server.url("").rsplit(':').next().unwrap().to_owned();
    for path in [
        "/start/login?channel=app",
        "/start/logout?channel=app&auraId=aura-1",
    ] {
        for (name, value, status) in [
            ("host", format!("127.0.0.1:{port}"), 303),
            ("host", format!("localhost:{port}"), 303),
            ("host", format!("evil.example:{port}"), 403),
            ("host", format!("127.0.0.1.evil.example:{port}"), 403),
            ("sec-fetch-site", "same-origin".to_owned(), 303),
            ("sec-fetch-site", "none".to_owned(), 303),
            ("sec-fetch-site", "cross-site".to_owned(), 403),
        ] {
            let request = browser.client.get(server.url(path)).header(name, &value);
            let answer = sent(request).await;
            assert_eq!(answer.status(), status, "{path} {name}: {value}");
            assert_eq!(answer.headers().contains_key("location"), status == 303);
        }
    }
}

#[tokio::test]
async fn the_page_offers_the_channels_and_the_last_login_to_this_machine_only() {
    let (_folder, server) = start().await;
    let browser = Browser::new(&server);
    let page = async |host: Option<&str>| {
        let mut request = browser.client.get(server.url("/"));
        if let Some(host) = host {
            request = request.header("host", host);
        }
        sent(request).await.text().await.unwrap()
    };
    let before = page(None).await;
    for channel in ["app", "web", "whatsapp"] {
        let option = format!("<option value=\"{channel}\"");
        assert_eq!(before.matches(&option).count(), 2, "{channel}: {before}");
    }
    assert!(before.contains("name=\"auraId\" value=\"\""), "{before}");
    let first = "<option value=\"web\" selected>";
    assert!(before.contains(first), "its page is here: {before}");
    let login = where_sent(&browser.start("/start/login", &[("channel", "app")]).await);
    let state = browser.open(Purpose::LoginState, login.get("state"));
    let aura_id = state.aura_id.as_str();
    let after = page(None).await;
    assert!(
        after.contains(&format!("name=\"auraId\" value=\"{aura_id}\"")),
        "{after}"
    );
    assert!(after.contains("<option value=\"app\" selected>"), "{after}");
    assert!(!after.contains(first), "{after}");
    assert!(!page(Some("evil.example")).await.contains(aura_id));
}

#[tokio::test]
async fn the_forms_of_the_page_may_lead_to_kernel_and_nowhere_else() {
    let (_folder, server) = start().await;
    let page = sent(server.get("/")).await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    let allowed = format!("form-action 'self' {}", server.upstream_url());
    assert!(policy.ends_with(&allowed), "{policy}");
}

#[tokio::test]
async fn the_channels_page_shows_what_it_is_told_as_text() {
    let (_folder, server) = start().await;
    let path = "/dev-server/linked?status=error&code=%3Cscript%3Ealert(1)%3C/script%3E";
    let page = sent(server.get(path)).await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let html = page.text().await.unwrap();
    assert!(html.contains("<code>error</code>"), "{html}");
    assert!(
        html.contains("alert(1)") && !html.contains("<script"),
        "{html}"
    );
}

/// The pages of this server that channels may lead back to.
fn own_pages(server: &Server) -> Vec<&str> {
    let channels = server.credentials["channels"].as_array();
    let channels = channels.into_iter().flatten();
    let redirects = channels.filter_map(|channel| channel["redirects"].as_array());
    let redirects = redirects.flatten().filter_map(|redirect| redirect.as_str());
    redirects
        .filter(|redirect| redirect.contains("/dev-server/"))
        .collect()
}

#[tokio::test]
async fn the_channels_page_is_where_the_server_is_at_each_start() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(folder.path()).await;
    let page = first.url("/dev-server/linked");
    assert_eq!(own_pages(&first), [&page]);
    first.stop().await;
    // Whoever gets the first one's port: not the second one.
    let port = page.split([':', '/']).nth(4).unwrap();
    let _taken = std::net::TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    let second = Server::start(folder.path()).await;
    let moved = second.url("/dev-server/linked");
    assert_ne!(moved, page);
    assert_eq!(own_pages(&second), [&moved]);
    assert_eq!(sent(second.client.get(&moved)).await.status(), 200);
}
