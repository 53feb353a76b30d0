//! Several processes of one function at the same store, as Lambda starts them when many call at once.

use futures_util::future::join_all;
use tests::{Bootstrap, Desk, events, table};

#[tokio::test(flavor = "multi_thread")]
async fn fifty_people_through_four_processes_are_fifty_users() {
    let desk = &Desk::start().await;
    let start = (0..4).map(|_| Bootstrap::ready("user-registration", &desk.env));
    let processes = join_all(start).await;
    // Every person comes by every process, so that each is registered by four at once.
    let ids = join_all(processes.iter().map(|process| async move {
        let mut ids = Vec::new();
        for person in 0..50 {
            let mut event = events::fresh(desk, "user-registration", "find_or_create_user");
            event["headers"]["x-user-id"] = format!("person-{person}").into();
            let answer = process.invoke(&event).await;
            assert_eq!(answer.status, 200, "{:?}", answer.body);
            ids.push(answer.text("auraId"));
        }
        ids
    }))
    .await;
    assert!(ids.iter().all(|others| *others == ids[0]), "{ids:?}");
    let items = table::users(&desk.dynamodb, &desk.names.users_table).await;
    for kind in ["PERSON#", "LOGIN#", "GLOBAL#", "NUMBER#"] {
        let of_kind = items
            .iter()
            .filter(|item| table::partition(item).starts_with(kind));
        assert_eq!(of_kind.count(), 50, "{kind}");
    }
}
