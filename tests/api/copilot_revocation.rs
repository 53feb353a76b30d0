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

/// What a question was answered with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Good,
    Bad,
}

/// When the change began, and when it has to be seen.
#[derive(Clone, Default)]
struct Change {
    begun: Arc<AtomicBool>,
    done: Arc<AtomicBool>,
}

/// Asks again and again, five times more once the change is done; what is answered fits the time of the question.
async fn ask_on<F: Future<Output = Told>>(ask: impl Fn() -> F, change: Change) {
    let mut after = 0;
    while after < 5 {
        let was_done = change.done.load(SeqCst);
        let told = ask().await;
        let may_be_bad = change.begun.load(SeqCst);
        assert!(!was_done || told == Told::Bad, "asked after the change");
        assert!(
            may_be_bad || told == Told::Good,
            "answered before the change began"
        );
        after += usize::from(was_done);
    }
}

/// Real time: callers go on asking while the user is removed.
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_users_token_is_refused_by_every_question_asked_after_it() {
    let desk = Arc::new(Desk::start().await);
    let user = desk.user("person-1").await;
    let token = desk.token(Role::AppUser, &user);
    let good = valid(&user, Role::AppUser);
    let change = Change::default();
    let callers = (0..CALLERS).map(|_| {
        let (desk, token, good) = (Arc::clone(&desk), token.clone(), good.clone());
        let ask = move || {
            let (desk, token, good) = (Arc::clone(&desk), token.clone(), good.clone());
            async move {
                match desk.authenticate(&token).await.body {
                    body if body == good => Told::Good,
                    body if body == NOT_VALID => Told::Bad,
                    body => panic!("{body:?}"),
                }
            }
        };
        tokio::spawn(ask_on(ask, change.clone()))
    });
    let callers: Vec<_> = callers.collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let key = desk.bot();
    change.begun.store(true, SeqCst);
    let path = format!("/users/{user}");
    let removed = desk.call("DELETE", &path, &[("authorization", &key)]).await;
    assert_eq!(removed.status, 204);
    change.done.store(true, SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
}

/// The same with a client that is revoked: its session and its secret, at five seconds and a millisecond.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_client_is_refused_while_many_ask_on() {
    let desk = Arc::new(Desk::start().await);
    let client = desk.client("OTHER", "s3cret").await;
    let session = format!("Bearer {}", desk.token(Role::ServiceAccount, "OTHER"));
    let change = Change::default();
    let callers = (0..CALLERS).map(|caller| {
        let (path, authorization, body) = if caller % 2 == 0 {
            (AUTHENTICATE, session.clone(), asking("x"))
        } else {
            (CREATE_SESSION, client.clone(), GRANT.to_owned())
        };
        let desk = Arc::clone(&desk);
        let ask = move || {
            let (desk, authorization, body) =
                (Arc::clone(&desk), authorization.clone(), body.clone());
            async move {
                match desk.post(path, &authorization, body).await.status.as_u16() {
                    200 => Told::Good,
                    401 => Told::Bad,
                    status => panic!("{status}"),
                }
            }
        };
        tokio::spawn(ask_on(ask, change.clone()))
    });
    let callers: Vec<_> = callers.collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (id, now) = (ClientId::parse("OTHER").unwrap(), desk.clock.now());
    change.begun.store(true, SeqCst);
    desk.control().revoke_client(&id, now).await.unwrap();
    desk.clock.advance(Duration::from_millis(5001));
    change.done.store(true, SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
}

/// A token names an auraId and no login of it: where the caller chooses the id, the same person's next login has it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_again_when_the_same_person_gets_the_same_id_again() {
    let desk = Desk::start().await;
    let key = desk.bot();
    let log_in = async |person: &str| {
        let headers = [
            ("authorization", key.as_str()),
            ("x-user-id", person),
            ("x-authorization-id", "grant-1"),
            ("x-channel-id", "whatsapp"),
        ];
        let answer = desk.call("GET", "/users/aura-id/wa:1", &headers).await;
        answer.status.as_u16()
    };
    assert_eq!(log_in("person-1").await, 200);
    let token = desk.token(Role::AppUser, "wa:1");
    let removed = desk
        .call("DELETE", "/users/wa:1", &[("authorization", &key)])
        .await;
    assert_eq!(removed.status, 204);
    assert_eq!(desk.authenticate(&token).await.body, NOT_VALID);
    assert_eq!(log_in("person-2").await, 409, "it passes to nobody else");
    assert_eq!(desk.authenticate(&token).await.body, NOT_VALID);
    assert_eq!(log_in("person-1").await, 200);
    assert_eq!(
        desk.authenticate(&token).await.body,
        valid("wa:1", Role::AppUser)
    );
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
