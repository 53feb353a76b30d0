//! The store fails at each call of a callback: 503, or done; never half done, and the link works again unless it did its work.

use std::time::Duration;

use futures_util::future::join_all;
use tests::{Answer, Desk, Fault};
use tokio::time::timeout;

use crate::linking::{ALLOWED, ANA, BRUNO, Link, assert_bad_state, linked, location, redirected};
use crate::store_faults::{assert_unavailable, desk_with_own_retries};
use crate::stored::{Stored, text};

/// Longer than a claim holds.
const AFTER_CLAIM: Duration = Duration::from_millis(15_001);
const PUT: &str = "PutItem";
const READ: &str = "GetItem";
const WRITE: &str = "TransactWriteItems";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Callback {
    Login,
    Logout,
}

fn faults() -> [Fault; 5] {
    [
        Fault::Error(500, "com.amazonaws.dynamodb.v20120810#InternalServerError"),
        Fault::Error(
            400,
            "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        ),
        Fault::Refused,
        Fault::HalfAnswer,
        Fault::LostAnswer,
    ]
}

/// A person who is linked in `web`, and a link that logs in or out of `app`.
struct Scene {
    desk: Desk,
    callback: Callback,
    state: shared::sealed_state::SealedState,
}

impl Scene {
    async fn set(callback: Callback) -> Self {
        let desk = desk_with_own_retries().await;
        linked(&desk, "conversation:web", "web", ANA).await;
        if callback == Callback::Logout {
            linked(&desk, "conversation:1", "app", ANA).await;
        }
        let state = desk.state("conversation:1", "app");
        Self {
            desk,
            callback,
            state,
        }
    }

    async fn link(&self) -> Link {
        match self.callback {
            Callback::Login => Link::login(&self.desk, &self.state, ANA).await,
            Callback::Logout => Link::logout(&self.desk, &self.state),
        }
    }

    /// Some of the calls of one kind fail, from the one of this number on.
    fn fail(&self, operation: &'static str, times: usize, fault: &Fault) {
        let (mut left, fault) = (times, fault.clone());
        self.desk.proxy.plan(move |call| {
            if call.operation != operation || left == 0 {
                return Fault::None;
            }
            left -= 1;
            fault.clone()
        });
    }

    /// Whether the link has done its work, with the state spent; panics where one is without the other.
    async fn is_done(&self, case: &str) -> bool {
        let there = self.desk.get_user("conversation:1").await.status == 200;
        let done = there == (self.callback == Callback::Login);
        let stored = Stored::read(&self.desk).await;
        stored.assert_consistent(case);
        assert_eq!(stored.of_kind("PERSON").count(), 1, "{case}");
        let key = format!("STATE#{}", self.state.jti);
        let spent = stored
            .of_kind("STATE")
            .any(|item| text(item, "pk") == key && item.contains_key("spentAt"));
        assert_eq!(
            done, spent,
            "{case}: the work is done, and the state is spent"
        );
        assert_eq!(
            self.desk.get_user("conversation:web").await.status,
            200,
            "{case}"
        );
        done
    }

    /// Everything that must hold after a visit that met a fault.
    async fn assert_sound(&self, answer: &Answer, case: &str) {
        self.desk.proxy.heal();
        if answer.status == 200 {
            assert!(self.is_done(case).await, "{case}: a success that is none");
        } else {
            assert_unavailable(answer, case);
        }
        let done = self.is_done(case).await;
        let again = self.link().await.open(&self.desk).await;
        if done {
            assert_bad_state(&again, case);
        } else {
            assert_eq!(
                again.status, 200,
                "{case}: the same link works at once: {again:?}"
            );
        }
        assert!(self.is_done(case).await, "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_store_call_fails_for_good_nothing_is_half_done() {
    for operation in [PUT, READ, WRITE] {
        let cases = faults().into_iter().flat_map(|fault| {
            [Callback::Login, Callback::Logout].map(|callback| (callback, fault.clone()))
        });
        join_all(cases.map(|(callback, fault)| async move {
            let case = format!("{callback:?}, every {operation}: {fault:?}");
            let scene = Scene::set(callback).await;
            let link = scene.link().await;
            scene.fail(operation, usize::MAX, &fault);
            let answer = link.open(&scene.desk).await;
            assert_unavailable(&answer, &case);
            scene.assert_sound(&answer, &case).await;
        }))
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failed_store_call_is_not_noticed() {
    for operation in [PUT, READ, WRITE] {
        let cases = faults().into_iter().flat_map(|fault| {
            [Callback::Login, Callback::Logout].map(|callback| (callback, fault.clone()))
        });
        join_all(cases.map(|(callback, fault)| async move {
            let case = format!("{callback:?}, first {operation}: {fault:?}");
            let scene = Scene::set(callback).await;
            let link = scene.link().await;
            scene.fail(operation, 1, &fault);
            let answer = link.open(&scene.desk).await;
            assert_eq!(answer.status, 200, "{case}: {answer:?}");
            scene.assert_sound(&answer, &case).await;
        }))
        .await;
    }
}

/// The store goes away for good behind the claim: it is still there, and ends by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_could_not_be_given_back_ends_by_itself() {
    let cases = [Callback::Login, Callback::Logout].map(|callback| async move {
        let case = format!("{callback:?}");
        let scene = Scene::set(callback).await;
        let link = scene.link().await;
        scene.desk.proxy.plan(|call| {
            if call.operation == PUT {
                Fault::None
            } else {
                Fault::Refused
            }
        });
        assert_unavailable(&link.open(&scene.desk).await, &case);
        scene.desk.proxy.heal();
        assert_bad_state(&scene.link().await.open(&scene.desk).await, &case);
        scene.desk.clock.advance(AFTER_CLAIM);
        let answer = scene.link().await.open(&scene.desk).await;
        scene.assert_sound(&answer, &case).await;
        assert_eq!(answer.status, 200, "{case}: {answer:?}");
    });
    join_all(cases).await;
}

/// Kernel failed, and so does the write that gives the state back: the visitor is told of Kernel, and the claim ends by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_cannot_be_given_back_after_kernels_failure_is_good_again_in_time() {
    let cases = faults().map(|fault| async move {
        let case = format!("{fault:?}");
        let scene = Scene::set(Callback::Login).await;
        let link = scene.link().await;
        scene.fail("DeleteItem", usize::MAX, &fault);
        scene.desk.kernel.plan(|_| Fault::Answer(500, "{}".into()));
        assert_eq!(link.open(&scene.desk).await.status, 502, "{case}");
        scene.desk.kernel.heal();
        scene.desk.proxy.heal();
        assert!(!scene.is_done(&case).await, "{case}");
        scene.desk.clock.advance(AFTER_CLAIM);
        let answer = scene.link().await.open(&scene.desk).await;
        assert_eq!(answer.status, 200, "{case}: {answer:?}");
    });
    join_all(cases).await;
}

/// A refusal that cannot be stored is not told as one: the link can be tried again, or it is spent.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_cannot_be_stored_is_unavailable_and_links_nobody() {
    let cases = faults().map(|fault| async move {
        let case = format!("{fault:?}");
        let scene = Scene::set(Callback::Login).await;
        let refused = Link::with(
            &scene.desk.login_state(&scene.state),
            "&error=access_denied",
        );
        let (mut puts, planned) = (0, fault.clone());
        scene.desk.proxy.plan(move |call| {
            puts += usize::from(call.operation == PUT);
            if call.operation == PUT && puts > 1 {
                planned.clone()
            } else {
                Fault::None
            }
        });
        assert_unavailable(&refused.open(&scene.desk).await, &case);
        scene.desk.proxy.heal();
        assert_eq!(
            scene.desk.get_user("conversation:1").await.status,
            404,
            "{case}"
        );
        // Where the write was done unheard, the state is spent; else it is free at once.
        let spent = matches!(fault, Fault::LostAnswer | Fault::HalfAnswer);
        let again = refused.open(&scene.desk).await;
        assert_eq!(
            again.status,
            if spent { 400 } else { 403 },
            "{case}: {again:?}"
        );
        assert_bad_state(&scene.link().await.open(&scene.desk).await, &case);
    });
    join_all(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_store_is_told_where_the_state_wants_it() {
    let desk = desk_with_own_retries().await;
    let state = redirected(desk.state("conversation:1", "app"), ALLOWED);
    let links = [
        Link::login(&desk, &state, ANA).await,
        Link::logout(&desk, &state),
    ];
    for link in &links {
        desk.proxy
            .plan(|_| Fault::Error(500, "InternalServerError"));
        let answer = link.open(&desk).await;
        assert_eq!(
            location(&answer, "503"),
            format!("{ALLOWED}?status=error&code=UNAVAILABLE")
        );
        desk.proxy.heal();
    }
}

/// Others are at the same person all the time: the state is given back, and nothing was stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_others_are_in_the_way_of_gives_the_link_back() {
    let cases = [Callback::Login, Callback::Logout].map(|callback| async move {
        let case = format!("{callback:?}");
        let scene = Scene::set(callback).await;
        let link = scene.link().await;
        scene.fail(WRITE, usize::MAX, &Fault::Cancelled("TransactionConflict"));
        let answer = link.open(&scene.desk).await;
        assert_unavailable(&answer, &case);
        scene.assert_sound(&answer, &case).await;
    });
    join_all(cases).await;
}

/// Two persons under one auraId by two links, with the store failing in between: the id is one person's.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_does_not_give_an_id_to_two_persons() {
    let scene = Scene::set(Callback::Login).await;
    let desk = &scene.desk;
    let link = scene.link().await;
    scene.fail(WRITE, usize::MAX, &Fault::LostAnswer);
    assert_unavailable(&link.open(desk).await, "Ana");
    desk.proxy.heal();
    let other = Link::login(desk, &desk.state("conversation:1", "app"), BRUNO).await;
    assert_eq!(other.open(desk).await.status, 409);
    assert_eq!(desk.get_user("conversation:1").await.text("userId"), ANA);
}

/// How long API Gateway waits, and both functions may take.
const LIMIT: Duration = Duration::from_secs(29);

/// Kernel takes nearly all the time it has, and behind it the store answers nobody any more.
#[tokio::test(flavor = "multi_thread")]
async fn no_visit_takes_longer_than_its_function_may() {
    let cases = [Callback::Login, Callback::Logout].map(|callback| async move {
        let scene = Scene::set(callback).await;
        let link = scene.link().await;
        let kernel = &scene.desk.kernel;
        kernel.plan(|call| {
            let nearly = Fault::Delay(Duration::from_millis(9300));
            if call.operation == "/token" {
                nearly
            } else {
                Fault::None
            }
        });
        let mut claimed = false;
        scene.desk.proxy.plan(move |_| {
            if std::mem::replace(&mut claimed, true) {
                Fault::Hang(LIMIT * 2)
            } else {
                Fault::None
            }
        });
        let answer = timeout(LIMIT, link.open(&scene.desk)).await;
        let answer = answer.unwrap_or_else(|_| panic!("{callback:?} took over {LIMIT:?}"));
        assert_unavailable(&answer, &format!("{callback:?}"));
        scene.desk.proxy.heal();
        kernel.heal();
        scene.desk.clock.advance(AFTER_CLAIM);
        assert_eq!(
            scene.link().await.open(&scene.desk).await.status,
            200,
            "{callback:?}"
        );
    });
    join_all(cases).await;
}
