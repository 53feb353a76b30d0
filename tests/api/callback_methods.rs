//! Requests to a callback that are no visit: other methods, and fetches ahead of time. Nothing is done, and the link stays good
//! (contract 3, 4.3).

use tests::login::BROWSER;
use tests::{Answer, Desk};

use crate::access_matrix::everything_stored;
use crate::linking::{ALLOWED, ANA, Link, linked, redirected};

/// A login link and a logout link, both good and with a redirect, of somebody who is logged in.
async fn links(desk: &Desk) -> [Link; 2] {
    linked(desk, "conversation:1", "app", ANA).await;
    let state = || redirected(desk.state("conversation:1", "app"), ALLOWED);
    [
        Link::login(desk, &state(), ANA).await,
        Link::logout(desk, &state()),
    ]
}

/// Whatever was asked, both links work afterwards, and nothing else was done.
async fn assert_harmless(case: &str, status: u16, ask: impl AsyncFn(&Desk, &Link) -> Answer) {
    let desk = Desk::start().await;
    let links = links(&desk).await;
    let before = everything_stored(&desk).await;
    drop((desk.proxy.take_calls(), desk.kernel.take_calls()));
    for link in &links {
        let answer = ask(&desk, link).await;
        assert_eq!(answer.status, status, "{case}: {answer:?}");
        assert_eq!(answer.header("location"), "", "{case}");
        assert_eq!(answer.header("cache-control"), "no-store", "{case}");
    }
    assert_eq!(desk.proxy.take_operations(), [""; 0], "{case}");
    assert_eq!(desk.kernel.take_operations(), [""; 0], "{case}");
    assert!(everything_stored(&desk).await == before, "{case}");
    for link in &links {
        let answer = link.open(&desk).await;
        assert_eq!(
            answer.header("location"),
            format!("{ALLOWED}?status=ok"),
            "{case}: {answer:?}"
        );
    }
    assert_eq!(desk.get_user("conversation:1").await.status, 404, "{case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_neither_link_nor_burn() {
    for method in [
        "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW",
    ] {
        let desk = Desk::start().await;
        let links = links(&desk).await;
        let before = everything_stored(&desk).await;
        drop((desk.proxy.take_calls(), desk.kernel.take_calls()));
        for link in &links {
            let answer = desk.call(method, &link.0, &[("accept", BROWSER)]).await;
            assert_eq!(answer.status, 404, "{method}: {answer:?}");
            assert_eq!(answer.header("location"), "", "{method}");
        }
        assert_eq!(desk.proxy.take_operations(), [""; 0], "{method}");
        assert_eq!(desk.kernel.take_operations(), [""; 0], "{method}");
        assert!(everything_stored(&desk).await == before, "{method}");
        for link in &links {
            assert_eq!(link.open(&desk).await.status, 302, "{method}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_ahead_of_time_neither_links_nor_burns() {
    for (name, value) in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("sec-purpose", "prefetch;anonymous-client-ip"),
        ("sec-purpose", "Prefetch"),
        ("purpose", "prefetch"),
        ("x-moz", "prefetch"),
        ("x-purpose", "preview"),
    ] {
        for accept in ["*/*", BROWSER] {
            assert_harmless(
                &format!("{name}: {value}"),
                400,
                async |desk: &Desk, link: &Link| {
                    link.open_at(&desk.router, &[("accept", accept), (name, value)])
                        .await
                },
            )
            .await;
        }
    }
}

/// What browsers send with every visit is no reason to refuse one.
#[tokio::test(flavor = "multi_thread")]
async fn a_visit_with_a_browsers_usual_headers_is_a_visit() {
    let desk = Desk::start().await;
    for link in &links(&desk).await {
        let headers = [
            ("accept", BROWSER),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-site", "cross-site"),
            ("upgrade-insecure-requests", "1"),
            ("priority", "u=0, i"),
            ("cookie", "a=1; state=x"),
            ("authorization", "Bearer of-somebody-else"),
        ];
        assert_eq!(link.open_at(&desk.router, &headers).await.status, 302);
    }
}
