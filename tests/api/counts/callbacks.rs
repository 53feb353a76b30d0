//! What the two callbacks cost, by the rows of `docs/data-model.md`.

use serde_json::json;
use tests::{Answer, Fault};

use super::{READ, WRITE, Warm, items};
use crate::linking::{
    ANA, ANAS_NUMBER, BRUNO, CLARA, Link, grant, json_answer, kernel_says, linked,
};

const PUT: &str = "PutItem";

impl Warm {
    /// The calls since the last step, whatever was answered: of the store with the items of transactions, and Kernel's.
    fn assert_spent(&self, what: &str, calls: &[(&str, usize)], kernel: &[&str]) {
        let made = self.0.proxy.take_calls();
        super::assert_consistent_reads(&made);
        let made: Vec<_> = made
            .iter()
            .map(|call| (call.operation.as_str(), items(call)))
            .collect();
        assert_eq!(made, calls, "{what}");
        assert_eq!(self.0.kernel.take_operations(), kernel, "{what}");
    }

    /// Opens a new login link of this person.
    async fn link(&self, aura_id: &str, person: &str) -> Answer {
        let link = Link::login(&self.0, &self.0.state(aura_id, "app"), person).await;
        link.open(&self.0).await
    }
}

const BOTH: [&str; 2] = ["/token", "/introspect"];

#[tokio::test(flavor = "multi_thread")]
async fn links() {
    let warm = Warm::start().await;
    for (what, aura_id, person, written) in [
        // A check of the erasure table is one of them.
        ("first, with a number", "conversation:1", ANA, 6),
        ("first, without a number", "conversation:3", CLARA, 4),
        ("superseding, with a number", "conversation:4", ANA, 7),
        ("renewed, without a number", "conversation:3", CLARA, 4),
    ] {
        assert_eq!(warm.link(aura_id, person).await.status, 200, "{what}");
        warm.assert_spent(what, &[(PUT, 0), (READ, 0), (WRITE, written)], &BOTH);
    }
    assert_eq!(warm.link("conversation:3", BRUNO).await.status, 409);
    let conflict = [(PUT, 0), (READ, 0), (WRITE, 6), (PUT, 0)];
    warm.assert_spent("another person's", &conflict, &BOTH);
    kernel_says(&warm.0, grant("person-1", "grant-1"));
    assert_eq!(warm.link("conversation:5", ANA).await.status, 200);
    warm.assert_spent(
        "first, without a number",
        &[(PUT, 0), (READ, 0), (WRITE, 4)],
        &BOTH,
    );
    assert_eq!(warm.link("conversation:5", ANA).await.status, 200);
    warm.assert_spent(
        "it is there already",
        &[(PUT, 0), (READ, 0), (PUT, 0)],
        &BOTH,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_come_to_nothing() {
    let warm = Warm::start().await;
    let desk = &warm.0;
    let refused = [(PUT, 0), (PUT, 0)];
    let sealed = || desk.login_state(&desk.state("conversation:1", "app"));
    let by_the_person = Link::with(&sealed(), "&error=access_denied");
    assert_eq!(by_the_person.open(desk).await.status, 403);
    warm.assert_spent("the person refused", &refused, &[]);
    assert_eq!(by_the_person.open(desk).await.status, 400);
    warm.assert_spent("used", &[(PUT, 0)], &[]);
    assert_eq!(
        Link::with(&sealed(), "&code=none").open(desk).await.status,
        400
    );
    warm.assert_spent("invalid_grant", &refused, &BOTH[..1]);
    kernel_says(desk, json!({ "active": false }));
    assert_eq!(warm.link("conversation:1", ANA).await.status, 403);
    warm.assert_spent("not active", &refused, &BOTH);
    desk.kernel.plan(|_| json_answer(500, &json!({})));
    assert_eq!(warm.link("conversation:1", ANA).await.status, 502);
    let released = [(PUT, 0), ("DeleteItem", 0)];
    warm.assert_spent("Kernel failed", &released, &BOTH[..1]);
    desk.kernel.plan(|call| {
        if call.operation == "/token" {
            Fault::None
        } else {
            json_answer(500, &json!({}))
        }
    });
    assert_eq!(warm.link("conversation:1", ANA).await.status, 502);
    warm.assert_spent(
        "Kernel failed later",
        &released,
        &["/token", "/introspect", "/introspect"],
    );
    desk.kernel.heal();
    assert_eq!(Link::with(&sealed(), "").open(desk).await.status, 400);
    warm.assert_spent("no code", &released, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_states_cost_nothing() {
    let warm = Warm::start().await;
    for bad in ["", "&state=x&code=y", "&code=y"] {
        assert_eq!(Link::with("x", bad).open(&warm.0).await.status, 400);
        warm.assert_spent("a bad state", &[], &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logouts() {
    let warm = Warm::start().await;
    let desk = &warm.0;
    linked(desk, "conversation:1", "app", ANA).await;
    drop((desk.proxy.take_calls(), desk.kernel.take_calls()));
    let link = Link::logout(desk, &desk.state("conversation:1", "app"));
    assert_eq!(link.open(desk).await.status, 200);
    warm.assert_spent(
        "a login",
        &[(PUT, 0), (READ, 0), (READ, 0), (WRITE, 4)],
        &[],
    );
    assert_eq!(link.open(desk).await.status, 400);
    warm.assert_spent("used", &[(PUT, 0)], &[]);
    let link = Link::logout(desk, &desk.state("conversation:1", "app"));
    assert_eq!(link.open(desk).await.status, 200);
    warm.assert_spent("no login", &[(PUT, 0), (READ, 0), (PUT, 0)], &[]);
}

/// On one thread, as the functions run: with more, a request can overtake the connection that is on its way back to the pool.
#[tokio::test]
async fn warm_callbacks_make_no_connection() {
    let warm = Warm::start().await;
    let desk = &warm.0;
    for person in [ANA, CLARA] {
        assert_eq!(
            warm.link("conversation:0", person)
                .await
                .status
                .is_success(),
            person == ANA
        );
    }
    let logout = Link::logout(desk, &desk.state("conversation:0", "app"));
    assert_eq!(logout.open(desk).await.status, 200);
    let (store, kernel) = (desk.proxy.connections(), desk.kernel.connections());
    for at in 0..40 {
        let aura_id = format!("conversation:{at}");
        desk.clock.advance(std::time::Duration::from_millis(400));
        assert_eq!(
            warm.link(&aura_id, [ANA, CLARA][at % 2]).await.status,
            200,
            "{at}"
        );
        let logout = Link::logout(desk, &desk.state(&aura_id, "app"));
        assert_eq!(logout.open(desk).await.status, 200, "{at}");
        let nothing = Link::with(
            &desk.login_state(&desk.state(&aura_id, "app")),
            "&code=none",
        );
        assert_eq!(nothing.open(desk).await.status, 400, "{at}");
    }
    assert_eq!(
        (desk.proxy.connections(), desk.kernel.connections()),
        (store, kernel)
    );
    assert_eq!(desk.erase(ANAS_NUMBER).await.status, 200);
}
