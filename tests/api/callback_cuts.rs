//! Visits that never end, or end too late: the link works for the next one, and for one only (contract 4.3).

use std::time::Duration;

use futures_util::future::join;
use tests::{Call, Desk, Fault};
use tokio::time::{sleep, timeout};

use crate::linking::{ANA, BRUNO, Link, assert_bad_state, grant, kernel_says, linked};
use crate::stored::Stored;

const LONG: Duration = Duration::from_mins(1);
const SOON: Duration = Duration::from_millis(500);
/// How long a claim keeps others out.
const CLAIMED_FOR: Duration = Duration::from_secs(15);
const INSTANT: Duration = Duration::from_millis(1);
/// The last instant at which it does, but one.
const NEARLY: Duration = Duration::from_millis(14_999);

/// Opens a link at an instance that dies while `endpoint` of Kernel's has not answered.
async fn cut_at(desk: &Desk, link: &Link, endpoint: &'static str) {
    desk.kernel.fail(endpoint, Fault::Hang(LONG));
    assert!(
        timeout(SOON, link.open(desk)).await.is_err(),
        "{endpoint}: it waits for Kernel"
    );
    desk.kernel.heal();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_whose_visit_was_cut_off_works_again_when_the_claim_has_ended() {
    for endpoint in ["/token", "/introspect"] {
        let desk = Desk::start().await;
        let state = desk.state("conversation:1", "app");
        cut_at(&desk, &Link::login(&desk, &state, ANA).await, endpoint).await;
        for wait in [Duration::ZERO, NEARLY] {
            desk.clock.advance(wait);
            let link = Link::login(&desk, &state, ANA).await;
            assert_bad_state(&link.open(&desk).await, "claimed");
        }
        desk.clock.advance(INSTANT + INSTANT);
        let done = Link::login(&desk, &state, ANA).await.open(&desk).await;
        assert_eq!(done.status, 200, "{endpoint}: {done:?}");
        desk.clock.advance(LONG);
        let again = Link::login(&desk, &state, ANA).await.open(&desk).await;
        assert_bad_state(&again, "spent for good");
        Stored::read(&desk).await.assert_consistent(endpoint);
    }
}

/// The claim goes by store time, the state by its own: a claim is no way to make it last longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_does_not_make_a_state_last_longer() {
    let desk = Desk::start().await;
    let mut state = desk.state("conversation:1", "app");
    state.iat -= 590;
    cut_at(&desk, &Link::login(&desk, &state, ANA).await, "/token").await;
    desk.clock.advance(CLAIMED_FOR + INSTANT);
    assert_bad_state(
        &Link::login(&desk, &state, ANA).await.open(&desk).await,
        "too old",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_was_cut_off_works_again_when_the_claim_has_ended() {
    let desk = Desk::start().await;
    linked(&desk, "conversation:1", "app", ANA).await;
    let link = Link::logout(&desk, &desk.state("conversation:1", "app"));
    desk.proxy.fail("GetItem", Fault::Hang(LONG));
    assert!(
        timeout(SOON, link.open(&desk)).await.is_err(),
        "it waits for the store"
    );
    desk.proxy.heal();
    assert_bad_state(&link.open(&desk).await, "claimed");
    desk.clock.advance(CLAIMED_FOR + INSTANT);
    assert_eq!(link.open(&desk).await.status, 200);
    assert_eq!(desk.get_user("conversation:1").await.status, 404);
}

/// The first call of this kind takes its time.
/// The claim's own write, repeated by the SDK after a time-out, can arrive after the visit that it was for has ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_arrives_once_more_after_the_state_was_spent_changes_nothing() {
    for logout in [false, true] {
        let desk = Desk::start().await;
        let state = desk.state("conversation:1", "app");
        let link = if logout {
            Link::logout(&desk, &state)
        } else {
            Link::login(&desk, &state, ANA).await
        };
        drop(desk.proxy.take_calls());
        assert_eq!(link.open(&desk).await.status, 200);
        let calls = desk.proxy.take_calls();
        let mut writes = calls.iter().filter(|call| call.operation == "PutItem");
        let claim = writes.next().unwrap();
        let refused = desk.proxy.pass_again(claim).await;
        assert_eq!(refused, 400, "the condition does not hold any more");
        desk.clock.advance(CLAIMED_FOR + INSTANT);
        assert_bad_state(&link.open(&desk).await, "spent for good");
    }
}

/// On AWS a write that meets another visit's transaction is refused as a conflict: somebody is spending the state.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_in_the_midst_of_another_visits_transaction_finds_the_state_used() {
    let desk = Desk::start().await;
    let link = Link::login(&desk, &desk.state("conversation:1", "app"), ANA).await;
    let conflict = Fault::Error(400, "TransactionConflictException");
    desk.proxy.fail("PutItem", conflict);
    assert_bad_state(&link.open(&desk).await, "being spent");
    desk.proxy.heal();
    assert_eq!(link.open(&desk).await.status, 200, "it held nothing");
}

