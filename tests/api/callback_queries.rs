//! What can stand in a callback's query and in a state's redirect: hostile codes are refused before anything is done, and a
//! browser is sent nowhere that the channel's list does not cover (contract 4.3).

use shared::sealed_state::SealedState;
use tests::Desk;
use tests::login::BROWSER;

use crate::access_matrix::everything_stored;
use crate::linking::{
    ALLOWED, ANA, Link, assert_bad_state, assert_nothing_of, assert_page, assert_problem, linked,
    location, redirected, stored_but_states,
};

/// Queries without a code that can be one.
const NO_CODES: [&str; 20] = [
    "",
    "code=",
    "code",
    "code=%00",
    "code=a%00b-7781",
    "code=a%0d%0aSet-Cookie:%20a=7781",
    "code=a%0Ab7781",
    "code=%7F",
    "code=%1B[31m",
    "code=7781%C3%A9",
    "code=%E2%80%AE7781",
    "code=%FF%FE",
    "code=%C3%28",
    "code=\u{ff07}7781",
    "code=good-7781&code=good-7781",
    "code=good-7781&code=",
    "code=good-7781&error=access_denied",
    "error=access_denied&error=access_denied&code=x-7781",
    "Code=7781",
    "code%20=7781",
];

/// The answers name the member that is missing or wrong, and quote nothing.
async fn assert_no_code(desk: &Desk, link: &Link, query: &str) {
    let case = query.get(..40).unwrap_or(query);
    let answer = link.open(desk).await;
    assert_problem(&answer, 400, "INVALID_ARGUMENT", case);
    let of_error = query.starts_with("error=");
    let named = if of_error { "error" } else { "code" };
    let detail = answer.text("detail");
    assert!(detail.contains(named), "{case}: {detail}");
    assert!(!detail.contains("state"), "{case}: {detail}");
    let page = link.open_at(&desk.router, &[("accept", BROWSER)]).await;
    assert_page(&page, 400, "en-GB", case);
    for answer in [&answer, &page] {
        assert_nothing_of(answer, &["7781", "aaaaaaaaaa", "cookie"], case);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_none_is_named_and_leaves_the_state_good() {
    let desk = Desk::start().await;
    let state = desk.state("conversation:1", "app");
    let sealed = desk.login_state(&state);
    let before = everything_stored(&desk).await;
    drop((desk.proxy.take_calls(), desk.kernel.take_calls()));
    let long = format!("code={}", "a".repeat(10 * 1024));
    for query in NO_CODES.into_iter().chain([&*long]) {
        let link = Link::with(&sealed, &format!("&{query}"));
        assert_no_code(&desk, &link, query).await;
    }
    for twice in [
        "error=a&error=b",
        "code=a&error_description=b&error_description=c",
    ] {
        let answer = Link::with(&sealed, &format!("&{twice}")).open(&desk).await;
        assert_problem(&answer, 400, "INVALID_ARGUMENT", twice);
        assert!(
            answer.text("detail").contains("error"),
            "{twice}: {answer:?}"
        );
    }
    let store = desk.proxy.take_operations();
    let mut visits = store.chunks(2);
    let harmless = visits.all(|calls| calls == ["PutItem", "DeleteItem"]);
    assert!(harmless, "{store:?}");
    assert_eq!(desk.kernel.take_operations(), [""; 0]);
    assert!(everything_stored(&desk).await == before);
    let good = Link::login(&desk, &state, ANA).await.open(&desk).await;
    assert_eq!(good.status, 200, "{good:?}");
}

/// A code is Kernel's to read: what can be one goes there as it is, and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn a_strange_code_that_can_be_one_is_kernels_to_refuse_and_is_told_to_nobody() {
    let desk = Desk::start().await;
    let longest = "c".repeat(2048);
    for (sent, code) in [
        ("%3Cscript%3E7781%3C/script%3E", "<script>7781</script>"),
        (
            "7781%26client_id%3Devil%26grant_type%3Dpassword",
            "7781&client_id=evil&grant_type=password",
        ),
        ("a+b%2Bc7781", "a b+c7781"),
        ("%257781", "%7781"),
        (&*longest, &*longest),
    ] {
        let link = Link::with(
            &desk.login_state(&desk.state("conversation:1", "app")),
            &format!("&code={sent}"),
        );
        let answer = link.open(&desk).await;
        assert_problem(&answer, 400, "INVALID_ARGUMENT", sent);
        assert_nothing_of(&answer, &["7781", "cccccccccc"], sent);
        let calls = desk.kernel.take_calls();
        let token = crate::linking::form(&calls[0]);
        let codes: Vec<_> = token.iter().filter(|(name, _)| name == "code").collect();
        assert_eq!(codes, [&("code".to_owned(), code.to_owned())]);
        let types = token
            .iter()
            .filter(|(name, _)| name == "grant_type" || name == "client_id");
        assert!(
            types
                .clone()
                .all(|(_, value)| value != "evil" && value != "password"),
            "{token:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_nobody_knows_are_nobodys_business() {
    let desk = Desk::start().await;
    let strange = "&session_state=1&iss=https%3A%2F%2Fkernel.example&iss=2&%00=%ff&redirect=https%3A%2F%2Fevil.example&=&&a&locale=de";
    let link = Link::login(&desk, &desk.state("conversation:1", "app"), ANA).await;
    let answer = Link(link.0 + strange).open(&desk).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (200, ""),
        "{answer:?}"
    );
    let link = Link::logout(&desk, &desk.state("conversation:1", "app"));
    let more = format!("{strange}&code=a&code=b&error=x&error=y");
    let answer = Link(link.0 + &more).open(&desk).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Addresses that are nowhere on the list of `app`, which is [`ALLOWED`]; visible ASCII, so that a state can have them.
const HOSTILE: [&str; 24] = [
    "/linked",
    "//app.example/linked",
    "\\\\app.example\\linked",
    "https:\\\\app.example\\linked",
    "https:/app.example/linked",
    "https://evil.example/linked",
    "https://evil.example/https://app.example/linked",
    "https://evil.example?https://app.example/linked",
    "https://app.example.evil.example/linked",
    "https://app.example@evil.example/linked",
    "https://user@app.example/linked",
    "https://app.example:443/linked",
    "https://app.example:444/linked",
    "http://app.example/linked",
    "HTTPS://app.example/linked",
    "https://APP.example/linked",
    "https://app.example./linked",
    "https://app.example/linkedevil",
    "https://app.example/linked/../admin",
    "https://app.example/linked/%2e%2e/admin",
    "https://app.example/linked#status=ok",
    "https://app.example/linked?a=<script>",
    "javascript:alert(1)//https://app.example/linked",
    "data:text/html,https://app.example/linked",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_sent_nowhere_that_the_list_does_not_cover() {
    let desk = Desk::start().await;
    for address in HOSTILE {
        let state = || redirected(desk.state("conversation:1", "app"), address);
        for accept in ["*/*", BROWSER] {
            let links = [
                (Link::login(&desk, &state(), ANA).await, 200),
                (
                    Link::with(&desk.login_state(&state()), "&error=access_denied"),
                    403,
                ),
                (Link::with(&desk.login_state(&state()), "&code=none"), 400),
                (Link::logout(&desk, &state()), 200),
            ];
            for (link, status) in links {
                let answer = link.open_at(&desk.router, &[("accept", accept)]).await;
                assert_eq!(answer.status, status, "{address}: {answer:?}");
                assert_eq!(answer.header("location"), "", "{address}");
                assert_nothing_of(
                    &answer,
                    &["refresh", "evil", "app.example", address],
                    address,
                );
                let again = link.open_at(&desk.router, &[("accept", accept)]).await;
                assert_eq!(
                    (again.status.as_u16(), again.header("location")),
                    (400, ""),
                    "{address}"
                );
            }
        }
    }
}

/// The list is asked when the browser comes back: what was on it when the link was made does not count.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_that_was_taken_off_the_list_is_not_followed() {
    let desk = Desk::start().await;
    let state = redirected(desk.state("conversation:1", "app"), ALLOWED);
    let mut channel = desk
        .control()
        .channels()
        .await
        .unwrap()
        .into_iter()
        .find(|one| one.id == state.channel_id)
        .unwrap();
    channel.redirects = vec!["https://app.example/elsewhere".to_owned()];
    desk.control().set_channel(&channel).await.unwrap();
    desk.clock.advance(std::time::Duration::from_millis(5001));
    let answer = Link::login(&desk, &state, ANA).await.open(&desk).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (200, "")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_cannot_say_that_a_refusal_went_well() {
    let desk = Desk::start().await;
    let address = format!("{ALLOWED}?status=ok&code=OK&sub=1&st%61tus=ok");
    let state = || redirected(desk.state("conversation:1", "app"), &address);
    let refused = Link::with(&desk.login_state(&state()), "&error=access_denied")
        .open(&desk)
        .await;
    assert_eq!(
        location(&refused, "refused"),
        format!("{ALLOWED}?sub=1&status=error&code=PERMISSION_DENIED")
    );
    let done = Link::login(&desk, &state(), ANA).await.open(&desk).await;
    assert_eq!(
        location(&done, "done"),
        format!("{ALLOWED}?sub=1&status=ok")
    );
}

/// A state that names a redirect, and has been used.
async fn used(desk: &Desk) -> SealedState {
    let state = redirected(desk.state("conversation:1", "app"), ALLOWED);
    let first = Link::login(desk, &state, ANA).await.open(desk).await;
    assert_eq!(first.status, 302);
    state
}

/// A used state is a bad one, whatever else stands in the query: nothing of it is listened to (decision 9).
#[tokio::test(flavor = "multi_thread")]
async fn a_used_state_with_a_refusal_is_a_used_state() {
    let desk = Desk::start().await;
    let state = used(&desk).await;
    let before = stored_but_states(&desk).await;
    for query in ["&error=access_denied", "&code=anything"] {
        let answer = Link::with(&desk.login_state(&state), query)
            .open(&desk)
            .await;
        assert_bad_state(&answer, query);
    }
    assert!(stored_but_states(&desk).await == before);
    linked(&desk, "conversation:1", "app", ANA).await;
}

/// Nor is one whose query lacks what Kernel would send: what a link tells must not depend on whether it was used.
#[tokio::test(flavor = "multi_thread")]
async fn a_used_state_without_a_code_is_a_used_state() {
    let desk = Desk::start().await;
    let state = used(&desk).await;
    for query in ["", "&code=", "&code=a&code=b", "&code=a&error=b"] {
        let answer = Link::with(&desk.login_state(&state), query)
            .open(&desk)
            .await;
        assert_bad_state(&answer, query);
    }
}
