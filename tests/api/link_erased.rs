//! Logins at a callback, and erasures of the person's number: before, at the same time, and by replay (contract 4.3, 4.4).

use std::time::Duration;

use futures_util::future::join;
use tests::{Desk, Fault};
use tokio::time::sleep;

use crate::linking::{ANA, ANAS_NUMBER, Link, assert_bad_state, linked};
use crate::store_faults::{assert_unavailable, desk_with_own_retries};
use crate::stored::{Stored, digester, words};

/// Nothing stored tells that Ana was ever here.
async fn assert_forgotten(desk: &Desk, former: &[&str], case: &str) {
    let stored = Stored::read(desk).await;
    stored.assert_nobody(case);
    let words = words(stored.users());
    let digests = digester(desk);
    let digested = [
        digests.digest("person", ANA),
        digests.digest("number", ANAS_NUMBER),
    ];
    let digested = digested.iter().map(String::as_str);
    for word in former
        .iter()
        .copied()
        .chain(digested)
        .chain([ANA, ANAS_NUMBER])
    {
        assert!(!words.contains(word), "{case}: {word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_erasure_no_old_link_brings_anybody_back() {
    let desk = Desk::start().await;
    let used = desk.state("conversation:1", "app");
    let link = Link::login(&desk, &used, ANA).await;
    let global = link.open(&desk).await.text("auraIdGlobal");
    let refused = desk.state("conversation:2", "app");
    let said_no = Link::with(&desk.login_state(&refused), "&error=access_denied");
    assert_eq!(said_no.open(&desk).await.status, 403);
    let failed = desk.state("conversation:3", "app");
    let lost = Link::login(&desk, &failed, ANA).await;
    desk.kernel.fail("/token", Fault::LostAnswer);
    assert_eq!(lost.open(&desk).await.status, 502);
    desk.kernel.heal();
    assert_eq!(desk.erase(ANAS_NUMBER).await.json()["erasedUsers"], 1);
    let former = [
        "conversation:1",
        "conversation:2",
        "conversation:3",
        &*global,
    ];
    assert_forgotten(&desk, &former, "after the erasure").await;
    for (link, case) in [
        (&link, "used"),
        (&said_no, "refused"),
        (&lost, "its code is used"),
    ] {
        assert_eq!(link.open(&desk).await.status, 400, "{case}");
        let state = if case == "used" { &used } else { &refused };
        let fresh = Link::login(&desk, state, ANA).await;
        assert_bad_state(&fresh.open(&desk).await, case);
        assert_forgotten(&desk, &former, case).await;
    }
    desk.clock.advance(Duration::from_mins(9));
    assert_bad_state(
        &Link::login(&desk, &used, ANA).await.open(&desk).await,
        "later",
    );
    assert_forgotten(&desk, &former, "later").await;
}

/// The lease is there, and the erasure has not come to its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_while_its_number_is_being_erased_is_unavailable_and_gives_the_link_back() {
    let desk = desk_with_own_retries().await;
    linked(&desk, "conversation:0", "web", ANA).await;
    desk.proxy.fail("Query", Fault::Refused);
    assert_unavailable(&desk.erase(ANAS_NUMBER).await, "the erasure");
    desk.proxy.heal();
    let state = desk.state("conversation:1", "app");
    let answer = Link::login(&desk, &state, ANA).await.open(&desk).await;
    assert_unavailable(&answer, "the login");
    assert_eq!(desk.get_user("conversation:1").await.status, 404);
    assert_eq!(desk.erase(ANAS_NUMBER).await.json()["erasedUsers"], 1);
    assert_forgotten(&desk, &["conversation:0", "conversation:1"], "erased").await;
    // The person's own wish, with a new consent: somebody who was never here before.
    let returned = Link::login(&desk, &state, ANA).await.open(&desk).await;
    assert_eq!(returned.status, 200, "{returned:?}");
    Stored::read(&desk).await.assert_consistent("returned");
}

/// What is stored is of the person who returned, and not of the one who was erased.
async fn assert_returned(desk: &Desk, former: &str, case: &str) {
    assert_eq!(desk.get_user("conversation:0").await.status, 404, "{case}");
    assert_eq!(desk.get_user("conversation:1").await.status, 200, "{case}");
    let stored = Stored::read(desk).await;
    stored.assert_consistent(case);
    assert!(!words(stored.users()).contains(former), "{case}");
}

/// The whole erasure happens while Kernel takes its time, or between the look at the person and the write.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_in_the_middle_of_a_login_is_wholly_before_it() {
    for at in ["/introspect", "TransactWriteItems"] {
        let desk = Desk::start().await;
        let former = linked(&desk, "conversation:0", "web", ANA)
            .await
            .text("auraIdGlobal");
        let link = Link::login(&desk, &desk.state("conversation:1", "app"), ANA).await;
        let delay = Fault::Delay(Duration::from_millis(900));
        let held = delay.clone();
        desk.kernel.fail(at, held);
        desk.proxy.plan(move |call| {
            let write =
                call.operation == at && String::from_utf8_lossy(&call.body).contains("STATE#");
            if write { delay.clone() } else { Fault::None }
        });
        let erasing = async {
            sleep(Duration::from_millis(250)).await;
            desk.erase(ANAS_NUMBER).await
        };
        let (answer, receipt) = join(link.open(&desk), erasing).await;
        assert_eq!(receipt.json()["erasedUsers"], 1, "{at}: {receipt:?}");
        assert_eq!(answer.status, 200, "{at}: {answer:?}");
        assert_ne!(answer.text("auraIdGlobal"), former, "{at}");
        assert_returned(&desk, &former, at).await;
        assert_bad_state(&link.open(&desk).await, at);
        assert_eq!(
            desk.erase(ANAS_NUMBER).await.json()["erasedLogins"],
            1,
            "{at}"
        );
        assert_forgotten(&desk, &["conversation:0", "conversation:1"], at).await;
    }
}

/// What a state leaves behind is an id at random, times, and nothing else (decision 8).
#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_of_a_state_says_nothing_of_anybody() {
    let desk = Desk::start().await;
    let state = desk.state("conversation:1", "app");
    assert_eq!(
        Link::login(&desk, &state, ANA)
            .await
            .open(&desk)
            .await
            .status,
        200
    );
    let stored = Stored::read(&desk).await;
    let states: Vec<_> = stored.of_kind("STATE").cloned().collect();
    assert_eq!(states.len(), 1);
    let others: Vec<_> = stored
        .users()
        .iter()
        .filter(|item| !states.contains(item))
        .cloned()
        .collect();
    let mut common: Vec<_> = words(&states)
        .intersection(&words(&others))
        .cloned()
        .collect();
    // The moment it was spent at is the moment the login was made at.
    common.retain(|word| *word != desk.clock.now().millis().to_string());
    assert!(common.is_empty(), "{common:?}");
    assert!(!words(&others).contains(&state.jti.to_string()));
}
