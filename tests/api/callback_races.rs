//! One link opened by many at once, through several instances: it does its work exactly once (contract 4.3, 4.5).

use axum::Router;
use futures_util::future::join_all;
use tests::{Answer, Desk};

use crate::linking::{ANA, BRUNO, CLARA, Link, assert_bad_state, linked};
use crate::races::patiently;
use crate::stored::Stored;

async fn instances(desk: &Desk) -> Vec<Router> {
    join_all((0..3).map(|_| desk.more_instances())).await
}

/// Opens the links, each at the next instances, all at once.
async fn all_at_once(instances: &[Router], links: &[Link]) -> Vec<Answer> {
    let routers = instances.iter().cycle();
    let visits = links.iter().zip(routers).map(|(link, router)| async move {
        patiently(|| link.open_at(router, &[("accept", "*/*")])).await
    });
    join_all(visits).await
}

/// One of these did it; all others were told that the state is used.
fn the_one(answers: &[Answer], case: &str) -> Answer {
    let (done, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(done.len(), 1, "{case}: {answers:?}");
    for other in others {
        assert_bad_state(other, case);
    }
    done[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_link_opened_twice_at_once_links_once() {
    let desk = Desk::start().await;
    let instances = instances(&desk).await;
    for round in 0..20 {
        let case = format!("conversation:{round}");
        let link = Link::login(&desk, &desk.state(&case, "app"), ANA).await;
        the_one(&all_at_once(&instances, &[link.clone(), link]).await, &case);
        let calls = desk.kernel.take_operations();
        assert_eq!(
            calls,
            ["/token", "/introspect"],
            "{case}: one visit gets as far as Kernel"
        );
        assert_eq!(desk.get_user(&case).await.text("userId"), ANA);
    }
    let stored = Stored::read(&desk).await;
    stored.assert_consistent("twenty rounds");
    assert_eq!(stored.of_kind("PERSON").count(), 1);
    assert_eq!(stored.of_kind("STATE").count(), 20);
}

/// Of several persons who each have a good code for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_visits_with_one_state_link_one_person() {
    let desk = Desk::start().await;
    let instances = instances(&desk).await;
    let state = desk.state("conversation:1", "app");
    let mut links = Vec::new();
    for at in 0..100 {
        links.push(Link::login(&desk, &state, [ANA, BRUNO, CLARA][at % 3]).await);
    }
    let answers = all_at_once(&instances, &links).await;
    let done = the_one(&answers, "a hundred");
    let winner = answers
        .iter()
        .position(|answer| answer.status == 200)
        .unwrap_or_default();
    let found = desk.get_user("conversation:1").await;
    assert_eq!(found.text("userId"), [ANA, BRUNO, CLARA][winner % 3]);
    assert_eq!(found.text("auraIdGlobal"), done.text("auraIdGlobal"));
    let stored = Stored::read(&desk).await;
    stored.assert_consistent("a hundred");
    for kind in ["PERSON", "GLOBAL", "LOGIN", "STATE"] {
        assert_eq!(stored.of_kind(kind).count(), 1, "{kind}");
    }
    for link in &links[..9] {
        assert_bad_state(&link.open(&desk).await, "afterwards");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_visits_with_one_logout_state_log_out_once() {
    let desk = Desk::start().await;
    let instances = instances(&desk).await;
    for aura_id in ["conversation:1", "conversation:unknown"] {
        linked(&desk, "conversation:1", "app", ANA).await;
        let link = Link::logout(&desk, &desk.state(aura_id, "app"));
        let answers = all_at_once(&instances, &vec![link; 100]).await;
        assert_eq!(the_one(&answers, aura_id).body, r#"{"status":"ok"}"#);
        let status = desk.get_user("conversation:1").await.status;
        assert_eq!(
            status,
            if aura_id == "conversation:1" {
                404
            } else {
                200
            },
            "{aura_id}"
        );
        Stored::read(&desk).await.assert_consistent(aura_id);
    }
}

/// Different links of one person at once: each does its work, and one login is left in the channel.
#[tokio::test(flavor = "multi_thread")]
async fn many_links_of_one_person_leave_one_login_per_channel() {
    let desk = Desk::start().await;
    let instances = instances(&desk).await;
    let mut links = Vec::new();
    for at in 0..12 {
        let channel = ["app", "web"][at % 2];
        links.push(
            Link::login(
                &desk,
                &desk.state(&format!("conversation:{at}"), channel),
                ANA,
            )
            .await,
        );
    }
    let answers = all_at_once(&instances, &links).await;
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.text("auraIdGlobal"), answers[0].text("auraIdGlobal"));
    }
    let left =
        join_all((0..12).map(async |at| desk.get_user(&format!("conversation:{at}")).await.status))
            .await;
    assert_eq!(
        left.iter().filter(|status| status.as_u16() == 200).count(),
        2,
        "{left:?}"
    );
    Stored::read(&desk).await.assert_consistent("many links");
}
