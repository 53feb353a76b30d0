//! The API reference at `/`: in the dev server only, with local keys for pages of this machine only.

use dev_server::openapi;
use serde_json::Value;

use crate::server::{Server, answered, sent};

async fn start() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let server = Server::start(folder.path()).await;
    (folder, server)
}

#[tokio::test]
async fn the_page_allows_its_own_scripts_only_and_has_them() {
    let (_folder, server) = start().await;
    let page = sent(server.get("/")).await;
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    for part in ["default-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("script-src"), "{policy}");
    assert!(!policy.contains("unsafe-eval"), "{policy}");
    let html = page.text().await.unwrap();
    let quoted = html.split("src=\"").chain(html.split("href=\""));
    let resources: Vec<_> = quoted
        .filter_map(|rest| rest.split_once('"').map(|(path, _)| path))
        .filter(|path| path.starts_with('/') && path.contains('.'))
        .collect();
    assert!(resources.len() >= 2, "{html}");
    for resource in resources {
        let answer = sent(server.get(resource)).await;
        assert_eq!(answer.status(), 200, "{resource}");
    }
    assert!(!html.contains("://"), "an outside resource: {html}");
}

#[tokio::test]
async fn the_document_is_that_of_the_code() {
    let (_folder, server) = start().await;
    let (status, document) = answered(server.get("/openapi.json")).await;
    let made: Value = serde_json::from_str(&openapi::document().to_json().unwrap()).unwrap();
    assert_eq!((status, document), (200, made));
}

#[tokio::test]
async fn keys_are_for_this_machines_names_only() {
    let (_folder, server) = start().await;
    let base = server.credentials["baseUrl"].as_str().unwrap();
    let port = base.rsplit(':').next().unwrap();
    for (host, status) in [
        (format!("127.0.0.1:{port}"), 200),
        (format!("localhost:{port}"), 200),
        (format!("[::1]:{port}"), 200),
        (format!("evil.example:{port}"), 403),
        ("evil.example".to_owned(), 403),
        (format!("127.0.0.1.evil.example:{port}"), 403),
        (format!("localhost.evil.example:{port}"), 403),
    ] {
        let request = server.get("/reference/keys.json").header("host", &host);
        let response = sent(request).await;
        assert_eq!(response.status(), status, "{host}");
        assert!(
            !response
                .headers()
                .contains_key("access-control-allow-origin")
        );
        let body = response.text().await.unwrap();
        assert_eq!(body.contains("aura-bot"), status == 200, "{host}");
    }
}

#[tokio::test]
async fn its_keys_work() {
    let (_folder, server) = start().await;
    let (_, keys) = answered(server.get("/reference/keys.json")).await;
    assert_eq!(keys["apiKeys"], server.credentials["apiKeys"]);
    let copilot = &keys["copilot"];
    for member in ["clientId", "clientSecret"] {
        assert_eq!(copilot[member], server.credentials["copilot"][member]);
    }
    let session = copilot["session"].as_str().unwrap();
    let url = server.url("/v2/api/management/copilot_connect/authenticate");
    let body = serde_json::json!({ "access_token": format!("Bearer {session}") });
    let (status, verdict) =
        answered(server.client.post(url).bearer_auth(session).json(&body)).await;
    assert_eq!((status, &verdict["is_token_valid"]), (200, &true.into()));
}

#[tokio::test]
async fn what_no_route_matches_is_404_as_at_the_gateway() {
    let (_folder, server) = start().await;
    for path in ["/users", "/users/", "/users/a/b", "/reference/", "/health"] {
        let (status, body) = answered(server.get(path)).await;
        assert_eq!(status, 404, "{path}");
        assert_eq!(body["message"], "Not Found", "{path}");
    }
    for method in ["HEAD", "OPTIONS", "PUT", "POST", "PATCH"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = server.url("/users/nobody");
        let response = sent(server.client.request(method, url)).await;
        assert_eq!(response.status(), 404);
    }
}

/// A page of anybody's must not reach the tables and secrets through the developer's browser.
#[tokio::test]
async fn the_aws_endpoint_answers_no_browser() {
    let (_folder, server) = start().await;
    let url = server.credentials["aws"]["endpointUrl"].as_str().unwrap();
    let ask = |headers: [(&'static str, &'static str); 2]| {
        let mut request = server
            .client
            .post(url)
            .header("x-amz-target", "secretsmanager.GetSecretValue")
            .body(r#"{"SecretId":"aura-authentication/local/key-ring"}"#);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request
    };
    let pages = [
        [("origin", "http://evil.example"), ("host", "127.0.0.1")],
        [("origin", "null"), ("host", "localhost")],
        [("accept", "*/*"), ("host", "evil.example")],
        [("accept", "*/*"), ("host", "127.0.0.1.evil.example")],
    ];
    for headers in pages {
        assert_eq!(sent(ask(headers)).await.status(), 403, "{headers:?}");
    }
    let sdk = [("accept", "*/*"), ("host", "127.0.0.1")];
    assert_eq!(sent(ask(sdk)).await.status(), 200);
}
