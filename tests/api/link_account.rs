//! The login callback where all goes well: who is linked, and what browsers and programs are told of it (contract 4.3).

use std::time::Duration;

use serde_json::json;
use shared::sealed_state::SealedState;
use tests::login::BROWSER;
use tests::{Answer, Desk};

use crate::linking::{
    ALLOWED, ANA, ANAS_NUMBER, BRUNO, CLARA, Link, assert_page, assert_private, assert_problem,
    form, grant, in_language, kernel_says, linked, location, page, redirected, stored_but_states,
};
use crate::stored::Stored;

/// What a page says of a link made, by language: heading, the words before the channel and before the account.
const PAGES: [(&str, &str, &str); 4] = [
    ("en-GB", "You are logged in", "Phone number ending in 101"),
    (
        "es-ES",
        "Ha iniciado sesión",
        "Número de teléfono terminado en 101",
    ),
    (
        "de-DE",
        "Sie sind angemeldet",
        "Telefonnummer mit der Endung 101",
    ),
    (
        "pt-BR",
        "Você entrou na sua conta",
        "Número de telefone com final 101",
    ),
];

/// What everybody is told of a user.
const PUBLIC: [&str; 5] = [
    "auraId",
    "auraIdGlobal",
    "channelId",
    "createdAt",
    "expiresAt",
];

