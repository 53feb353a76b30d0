//! A client is revoked, or a user removed, while many ask: the answers change in time, and none was wrong the other way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use futures_util::future::join_all;
use shared::access_token::Role;
use shared::client::ClientId;
use tests::copilot::{
    AUTHENTICATE, CLIENT, CLIENT_SECRET, CREATE_SESSION, GRANT, NOT_VALID, asking, basic, valid,
};
use tests::{Desk, Fault};

const CALLERS: usize = 32;

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_client_is_refused_within_five_seconds_with_its_secret_and_its_sessions() {
    let desk = Desk::start().await;
    let other = desk.client("OTHER", "s3cret").await;
    let revoked = desk.token(Role::ServiceAccount, "OTHER");
    let session = format!("Bearer {revoked}");
    let statuses = async || {
        let asked = (0..CALLERS).map(|_| async {
            let asks = desk.post(AUTHENTICATE, &session, asking("x")).await.status;
            let begins = desk.post(CREATE_SESSION, &other, GRANT).await.status;
            let is_valid =
                desk.authenticate(&revoked).await.body == valid("OTHER", Role::ServiceAccount);
            (asks.as_u16(), begins.as_u16(), is_valid)
        });
        join_all(asked).await
    };
    let before = (200, 200, true);
    assert_eq!(statuses().await, [before; CALLERS]);
    let now = desk.clock.now();
    let id = ClientId::parse("OTHER").unwrap();
    desk.control().revoke_client(&id, now).await.unwrap();
    desk.clock.advance(Duration::from_millis(5001));
    assert_eq!(statuses().await, [(401, 401, false); CALLERS]);
    assert_eq!(
        desk.post(CREATE_SESSION, &basic(CLIENT, CLIENT_SECRET), GRANT)
            .await
            .status,
        200
    );
    assert!(
        desk.control().revoke_client(&id, now).await.is_err(),
        "not twice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_revoked_client_is_nobodys_for_a_day() {
    let desk = Desk::start().await;
    let id = ClientId::parse(CLIENT).unwrap();
    desk.control()
        .revoke_client(&id, desk.clock.now())
        .await
        .unwrap();
    let again = || {
        let (secrets, now) = (desk.copilot_secrets(), desk.clock.now());
        tests::copilot::client(&secrets, CLIENT, "s3cret", now)
    };
    assert!(desk.control().add_client(&again()).await.is_err());
    desk.clock.advance(Duration::from_secs(86_402));
    desk.control().add_client(&again()).await.unwrap();
    assert!(
        desk.control().add_client(&again()).await.is_err(),
        "there is one now"
    );
}

/// Asks about a token again and again, five times more once its user was removed; what is answered fits the time of the question.
async fn ask_on(desk: Arc<Desk>, token: String, good: String, flags: [Arc<AtomicBool>; 2]) {
    let [begun, removed] = flags;
    let mut after = 0;
    while after < 5 {
        let was_removed = removed.load(SeqCst);
        let body = desk.authenticate(&token).await.body;
        let may_be_bad = begun.load(SeqCst);
        assert!(body == good || body == NOT_VALID, "{body:?}");
        assert!(!was_removed || body == NOT_VALID, "asked after the removal");
        assert!(
            may_be_bad || body == good,
            "answered before the removal began"
        );
        after += usize::from(was_removed);
    }
}

/// Real time: callers go on asking while the user is removed.
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_users_token_is_refused_by_every_question_asked_after_it() {
    let desk = Arc::new(Desk::start().await);
    let user = desk.user("person-1").await;
    let (token, good) = (
        desk.token(Role::AppUser, &user),
        valid(&user, Role::AppUser),
    );
    let [begun, removed] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let callers = (0..CALLERS).map(|_| {
        let flags = [Arc::clone(&begun), Arc::clone(&removed)];
        tokio::spawn(ask_on(
            Arc::clone(&desk),
            token.clone(),
            good.clone(),
            flags,
        ))
    });
    let callers: Vec<_> = callers.collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let key = desk.bot();
    begun.store(true, SeqCst);
    let path = format!("/users/{user}");
    assert_eq!(
        desk.call("DELETE", &path, &[("authorization", &key)])
            .await
            .status,
        204
    );
    removed.store(true, SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_list_of_clients_nobody_is_let_in_and_nobody_refused() {
    let desk = crate::store_faults::desk_with_own_retries().await;
    let client = basic(CLIENT, CLIENT_SECRET);
    desk.proxy
        .fail("GetItem", Fault::Error(500, "InternalServerError"));
    desk.clock.advance(Duration::from_secs(59));
    assert_eq!(
        desk.post(CREATE_SESSION, &client, GRANT).await.status,
        200,
        "its last copy serves"
    );
    desk.clock.advance(Duration::from_secs(2));
    for authorization in [client, basic(CLIENT, "wrong")] {
        let answer = desk.post(CREATE_SESSION, &authorization, GRANT).await;
        assert_eq!(answer.status, 503);
        assert_eq!(answer.text("reason"), "COMMON.UNAVAILABLE");
    }
}
