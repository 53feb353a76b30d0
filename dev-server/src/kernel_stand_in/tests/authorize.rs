//! The login page: who gets to see it, and where it leads.

use super::*;

/// What must never get into a page as it is.
const MARKUP: &str = r#""'><script>alert(1)</script>"#;

#[tokio::test]
async fn the_login_page_is_marked_has_no_script_and_ends_at_the_api_only() {
    let stand = Stand::new();
    let page = stand.get("/authorize", &asked()).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Stand-in for Kernel"), "{}", page.body);
    for person in &PERSONS {
        assert!(page.body.contains(person.user_id), "{}", person.user_id);
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'self' http://127.0.0.1:3000 http://127.0.0.1:3030",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert_eq!(page.headers["cache-control"], "no-store");
    assert!(!page.body.contains("<script"));
}

#[tokio::test]
async fn an_unknown_client_or_callback_is_told_here_and_sent_nowhere() {
    let stand = Stand::new();
    for (name, value) in [
        ("client_id", Some("another")),
        ("client_id", None),
        (
            "redirect_uri",
            Some("https://evil.example/users/auraid/integrated"),
        ),
        (
            "redirect_uri",
            Some("http://127.0.0.1:3000/users/auraid/integrated/"),
        ),
        (
            "redirect_uri",
            Some("http://127.0.0.1:3000/users/auraid/integrated?a=1"),
        ),
        (
            "redirect_uri",
            Some("http://127.0.0.1:3000/users/auraid/integrated/logout"),
        ),
        (
            "redirect_uri",
            Some("http://127.0.0.1:3000@evil.example/users/auraid/integrated"),
        ),
        (
            "redirect_uri",
            Some("HTTP://127.0.0.1:3000/users/auraid/integrated"),
        ),
        ("redirect_uri", None),
    ] {
        let asked = changed(asked(), &[(name, value)]);
        stand.get("/authorize", &asked).await.stays();
        let form = [asked, chosen("user-ana", "consent")].concat();
        stand.post("/authorize", &form, None).await.stays();
        let form = changed(form, &[("decision", Some("refuse"))]);
        stand.post("/authorize", &form, None).await.stays();
    }
    let twice = [asked(), vec![("state", "state-2".to_owned())]].concat();
    stand.get("/authorize", &twice).await.stays();
}

#[tokio::test]
async fn both_bases_of_the_api_are_known() {
    let stand = Stand::new();
    let sam_local = "http://127.0.0.1:3030/users/auraid/integrated";
    let asked = changed(asked(), &[("redirect_uri", Some(sam_local))]);
    assert_eq!(stand.get("/authorize", &asked).await.status, 200);
}

#[tokio::test]
async fn other_faults_are_told_to_the_client_with_its_state() {
    let stand = Stand::new();
    for (changes, error) in [
        (&[("response_type", None)][..], "invalid_request"),
        (
            &[("response_type", Some("token"))],
            "unsupported_response_type",
        ),
        (&[("state", None)], "invalid_request"),
        (
            &[("code_challenge_method", Some("plain"))],
            "invalid_request",
        ),
        (&[("code_challenge_method", None)], "invalid_request"),
        (&[("code_challenge", None)], "invalid_request"),
        (&[("code_challenge", Some("short"))], "invalid_request"),
    ] {
        let asked = changed(asked(), changes);
        let told = stand.get("/authorize", &asked).await.sent_back();
        assert_eq!(told.get("error"), Some(error), "{changes:?}");
        let state = (changes[0].0 != "state").then_some("state-1");
        assert_eq!(told.get("state"), state, "{changes:?}");
        assert_eq!(told.get("code"), None, "{changes:?}");
    }
}

#[tokio::test]
async fn consent_leads_back_with_a_code_and_the_state_as_it_was() {
    let stand = Stand::new();
    let state = "a.b&c=d e+%";
    let mut form = changed(asked(), &[("state", Some(state))]);
    form.extend(chosen("user-ana", "consent"));
    let told = stand.post("/authorize", &form, None).await.sent_back();
    assert_eq!(told.get("state"), Some(state));
    assert_eq!(told.get("error"), None);
    assert_eq!(told.get("code").map(str::len), Some(64));
    let other = stand.post("/authorize", &form, None).await.sent_back();
    assert_ne!(told.get("code"), other.get("code"));
}

#[tokio::test]
async fn a_refusal_leads_back_with_access_denied_and_no_code() {
    let stand = Stand::new();
    // What is typed does not matter to who refuses.
    let form = [asked(), chosen("other", "refuse")].concat();
    let told = stand.post("/authorize", &form, None).await.sent_back();
    assert_eq!(told.get("error"), Some("access_denied"));
    assert!(told.get("error_description").is_some());
    assert_eq!(told.get("state"), Some("state-1"));
    assert_eq!(told.get("code"), None);
}

#[tokio::test]
async fn what_is_typed_wrong_is_asked_again_and_kept() {
    let stand = Stand::new();
    for (person, user_id, number, bad) in [
        ("other", "", "", "user-id"),
        ("other", "user 1", "+34600000199", "user-id"),
        ("other", "..", "", "user-id"),
        ("other", "user-1", "12", "phone-number"),
        ("other", "user-1", "+0600000199", "phone-number"),
        ("nobody", "user-1", "", ""),
        ("", "user-1", "", ""),
    ] {
        let mut form = [asked(), chosen(person, "consent")].concat();
        form.push(("user_id", user_id.to_owned()));
        form.push(("phone_number", number.to_owned()));
        let page = stand.post("/authorize", &form, None).await;
        page.stays();
        assert!(page.body.contains("role=\"alert\""), "{user_id} {number}");
        for (field, typed) in [("user-id", user_id), ("phone-number", number)] {
            let input = page.body.split(&format!("<input id=\"{field}\"")).nth(1);
            let input = input.and_then(|rest| rest.split_once('>')).unwrap().0;
            assert!(input.contains(&format!("value=\"{typed}\"")), "{input}");
            assert_eq!(input.contains("aria-invalid"), bad == field, "{input}");
        }
        let again = page.body.contains("name=\"state\" value=\"state-1\"");
        assert!(again, "{}", page.body);
    }
}

#[tokio::test]
async fn markup_in_any_parameter_stays_text() {
    let stand = Stand::new();
    let names = asked().into_iter().map(|(name, _)| name);
    let more = [
        "scope",
        "ui_locales",
        "person",
        "user_id",
        "phone_number",
        "decision",
    ];
    for name in names.chain(more) {
        let mut form = [asked(), chosen("other", "consent")].concat();
        form = changed(form, &[(name, Some(MARKUP))]);
        for answer in [
            stand.get("/authorize", &form).await,
            stand.post("/authorize", &form, None).await,
        ] {
            assert!(!answer.body.contains("<script"), "{name}: {}", answer.body);
            assert!(!answer.body.contains("\"'>"), "{name}: {}", answer.body);
        }
    }
    let form = [asked(), chosen("other", "consent")].concat();
    let form = changed(form, &[("user_id", Some(MARKUP)), ("scope", Some(MARKUP))]);
    let page = stand.post("/authorize", &form, None).await.body;
    assert_eq!(
        page.matches("alert(1)").count(),
        3,
        "shown, escaped: {page}"
    );
}
