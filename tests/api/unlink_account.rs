//! The logout callback: the login of the state's auraId is gone afterwards, and nothing else (contract 4.5).

use std::time::Duration;

use tests::Desk;
use tests::login::BROWSER;

use crate::linking::{
    ALLOWED, ANA, BRUNO, Link, assert_bad_state, assert_nothing_of, assert_page, assert_private,
    in_language, linked, location, page, redirected, stored_but_states,
};
use crate::stored::Stored;

/// What the page says, by language.
const PAGES: [(&str, &str); 4] = [
    ("en-GB", "You are logged out"),
    ("es-ES", "Ha cerrado sesión"),
    ("de-DE", "Sie sind abgemeldet"),
    ("pt-BR", "Você saiu da sua conta"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_login_is_gone_and_the_persons_others_stay() {
    let desk = Desk::start().await;
    linked(&desk, "conversation:app", "app", ANA).await;
    linked(&desk, "conversation:web", "web", ANA).await;
    linked(&desk, "conversation:bruno", "app", BRUNO).await;
    let state = desk.state("conversation:app", "app");
    let link = Link::logout(&desk, &state);
    drop(desk.kernel.take_calls());
    let answer = link.open(&desk).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body, r#"{"status":"ok"}"#);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_private(&answer, "logged out");
    assert!(
        desk.kernel.take_calls().is_empty(),
        "Kernel has logged the person out already"
    );
    for (aura_id, status) in [
        ("conversation:app", 404),
        ("conversation:web", 200),
        ("conversation:bruno", 200),
    ] {
        assert_eq!(desk.get_user(aura_id).await.status, status, "{aura_id}");
    }
    assert_bad_state(&link.open(&desk).await, "a second time");
    Stored::read(&desk).await.assert_consistent("logged out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_not_there_is_logged_out_already() {
    let desk = Desk::start().await;
    linked(&desk, "conversation:expired", "app", ANA).await;
    desk.clock.advance(Duration::from_hours(73));
    linked(&desk, "conversation:superseded", "web", ANA).await;
    linked(&desk, "conversation:newer", "web", ANA).await;
    let before = stored_but_states(&desk).await;
    for aura_id in [
        "conversation:never",
        "conversation:expired",
        "conversation:superseded",
    ] {
        let link = Link::logout(&desk, &desk.state(aura_id, "app"));
        let answer = link.open(&desk).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.body),
            (200, &br#"{"status":"ok"}"#[..]),
            "{aura_id}"
        );
        assert!(stored_but_states(&desk).await == before, "{aura_id}");
        assert_bad_state(&link.open(&desk).await, aura_id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_a_page_in_its_language_or_goes_where_the_state_says() {
    let desk = Desk::start().await;
    for (tag, heading) in PAGES {
        for (locale, accepted) in [(Some(tag), "fr"), (None, tag)] {
            let state = desk.state("conversation:1", "whatsapp");
            let state = locale.map_or(state.clone(), |locale| in_language(state, locale));
            let headers = [("accept", BROWSER), ("accept-language", accepted)];
            let answer = Link::logout(&desk, &state)
                .open_at(&desk.router, &headers)
                .await;
            assert_page(&answer, 200, tag, tag);
            for told in [heading, "WhatsApp"] {
                assert!(
                    page(&answer).contains(told),
                    "{tag}: {told} in {}",
                    page(&answer)
                );
            }
            assert_nothing_of(&answer, &["conversation:", &state.jti.to_string()], tag);
        }
    }
    for accept in ["*/*", BROWSER] {
        let state = redirected(
            desk.state("conversation:1", "app"),
            &format!("{ALLOWED}?a=1"),
        );
        let answer = Link::logout(&desk, &state)
            .open_at(&desk.router, &[("accept", accept)])
            .await;
        assert_eq!(
            location(&answer, accept),
            format!("{ALLOWED}?a=1&status=ok")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_person_can_be_linked_under_the_id_again_at_once_and_nobody_else() {
    let desk = Desk::start().await;
    let first = linked(&desk, "conversation:1", "app", ANA).await;
    assert_eq!(
        Link::logout(&desk, &desk.state("conversation:1", "app"))
            .open(&desk)
            .await
            .status,
        200
    );
    let other = Link::login(&desk, &desk.state("conversation:1", "app"), BRUNO).await;
    assert_eq!(
        other.open(&desk).await.status,
        409,
        "not before the longest token's life"
    );
    let again = linked(&desk, "conversation:1", "app", ANA).await;
    assert_eq!(again.text("auraIdGlobal"), first.text("auraIdGlobal"));
    assert_eq!(desk.get_user("conversation:1").await.text("userId"), ANA);
    Stored::read(&desk).await.assert_consistent("linked again");
}

/// A logout link must not end a login that somebody made after it was used.
#[tokio::test(flavor = "multi_thread")]
async fn a_used_logout_link_ends_no_later_login() {
    let desk = Desk::start().await;
    linked(&desk, "conversation:1", "app", ANA).await;
    let link = Link::logout(&desk, &desk.state("conversation:1", "app"));
    assert_eq!(link.open(&desk).await.status, 200);
    linked(&desk, "conversation:1", "app", ANA).await;
    desk.clock.advance(Duration::from_secs(20));
    assert_bad_state(&link.open(&desk).await, "used");
    assert_eq!(desk.get_user("conversation:1").await.status, 200);
}
