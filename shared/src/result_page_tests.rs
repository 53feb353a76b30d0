//! The page as browsers and people get it.

use std::collections::HashSet;

use futures_util::FutureExt as _;

use super::*;
use crate::error::{Dialect, Failure};
use crate::extract::Argument;
use crate::sealed_state::StateRefusal;
use crate::user::{PhoneNumber, UserId};

fn account() -> MaskedAccount {
    let number = PhoneNumber::parse("+34600000001");
    let id = UserId::parse("user-1").unwrap_or_else(|| panic!("no id"));
    MaskedAccount::new(&id, number.as_ref())
}

fn everything(account: &MaskedAccount) -> [(StatusCode, Told<'_>); 9] {
    let channel = "WhatsApp";
    [
        (StatusCode::OK, Told::Linked { channel, account }),
        (StatusCode::OK, Told::LoggedOut { channel }),
        (StatusCode::BAD_REQUEST, Told::BadLink),
        (StatusCode::BAD_REQUEST, Told::BadCode),
        (StatusCode::FORBIDDEN, Told::Refused),
        (StatusCode::FORBIDDEN, Told::NotVouched),
        (StatusCode::CONFLICT, Told::Taken),
        (StatusCode::SERVICE_UNAVAILABLE, Told::TryAgain),
        (StatusCode::INTERNAL_SERVER_ERROR, Told::Failed),
    ]
}

fn html(response: Response) -> String {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX);
    // The body is there already.
    let bytes = body.now_or_never().and_then(Result::ok);
    String::from_utf8(bytes.unwrap_or_default().into()).unwrap_or_else(|error| panic!("{error}"))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let found = text
        .split_once(start)
        .and_then(|(_, rest)| rest.split_once(end));
    found.unwrap_or_else(|| panic!("no {start}…{end}")).0
}

/// What people read, without the head and the tags.
fn text(page: &str) -> String {
    let main = between(page, "<main", "</main>");
    let texts = main.split('<').skip(1);
    let texts = texts.filter_map(|part| Some(part.split_once('>')?.1.trim()));
    let texts: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
    texts.join(" ")
}

#[test]
fn every_language_tells_everything_in_its_own_words() {
    let account = account();
    let (mut texts, mut headings, mut titles) = (HashSet::new(), HashSet::new(), 0);
    for language in Language::ALL {
        for (status, told) in everything(&account) {
            let response = page(status, language, &told);
            assert_eq!(response.status(), status);
            let page = html(response);
            let heading = between(&page, "<h1>", "</h1>");
            assert!(page.starts_with("<!doctype html>\n<html lang=\""), "{page}");
            assert_eq!(between(&page, "<html lang=\"", "\""), language.tag());
            assert_eq!(between(&page, "<title>", "</title>"), heading);
            for once in ["<main", "<h1", "<title", "<style", "</html>"] {
                assert_eq!(page.matches(once).count(), 1, "{once} in {page}");
            }
            assert!(heading.len() > 10 && text(&page).len() > 80, "{page}");
            assert!(headings.insert(heading.to_owned()), "twice: {heading}");
            assert!(texts.insert(text(&page)), "twice: {}", text(&page));
            titles += 1;
        }
    }
    assert_eq!((texts.len(), titles), (36, 36));
}

#[test]
fn nothing_is_left_open_run_or_fetched() {
    let account = account();
    for language in Language::ALL {
        for (status, told) in everything(&account) {
            let page = html(page(status, language, &told));
            for foreign in [
                "{{",
                "{%",
                "<script",
                "http:",
                "https:",
                "//",
                "url(",
                "@import",
                "src=",
                "<img",
                "<link",
                "<form",
                "<base",
                "<meta http",
                " style=",
                "javascript",
            ] {
                assert!(!page.contains(foreign), "{foreign} in {page}");
            }
            let inside = text(&page);
            assert!(!inside.contains(['{', '}', '\n', '\\']), "{inside}");
            assert!(!inside.contains("  "), "{inside}");
        }
    }
}

#[test]
fn only_the_link_to_try_again_leads_anywhere_and_to_the_same_address() {
    let account = account();
    for (status, told) in everything(&account) {
        let page = html(page(status, Language::EnGb, &told));
        let again = matches!(told, Told::TryAgain);
        assert_eq!(page.contains("<a href=\"\">Try again</a>"), again);
        assert_eq!(page.matches("<a ").count(), usize::from(again));
    }
}

#[test]
fn a_linked_account_is_named_masked_with_how_to_undo_it() {
    let account = account();
    let told = Told::Linked {
        channel: "WhatsApp",
        account: &account,
    };
    for (language, masked) in Language::ALL.into_iter().zip([
        "Phone number ending in 001",
        "Número de teléfono terminado en 001",
        "Telefonnummer mit der Endung 001",
        "Número de telefone com final 001",
    ]) {
        let page = html(page(StatusCode::OK, language, &told));
        assert!(page.contains("<dd>WhatsApp</dd>"), "{page}");
        assert!(page.contains(&format!("<dd>{masked}</dd>")), "{page}");
        let undo = between(&page, "<section", "</section>");
        assert_eq!(undo.matches("WhatsApp").count(), 2, "{undo}");
        assert!(!page.contains("0001"), "{page}");
    }
}