fn members(answer: &Answer) -> Vec<String> {
    let value = answer.json();
    let object = value.as_object().unwrap_or_else(|| panic!("{value}"));
    object.keys().cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_the_public_user_and_the_bot_finds_the_whole_one() {
    let desk = Desk::start().await;
    for (person, number) in [(ANA, Some(ANAS_NUMBER)), (CLARA, None)] {
        let aura_id = format!("conversation:{person}");
        let answer = linked(&desk, &aura_id, "app", person).await;
        assert_eq!(answer.header("content-type"), "application/json");
        assert_private(&answer, person);
        assert_eq!(members(&answer), PUBLIC, "{person}");
        assert_eq!(answer.text("auraId"), aura_id);
        assert_eq!(answer.text("channelId"), "app");
        assert_eq!(answer.text("createdAt"), desk.clock.now().rfc3339());
        let end = desk.clock.now().plus(Duration::from_hours(72));
        assert_eq!(
            answer.text("expiresAt"),
            end.rfc3339(),
            "the channel's lifetime"
        );
        let found = desk.get_user(&aura_id).await;
        assert_eq!(found.status, 200);
        for member in PUBLIC {
            assert_eq!(
                found.text(member),
                answer.text(member),
                "{person}: {member}"
            );
        }
        assert_eq!(found.text("userId"), person);
        assert_eq!(found.json()["phoneNumber"].as_str(), number);
        assert_eq!(
            found.text("authorizationId").len(),
            36,
            "Kernel's handle: {found:?}"
        );
    }
    Stored::read(&desk).await.assert_consistent("two people");
}

#[tokio::test(flavor = "multi_thread")]
async fn kernel_gets_the_code_the_verifier_and_the_exact_address_once() {
    let desk = Desk::start().await;
    let state = desk.state("conversation:1", "app");
    let code = desk.code(&state, ANA).await;
    let link = Link::with(&desk.login_state(&state), &format!("&code={code}"));
    assert_eq!(link.open(&desk).await.status, 200);
    let calls = desk.kernel.take_calls();
    let paths: Vec<_> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(paths, ["/token", "/introspect"]);
    let sent = form(&calls[0]);
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        (
            "redirect_uri",
            "https://api.example/users/auraid/integrated",
        ),
        ("code_verifier", &"v".repeat(64)),
    ] {
        let found: Vec<_> = sent.iter().filter(|member| member.0 == name).collect();
        assert_eq!(found, [&(name.to_owned(), value.to_owned())]);
    }
    let without = SealedState {
        code_verifier: None,
        ..desk.state("conversation:2", "app")
    };
    assert_eq!(
        Link::login(&desk, &without, ANA)
            .await
            .open(&desk)
            .await
            .status,
        200
    );
    let sent = form(&desk.kernel.take_calls()[0]);
    assert!(
        sent.iter().all(|member| member.0 != "code_verifier"),
        "{sent:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_a_page_in_the_states_language_else_its_own_else_english() {
    let desk = Desk::start().await;
    for (at, (tag, heading, account)) in PAGES.into_iter().enumerate() {
        for (case, locale, accepted) in [
            (
                "the state's",
                Some(tag),
                "fr, pt-BR;q=0.1, es;q=0.1, de;q=0.1",
            ),
            ("the browser's", None, tag),
            (
                "the browser's, for one that is not here",
                Some("fr-FR"),
                tag,
            ),
        ] {
            let state = desk.state(&format!("conversation:{at}"), "app");
            let state = locale.map_or(state.clone(), |locale| in_language(state, locale));
            let link = Link::login(&desk, &state, ANA).await;
            let headers = [("accept", BROWSER), ("accept-language", accepted)];
            let answer = link.open_at(&desk.router, &headers).await;
            assert_page(&answer, 200, tag, case);
            let page = page(&answer);
            for told in [heading, account, "Operator app"] {
                assert!(page.contains(told), "{tag}, {case}: {told} in {page}");
            }
            for hidden in ["34600000101", "0000101", ANA, "conversation:"] {
                assert!(!page.contains(hidden), "{tag}, {case}: {hidden} in {page}");
            }
        }
    }
    let state = desk.state("conversation:none", "app");
    let link = Link::login(&desk, &state, CLARA).await;
    let answer = link.open_at(&desk.router, &[("accept", BROWSER)]).await;
    assert_page(&answer, 200, "en-GB", "no language");
    assert!(!page(&answer).contains(CLARA), "{}", page(&answer));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channels_name_on_the_page_is_text() {
    let desk = Desk::start().await;
    let mut channel = desk.control().channels().await.unwrap().remove(0);
    channel.name = "<b>&\"App'</b>".to_owned();
    desk.control().set_channel(&channel).await.unwrap();
    desk.clock.advance(Duration::from_secs(6));
    let link = Link::login(
        &desk,
        &desk.state("conversation:1", channel.id.as_str()),
        ANA,
    )
    .await;
    let answer = link.open_at(&desk.router, &[("accept", BROWSER)]).await;
    assert_page(&answer, 200, "en-GB", "a name with markup");
    assert!(!page(&answer).contains("<b>"), "{}", page(&answer));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_the_list_is_gone_to_and_what_is_not_gets_an_answer_here() {
    let desk = Desk::start().await;
    for (address, expected) in [
        (ALLOWED.to_owned(), format!("{ALLOWED}?status=ok")),
        (
            format!("{ALLOWED}/deep?a=1&b=%20"),
            format!("{ALLOWED}/deep?a=1&b=%20&status=ok"),
        ),
    ] {
        for accept in ["*/*", BROWSER] {
            let state = redirected(desk.state("conversation:1", "app"), &address);
            let link = Link::login(&desk, &state, ANA).await;
            let answer = link.open_at(&desk.router, &[("accept", accept)]).await;
            assert_eq!(location(&answer, &address), expected);
        }
    }
    for (channel, address) in [
        ("app", "https://evil.example/linked"),
        ("whatsapp", ALLOWED),
    ] {
        let state = redirected(
            desk.state(&format!("elsewhere:{channel}"), channel),
            address,
        );
        let link = Link::login(&desk, &state, ANA).await;
        let answer = link.open_at(&desk.router, &[("accept", BROWSER)]).await;
        assert_page(&answer, 200, "en-GB", channel);
        let state = redirected(desk.state(state.aura_id.as_str(), channel), address);
        let link = Link::login(&desk, &state, ANA);
        let answer = link.await.open(&desk).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (200, ""),
            "{channel}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_consent_renews_the_login_and_supersedes_the_channels_other_one() {
    let desk = Desk::start().await;
    let first = linked(&desk, "conversation:1", "app", ANA).await;
    let grant = desk
        .get_user("conversation:1")
        .await
        .text("authorizationId");
    desk.clock.advance(Duration::from_mins(1));
    let renewed = linked(&desk, "conversation:1", "app", ANA).await;
    assert_eq!(renewed.text("auraIdGlobal"), first.text("auraIdGlobal"));
    assert_ne!(
        renewed.text("expiresAt"),
        first.text("expiresAt"),
        "renewed"
    );
    assert_ne!(
        desk.get_user("conversation:1")
            .await
            .text("authorizationId"),
        grant
    );
    let web = linked(&desk, "conversation:web", "web", ANA).await;
    let other = linked(&desk, "conversation:2", "app", ANA).await;
    assert_eq!(other.text("auraIdGlobal"), first.text("auraIdGlobal"));
    assert_eq!(web.text("auraIdGlobal"), first.text("auraIdGlobal"));
    for (aura_id, status) in [
        ("conversation:1", 404),
        ("conversation:2", 200),
        ("conversation:web", 200),
    ] {
        assert_eq!(desk.get_user(aura_id).await.status, status, "{aura_id}");
    }
    Stored::read(&desk).await.assert_consistent("superseded");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_anothers_is_refused_and_nothing_but_the_state_changes() {
    let desk = Desk::start().await;
    linked(&desk, "conversation:1", "app", ANA).await;
    let before = stored_but_states(&desk).await;
    for (case, channel, person) in [
        ("another person", "app", BRUNO),
        ("another channel", "web", ANA),
    ] {
        let state = desk.state("conversation:1", channel);
        let link = Link::login(&desk, &state, person).await;
        let answer = link.open(&desk).await;
        assert_problem(&answer, 409, "CONFLICT", case);
        let again = Link::login(&desk, &state, person).await.open(&desk).await;
        assert_problem(&again, 400, "INVALID_ARGUMENT", "spent");
        assert!(stored_but_states(&desk).await == before, "{case}");
    }
    assert_eq!(desk.get_user("conversation:1").await.text("userId"), ANA);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_grant_again_is_the_same_login_and_spends_its_state_too() {
    let desk = Desk::start().await;
    kernel_says(&desk, grant("person-1", "grant-1"));
    let code = "&code=any";
    let open =
        async |state: &SealedState| Link::with(&desk.login_state(state), code).open(&desk).await;
    let first = open(&desk.state("conversation:1", "app")).await;
    assert_eq!(first.status, 200, "{first:?}");
    desk.clock.advance(Duration::from_mins(1));
    let before = stored_but_states(&desk).await;
    let state = desk.state("conversation:1", "app");
    let second = open(&state).await;
    assert_eq!((second.status, &second.body), (first.status, &first.body));
    assert!(stored_but_states(&desk).await == before);
    assert_problem(&open(&state).await, 400, "INVALID_ARGUMENT", "spent");
    // A number that Kernel has learnt meanwhile is the person's from now on.
    let mut numbered = grant("person-1", "grant-1");
    numbered["phone_number"] = json!(ANAS_NUMBER);
    kernel_says(&desk, numbered);
    assert_eq!(
        open(&desk.state("conversation:1", "app")).await.body,
        first.body
    );
    assert_eq!(
        desk.get_user("conversation:1").await.text("phoneNumber"),
        ANAS_NUMBER
    );
    Stored::read(&desk)
        .await
        .assert_consistent("the same grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_taken_for_one_link_is_no_other_links() {
    let desk = Desk::start().await;
    let state = desk.state("conversation:1", "app");
    let code = desk.code(&state, ANA).await;
    let open = async |state: &SealedState| {
        let link = Link::with(&desk.login_state(state), &format!("&code={code}"));
        link.open(&desk).await
    };
    assert_eq!(open(&state).await.status, 200);
    let other = desk.state("conversation:2", "app");
    assert_problem(&open(&other).await, 400, "INVALID_ARGUMENT", "the code");
    assert_eq!(desk.get_user("conversation:2").await.status, 404);
}
