//! A login that ends at Kernel, by a refusal or a failure: what the visitor is told, and what becomes of the link (contract 4.3).

use std::time::Duration;

use dev_server::bundle::bundle;
use dev_server::local_env::LocalEnv;
use futures_util::future::join_all;
use shared::clock::Clock;
use shared::metrics::Flusher;
use tests::login::BROWSER;
use tests::samples::{Samples, scrape};
use tests::{Call, Desk, Fault};

use crate::linking::{
    ALLOWED, ANA, Link, assert_bad_state, assert_nothing_of, assert_page, assert_problem,
    in_language, location, redirected, stored_but_states,
};

mod cases;

use cases::{Case, failures, refusals};

/// What no answer tells: Kernel's words, and persons whom nobody vouched for.
const INNER: [&str; 4] = ["7781", "token-1", "127.0.0.1", "evil.example"];

impl Case {
    fn name(&self) -> String {
        format!("{} {}", self.endpoint, self.name)
    }

    fn plan(&self, desk: &Desk) {
        desk.kernel.fail(self.endpoint, self.fault.clone());
    }

    /// How often Kernel is asked: a code is sent once, a question is asked again where there was no good answer.
    fn assert_calls(&self, calls: &[Call]) {
        let count = |path: &str| calls.iter().filter(|call| call.operation == path).count();
        assert_eq!(count("/token"), 1, "{}: the code is sent once", self.name());
        if self.endpoint == "/introspect" {
            let again = matches!(
                self.name,
                "500" | "502" | "503" | "half an answer" | "a reset" | "a lost answer"
            );
            assert_eq!(
                count("/introspect"),
                1 + usize::from(again),
                "{}",
                self.name()
            );
        } else {
            assert_eq!(count("/introspect"), 0, "{}", self.name());
        }
    }

    /// One visit to a new link that this happens to, and everything that has to hold of it.
    async fn check(&self, desk: &Desk) {
        let case = &self.name();
        let (status, code) = self.outcome;
        let before = stored_but_states(desk).await;
        self.plan(desk);
        let state = desk.state("conversation:1", "app");
        let link = Link::login(desk, &state, ANA).await;
        drop(desk.kernel.take_calls());
        let answer = link.open(desk).await;
        assert_problem(&answer, status, code, case);
        assert_nothing_of(&answer, &INNER, case);
        self.assert_calls(&desk.kernel.take_calls());
        self.check_in_a_browser(desk, case).await;
        let stored = stored_but_states(desk).await;
        assert!(stored == before, "{case}: nothing is stored");
        desk.kernel.heal();
        let again = Link::login(desk, &state, ANA).await.open(desk).await;
        if self.spent {
            assert_bad_state(&again, case);
        } else {
            assert_eq!(again.status, 200, "{case}: the same link works: {again:?}");
        }
    }