#[test]
fn success_and_trouble_differ_without_colour() {
    let account = account();
    for (status, told) in everything(&account) {
        let page = html(page(status, Language::DeDe, &told));
        let mark = between(&page, "aria-hidden=\"true\">", "</p>");
        assert_eq!(mark, if status.is_success() { "✓" } else { "!" });
    }
}

#[test]
fn a_hostile_channel_name_is_text() {
    let (account, channel) = (
        account(),
        r#"</title><script>alert('1')</script>"{{ 7*7 }}&"#,
    );
    for told in [
        Told::Linked {
            channel,
            account: &account,
        },
        Told::LoggedOut { channel },
    ] {
        let page = html(page(StatusCode::OK, Language::EnGb, &told));
        assert!(!page.contains("<script") && !page.contains("alert('"));
        assert_eq!(page.matches("</title>").count(), 1);
        let escaped = "&#60;/title&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#34;{{ 7*7 }}&#38;";
        assert!(page.contains(&format!("<dd>{escaped}</dd>")), "{page}");
    }
}

#[test]
fn a_hostile_user_id_is_masked_and_cannot_be_markup() {
    let id = UserId::parse("+.:@-_+.:@-_").unwrap();
    let account = MaskedAccount::new(&id, None);
    let told = Told::Linked {
        channel: "App",
        account: &account,
    };
    let page = html(page(StatusCode::OK, Language::EnGb, &told));
    assert!(page.contains("<dd>User ID ending in @-_</dd>"), "{page}");
}

#[test]
fn the_policy_admits_exactly_the_style_that_the_page_has() {
    let response = page(StatusCode::OK, Language::EnGb, &Told::Failed);
    let policy = response.headers()[CONTENT_SECURITY_POLICY].clone();
    let page = html(response);
    let hash = STANDARD.encode(Sha256::digest(between(&page, "<style>", "</style>")));
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    );
    // A browser reads these as line feeds, and gets another hash.
    assert!(!STYLE.contains('\r'));
}

#[test]
fn the_headers_keep_the_page_private_and_in_one_language() {
    for language in Language::ALL {
        let response = page(StatusCode::CONFLICT, language, &Told::Taken);
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("content-language", language.tag()),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("vary", "Accept, Accept-Language"),
        ] {
            let found: Vec<_> = response.headers().get_all(name).iter().collect();
            assert_eq!(found, [value], "{name}");
        }
        assert!(!response.headers().contains_key(RETRY_AFTER));
    }
}

#[test]
fn errors_have_their_page() {
    let bad_code = Error::InvalidArgument {
        place: "query parameter",
        name: "code".into(),
        rule: "secret".into(),
    };
    let later = "That did not work just now";
    for (error, heading) in [
        (
            Error::BadState(StateRefusal::Used),
            "This link is no longer valid",
        ),
        (bad_code, "The login could not be completed"),
        (
            Error::PermissionDenied(Denial::Consent),
            "You are not logged in",
        ),
        (
            Error::PermissionDenied(Denial::Vouching),
            "Your login could not be confirmed",
        ),
        (
            Error::Conflict("secret"),
            "This conversation belongs to another account",
        ),
        (Error::Upstream("secret".into()), later),
        (Error::UpstreamTimeout("secret".into()), later),
        (Error::unavailable("secret"), later),
        (Error::Internal("secret".into()), "Something went wrong"),
    ] {
        let page = html(of_error(error, Language::EnGb));
        assert_eq!(between(&page, "<h1>", "</h1>"), heading);
        assert!(!page.contains("secret"), "{page}");
    }
}

#[test]
fn errors_keep_status_cause_and_retry_after() {
    for (error, wait) in [
        (Error::Conflict("secret"), None),
        (Error::Upstream("secret".into()), None),
        (Error::unavailable("secret"), Some("2")),
    ] {
        let status = error.status();
        let response = of_error(error, Language::EnGb);
        assert_eq!(response.status(), status);
        let waits = response.headers().get(RETRY_AFTER);
        assert_eq!(waits.map(|value| value.to_str().unwrap()), wait);
        let failure = response.extensions().get::<Failure>().unwrap();
        assert_eq!(failure.error.to_string(), "secret");
        // Telemetry sends this page, not the problem document.
        let failure = failure.clone();
        let sent = html(failure.response(response, &Dialect::PROBLEM, "corr"));
        assert!(sent.starts_with("<!doctype html>"), "{sent}");
    }
}
