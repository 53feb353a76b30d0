//! What was acknowledged is still there after a stop and after a kill.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use futures_util::future::join_all;

use crate::server::{Server, answered, read_json};

/// How many register at the same time.
const CALLERS: usize = 8;
/// The kill comes once so many were acknowledged, with the others under way.
const ENOUGH: usize = 40;

#[tokio::test]
async fn the_next_run_finds_the_data_and_takes_the_keys_of_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(folder.path()).await;
    let (status, registered) = answered(first.register("user-1")).await;
    assert_eq!(status, 200, "{registered}");
    let key = first.key("aura-bot");
    first.stop().await;
    let second = Server::start(folder.path()).await;
    let aura_id = registered["auraId"].as_str().unwrap();
    let (status, found) = answered(second.get_user(aura_id)).await;
    assert_eq!((status, &found["userId"]), (200, &"user-1".into()));
    let path = format!("/users/{aura_id}");
    let with_old_key = second.get(&path).header("authorization", key);
    assert_eq!(answered(with_old_key).await.0, 200);
    assert_eq!(answered(second.register("user-1")).await.1, registered);
}

#[tokio::test]
async fn the_next_run_makes_no_other_keys() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = || read_json(&folder.path().join("secrets.json"));
    Server::start(folder.path()).await.stop().await;
    let first = secrets();
    let signing_keys = &first["aura-authentication/local/signing-keys"];
    assert!(signing_keys["current"]["text"].is_string());
    Server::start(folder.path()).await.stop().await;
    assert_eq!(secrets(), first);
}

/// Registers one person after the other until the server is gone; the auraIds of those that were acknowledged.
async fn register_all(server: &Server, caller: usize, acknowledged: &AtomicUsize) -> Registered {
    let mut registered = Registered::new();
    for at in 0.. {
        let user = format!("user-{caller}-{at}");
        let answer = server.register(&user).send().await;
        let Ok(answer) = answer else {
            registered.insert(user, None);
            break;
        };
        let status = answer.status();
        let Ok(body) = answer.json::<serde_json::Value>().await else {
            registered.insert(user, None);
            break;
        };
        assert_eq!(status, 200, "{body}");
        let aura_id = body["auraId"].as_str().map(str::to_owned);
        registered.insert(user, aura_id);
        acknowledged.fetch_add(1, SeqCst);
    }
    registered
}

/// Persons and the auraIds that they were told, if they were.
type Registered = BTreeMap<String, Option<String>>;

/// Lets many register at once and kills the server in the middle.
async fn killed_in_the_middle(mut server: Server) -> Registered {
    let acknowledged = AtomicUsize::new(0);
    let kill = async {
        while acknowledged.load(SeqCst) < ENOUGH {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.signal("-KILL");
    };
    let callers = (0..CALLERS).map(|caller| register_all(&server, caller, &acknowledged));
    let (registered, ()) = tokio::join!(join_all(callers), kill);
    let status = server.ended().await;
    assert_eq!(status.code(), None, "killed");
    registered.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let registered = killed_in_the_middle(server).await;
    let told = registered.values().flatten().count();
    assert!(told >= ENOUGH && told < registered.len(), "{registered:?}");
    let server = Server::start(folder.path()).await;
    for (user, aura_id) in registered {
        // Registering again finishes what was cut off, and finds what was not.
        let (status, again) = answered(server.register(&user)).await;
        assert_eq!(status, 200, "{user}: {again}");
        let found = again["auraId"].as_str().map(str::to_owned);
        if aura_id.is_some() {
            assert_eq!(found, aura_id, "{user} was acknowledged");
        }
        let (status, login) = answered(server.get_user(&found.unwrap_or_default())).await;
        assert_eq!((status, &login["userId"]), (200, &user.into()));
        assert_eq!(login["auraIdGlobal"], again["auraIdGlobal"]);
    }
}
