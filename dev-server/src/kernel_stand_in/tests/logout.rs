//! The end of a session: the browser goes back to the API's logout callback, and nowhere else.

use super::*;

const BACK: &str = "http://127.0.0.1:3000/users/auraid/integrated/logout";

fn asked() -> Pairs {
    vec![
        ("client_id", KERNEL_CLIENT_ID.to_owned()),
        ("post_logout_redirect_uri", BACK.to_owned()),
        ("state", "a b&c".to_owned()),
    ]
}

#[tokio::test]
async fn it_leads_back_with_the_state() {
    let stand = Stand::new();
    for back in [BACK, "http://127.0.0.1:3030/users/auraid/integrated/logout"] {
        let asked = changed(asked(), &[("post_logout_redirect_uri", Some(back))]);
        let answer = stand.get("/logout", &asked).await;
        assert_eq!(answer.status, 303);
        assert_eq!(answer.headers["location"], format!("{back}?state=a+b%26c"));
    }
}

#[tokio::test]
async fn it_leads_nowhere_else_and_shows_what_was_sent_as_text() {
    let stand = Stand::new();
    for (name, value) in [
        (
            "post_logout_redirect_uri",
            Some("https://evil.example/users/auraid/integrated/logout"),
        ),
        (
            "post_logout_redirect_uri",
            Some("http://127.0.0.1:3000/users/auraid/integrated"),
        ),
        ("post_logout_redirect_uri", Some("http://127.0.0.1:3000")),
        (
            "post_logout_redirect_uri",
            Some("<script>alert(1)</script>"),
        ),
        ("post_logout_redirect_uri", None),
        ("client_id", Some("<script>alert(1)</script>")),
        ("client_id", None),
    ] {
        let answer = stand
            .get("/logout", &changed(asked(), &[(name, value)]))
            .await;
        answer.stays();
        assert!(!answer.body.contains("<script"), "{}", answer.body);
        assert!(
            answer.body.contains("Stand-in for Kernel"),
            "{}",
            answer.body
        );
    }
    let twice = [asked(), asked()].concat();
    stand.get("/logout", &twice).await.stays();
}