    /// The same as a page, and where the state has a redirect.
    async fn check_in_a_browser(&self, desk: &Desk, case: &str) {
        let (status, code) = self.outcome;
        let state = || desk.state("conversation:1", "app");
        let link = Link::login(desk, &in_language(state(), "de"), ANA).await;
        let headers = [("accept", BROWSER)];
        let page = link.open_at(&desk.router, &headers).await;
        assert_page(&page, status, "de-DE", case);
        assert_nothing_of(&page, &INNER, case);
        let state = redirected(state(), &format!("{ALLOWED}?a=1"));
        let link = Link::login(desk, &state, ANA).await;
        let sent_on = link.open_at(&desk.router, &headers).await;
        let expected = format!("{ALLOWED}?a=1&status=error&code={code}");
        assert_eq!(location(&sent_on, case), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_spends_the_link_and_stores_nothing() {
    let desk = Desk::start().await;
    for case in refusals() {
        case.check(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_kernels_gives_the_link_back() {
    let cases = failures();
    // By fours: each pauses before it asks again.
    for cases in cases.chunks(4) {
        let checks = cases
            .iter()
            .map(|case| async move { case.check(&Desk::start().await).await });
        join_all(checks).await;
    }
}

/// The errors of RFC 6749 4.1.2.1 and whatever else: each is a no.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_from_kernel_is_a_refusal_and_its_words_are_nowhere() {
    let desk = Desk::start().await;
    let before = stored_but_states(&desk).await;
    for error in [
        "error=access_denied",
        "error=access_denied&error_description=%3Cscript%3Ealert(7781)%3C%2Fscript%3E&error_uri=https%3A%2F%2Fevil.example",
        "error=server_error&error_description=7781%0d%0aSet-Cookie:%20a=7781",
        "error=%22%3E%3Cimg%20src%3D7781%3E",
        "error=unheard_of_7781&error_description=",
    ] {
        let open = async |state: &_, accept| {
            let link = Link::with(&desk.login_state(state), &format!("&{error}"));
            link.open_at(
                &desk.router,
                &[("accept", accept), ("accept-language", "es")],
            )
            .await
        };
        let plain = desk.state("conversation:1", "app");
        let answer = open(&plain, "*/*").await;
        assert_problem(&answer, 403, "PERMISSION_DENIED", error);
        let page = open(&desk.state("conversation:1", "app"), BROWSER).await;
        assert_page(&page, 403, "es-ES", error);
        let sent_on = open(
            &redirected(desk.state("conversation:1", "app"), ALLOWED),
            BROWSER,
        )
        .await;
        assert_eq!(
            location(&sent_on, error),
            format!("{ALLOWED}?status=error&code=PERMISSION_DENIED")
        );
        for answer in [&answer, &page, &sent_on] {
            assert_nothing_of(
                answer,
                &["7781", "access_denied", "evil.example", "cookie"],
                error,
            );
        }
        let spent = Link::login(&desk, &plain, ANA).await.open(&desk).await;
        assert_bad_state(&spent, error);
    }
    assert!(
        desk.kernel.take_calls().is_empty(),
        "there is nothing to ask Kernel"
    );
    assert!(stored_but_states(&desk).await == before);
}

/// Nothing listens there: it is certain that the code was not sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_never_sent_is_good_with_the_same_link() {
    let desk = Desk::start().await;
    let env = LocalEnv {
        kernel_url: "http://127.0.0.1:9".to_owned(),
        ..desk.env.clone()
    };
    let cut_off = bundle(|name| env.variables(name), &desk.clock.clock())
        .await
        .unwrap();
    let link = Link::login(&desk, &desk.state("conversation:1", "app"), ANA).await;
    let answer = link.open_at(&cut_off.router, &[("accept", "*/*")]).await;
    assert_problem(&answer, 502, "UPSTREAM_ERROR", "nobody listens");
    assert_nothing_of(&answer, &["127.0.0.1", "connection"], "nobody listens");
    assert_eq!(
        link.open(&desk).await.status,
        200,
        "the same link, the same code"
    );
}

/// The one test that waits as long as a browser would.
#[tokio::test(flavor = "multi_thread")]
async fn a_kernel_that_hangs_is_given_up_in_time_and_the_link_given_back() {
    let answered = r#"aura_token_generate_count{status="200"}"#;
    let given_up = r#"aura_token_generate_count{status="timeout"}"#;
    let hangs = [
        ("/token", vec![(answered, "1"), (given_up, "1")]),
        ("/introspect", vec![(answered, "2")]),
    ];
    let hangs = hangs.map(|(endpoint, expected)| async move {
        let desk = Desk::start().await;
        desk.kernel
            .fail(endpoint, Fault::Hang(Duration::from_mins(1)));
        let state = desk.state("conversation:1", "app");
        let link = Link::login(&desk, &state, ANA).await;
        let began = Clock::system().stopwatch();
        let answer = link.open(&desk).await;
        let took = began.elapsed();
        assert_problem(&answer, 504, "UPSTREAM_TIMEOUT", endpoint);
        let limit = Duration::from_secs(9)..Duration::from_millis(11_500);
        assert!(limit.contains(&took), "{endpoint}: {took:?}");
        desk.kernel.heal();
        let again = Link::login(&desk, &state, ANA).await.open(&desk).await;
        assert_eq!(again.status, 200, "{endpoint}: {again:?}");
        join_all(desk.flushers.iter().map(Flusher::flush)).await;
        let numbers = Samples::of(&scrape(&desk, &desk.router, "*/*").await);
        let exchanges: Vec<_> = numbers.beginning("aura_token_generate_count").collect();
        assert_eq!(exchanges, expected, "{endpoint}");
    });
    join_all(hangs).await;
}