fn delay_first(operation: &'static str) -> impl FnMut(&Call) -> Fault + Send {
    let mut held = false;
    move |call| {
        if call.operation == operation && !std::mem::replace(&mut held, true) {
            Fault::Delay(Duration::from_secs(2))
        } else {
            Fault::None
        }
    }
}

/// The first visit holds its code for too long; another takes the claim over, and then the first one goes on.
async fn overtaken(first: &str, second: &str, endpoint: &'static str, fails_first: bool) {
    let case = &format!("{first}, then {second}, at {endpoint}, which fails first: {fails_first}");
    let desk = Desk::start().await;
    let state = desk.state("conversation:1", "app");
    let slow = Link::login(&desk, &state, first).await;
    let quick = Link::login(&desk, &state, second).await;
    desk.kernel.plan(delay_first(endpoint));
    let overtaking = async {
        sleep(SOON).await;
        desk.clock.advance(CLAIMED_FOR + INSTANT);
        if !fails_first {
            return quick.open(&desk).await;
        }
        // The state is given back by the second while the first is still at it.
        desk.kernel.fail("/token", Fault::Refused);
        assert_eq!(quick.open(&desk).await.status, 502, "{case}");
        desk.kernel.heal();
        quick.open(&desk).await
    };
    let (late, done) = join(slow.open(&desk), overtaking).await;
    assert_eq!(done.status, 200, "{case}: {done:?}");
    assert_bad_state(&late, case);
    let found = desk.get_user("conversation:1").await;
    assert_eq!(found.text("userId"), second, "{case}");
    let stored = Stored::read(&desk).await;
    stored.assert_consistent(case);
    for kind in ["PERSON", "LOGIN", "STATE"] {
        assert_eq!(stored.of_kind(kind).count(), 1, "{case}: {kind}");
    }
    assert_bad_state(&slow.open(&desk).await, case);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_visit_whose_claim_another_took_over_does_not_succeed_too() {
    for (first, second) in [(ANA, ANA), (ANA, BRUNO)] {
        for endpoint in ["/token", "/introspect"] {
            for fails_first in [false, true] {
                Box::pin(overtaken(first, second, endpoint, fails_first)).await;
            }
        }
    }
}

/// Kernel takes the same code from both, and names the same grant: nothing would be left to store, and still one visit is one
/// too many.
#[tokio::test(flavor = "multi_thread")]
async fn an_overtaken_visit_with_the_same_grant_is_told_that_the_state_is_used() {
    let desk = Desk::start().await;
    let link = Link::with(
        &desk.login_state(&desk.state("conversation:1", "app")),
        "&code=any",
    );
    kernel_says(&desk, grant(ANA, "grant-1"));
    let mut held = false;
    desk.proxy.plan(move |call| {
        // The first visit's look at the person: it sees what the second has stored by then.
        let first = call.operation == "GetItem" && !std::mem::replace(&mut held, true);
        if first {
            Fault::Delay(Duration::from_secs(1))
        } else {
            Fault::None
        }
    });
    let overtaking = async {
        sleep(SOON).await;
        desk.clock.advance(CLAIMED_FOR + INSTANT);
        link.open(&desk).await
    };
    let (late, done) = join(link.open(&desk), overtaking).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_bad_state(&late, "overtaken");
    Stored::read(&desk)
        .await
        .assert_consistent("the same grant");
}

/// What is another's by now is neither spent nor given back by a visit that was overtaken.
#[tokio::test(flavor = "multi_thread")]
async fn an_overtaken_visit_that_fails_leaves_the_other_ones_claim_alone() {
    for (refused, status) in [(false, 502), (true, 400)] {
        let desk = Desk::start().await;
        let state = desk.state("conversation:1", "app");
        let slow = Link::with(
            &desk.login_state(&state),
            if refused { "&code=bad" } else { "&code=any" },
        );
        let quick = Link::login(&desk, &state, ANA).await;
        // The first to ask is answered late and badly, the second later and well.
        let mut asked = 0;
        desk.kernel.plan(move |call| {
            asked += usize::from(call.operation == "/token");
            match (call.operation.as_str(), asked) {
                ("/token", 1) if refused => Fault::Delay(Duration::from_secs(1)),
                ("/token", 1) => Fault::Hang(Duration::from_secs(1)),
                ("/token", 2) => Fault::Delay(Duration::from_secs(3)),
                _ => Fault::None,
            }
        });
        let overtaking = async {
            sleep(SOON).await;
            desk.clock.advance(CLAIMED_FOR + INSTANT);
            quick.open(&desk).await
        };
        let third = async {
            sleep(SOON * 4).await;
            Link::login(&desk, &state, BRUNO).await.open(&desk).await
        };
        let ((late, done), third) = join(join(slow.open(&desk), overtaking), third).await;
        assert_eq!(late.status, status, "{late:?}");
        assert_eq!(done.status, 200, "{done:?}");
        assert_bad_state(&third, "claimed by the second");
        assert_eq!(desk.get_user("conversation:1").await.text("userId"), ANA);
    }
}
