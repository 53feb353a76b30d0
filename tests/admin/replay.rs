//! A restore rehearsed: back up, erase, restore, replay the erasures. Whoever was erased is gone again, and nobody else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use serde_json::{Value, json};
use tests::table::{self, Item};
use tests::{Fault, Operator};
use tokio::sync::Notify;

const NUMBER: &str = "+34600000001";
const OTHER: &str = "+34600000002";

/// What a backup has of a table.
async fn backup(operator: &Operator, table: &str) -> Vec<Item> {
    table::scan(&operator.desk.dynamodb, table).await
}

/// Makes a table what the backup has of it.
async fn restore(operator: &Operator, table: &str, backup: &[Item]) {
    let client = &operator.desk.dynamodb;
    for item in table::scan(client, table).await {
        let key = item
            .into_iter()
            .filter(|(name, _)| name == "pk" || name == "sk");
        let gone = client
            .delete_item()
            .table_name(table)
            .set_key(Some(key.collect()));
        let gone = gone.send().await;
        assert!(gone.is_ok(), "{gone:?}");
    }
    for item in backup {
        let put = client
            .put_item()
            .table_name(table)
            .set_item(Some(item.clone()));
        let put = put.send().await;
        assert!(put.is_ok(), "{put:?}");
    }
}

/// Both tables, but for what instances have counted, which comes by the clock.
async fn everything(operator: &Operator) -> BTreeMap<String, Item> {
    let names = &operator.desk.names;
    let mut all = BTreeMap::new();
    for table in [&names.users_table, &names.erasure_table] {
        for item in backup(operator, table).await {
            let key = format!("{table} {:?} {:?}", item.get("pk"), item.get("sk"));
            all.insert(key, item);
        }
    }
    all.retain(|_, item| !table::partition(item).starts_with("METRICS"));
    all
}

/// The time now, as the command takes it; what happens next happens a while later.
fn restore_point(operator: &Operator) -> String {
    let point = operator.desk.clock.now().rfc3339();
    operator.desk.clock.advance(Duration::from_mins(10));
    point
}

async fn replay(operator: &Operator, since: &str) -> Value {
    operator
        .done(&["user", "erase", "--replay", "--since", since])
        .await
}

async fn erase(operator: &Operator, number: &str) -> Value {
    operator
        .done(&["user", "erase", "--phone-number", number])
        .await
}

/// Registers, and returns the auraId.
async fn register(
    operator: &Operator,
    user: &str,
    authorization: &str,
    channel: &str,
    number: &str,
) -> String {
    let login = operator
        .desk
        .register(user, authorization, channel, Some(number))
        .await;
    assert_eq!(login.status, 200, "{login:?}");
    login.text("auraId")
}

async fn is_there(operator: &Operator, aura_id: &str) -> bool {
    operator.desk.get_user(aura_id).await.status == 200
}

/// A deployment restored to a time before the erasure of the first of two persons: their auraIds, and that time.
async fn restored() -> (Operator, [String; 2], String) {
    let operator = Operator::start().await;
    let users = operator.desk.names.users_table.clone();
    let erased = register(&operator, "u1", "a1", "app", NUMBER).await;
    register(&operator, "u1", "a1", "whatsapp", NUMBER).await;
    let other = register(&operator, "u2", "a1", "app", OTHER).await;
    let (before, since) = (backup(&operator, &users).await, restore_point(&operator));
    let receipt = erase(&operator, NUMBER).await;
    assert_eq!(receipt["erasedUsers"], 1);
    assert!(!is_there(&operator, &erased).await);
    restore(&operator, &users, &before).await;
    assert!(is_there(&operator, &erased).await, "nobody is back");
    (operator, [erased, other], since)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_erased_is_gone_again_after_a_restore_and_others_stay() {
    let (operator, [erased, other], since) = restored().await;
    let replayed = replay(&operator, &since).await;
    let counts = ["erasures", "erasedUsers", "erasedLogins", "sparedUsers"]
        .map(|name| replayed[name].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 2, 0], "{replayed}");
    assert_eq!(
        (&replayed["missing"], &replayed["failed"]),
        (&json!([]), &json!([]))
    );
    assert!(!is_there(&operator, &erased).await);
    assert!(is_there(&operator, &other).await);
    let users = &operator.desk.names.users_table;
    let left = format!("{:?}", table::users(&operator.desk.dynamodb, users).await);
    assert!(!left.contains(NUMBER) && !left.contains("u1\""), "{left}");

    let after = everything(&operator).await;
    let again = replay(&operator, &since).await;
    assert_eq!(
        (&again["erasedUsers"], &again["missing"]),
        (&json!(0), &json!([]))
    );
    let changed = everything(&operator).await;
    assert_eq!(changed, after, "a second replay changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_stays_what_its_caller_was_told_and_the_replay_stands_beside_it() {
    let (operator, _, since) = restored().await;
    replay(&operator, &since).await;
    let records = backup(&operator, &operator.desk.names.erasure_table).await;
    assert_eq!(records.len(), 1, "{records:?}");
    let count = |name: &str| records[0][name].as_n().unwrap().as_str();
    assert_eq!([count("erasedUsers"), count("erasedLogins")], ["1", "2"]);
    let replayed = [count("replayedUsers"), count("replayedLogins")];
    assert_eq!(replayed, ["1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_says_what_it_will_do_and_does_nothing_unasked() {
    let (operator, [erased, _], since) = restored().await;
    let before = everything(&operator).await;
    let unasked = operator
        .run(&["user", "erase", "--replay", "--since", &since], "")
        .await;
    assert_eq!(unasked.code, 2, "{unasked:?}");
    let said = &unasked.notes;
    assert!(
        said.contains("1 erasures") && said.contains("1 persons"),
        "{said}"
    );
    assert!(is_there(&operator, &erased).await);
    assert_eq!(everything(&operator).await, before);
}

/// Runs a replay that ends without notice at its call of this number, counted from 1, after the call is done or before it
/// arrives; whether there was such a call.
async fn cut(operator: &Operator, since: &str, at: usize, done: bool) -> bool {
    let (calls, reached) = (AtomicUsize::new(0), Arc::new(Notify::new()));
    let told = Arc::clone(&reached);
    operator
        .desk
        .proxy
        .plan(move |_| match calls.fetch_add(1, SeqCst) + 1 {
            call if call < at => Fault::None,
            _ => {
                told.notify_one();
                if done {
                    Fault::SlowDrip(Duration::from_mins(1))
                } else {
                    Fault::Hang(Duration::from_mins(1))
                }
            }
        });
    let command = ["--yes", "user", "erase", "--replay", "--since", since];
    let was_cut = tokio::select! {
        outcome = operator.run(&command, "") => { assert_eq!(outcome.code, 0, "{outcome:?}"); false }
        // What was sent arrives still.
        () = async { reached.notified().await; tokio::time::sleep(Duration::from_millis(50)).await } => true,
    };
    operator.desk.proxy.heal();
    was_cut
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_was_cut_off_anywhere_is_finished_by_the_next() {
    let operator = Operator::start().await;
    let names = operator.desk.names.clone();
    for user in ["u1", "u2"] {
        register(&operator, user, "a1", "app", NUMBER).await;
    }
    let (before, since) = (
        backup(&operator, &names.users_table).await,
        restore_point(&operator),
    );
    erase(&operator, NUMBER).await;
    let records = backup(&operator, &names.erasure_table).await;
    let mut cuts = 0;
    for (at, done) in (1..).flat_map(|at| [(at, false), (at, true)]) {
        restore(&operator, &names.users_table, &before).await;
        restore(&operator, &names.erasure_table, &records).await;
        let was_cut = cut(&operator, &since, at, done).await;
        let replayed = replay(&operator, &since).await;
        assert_eq!(replayed["missing"], json!([]), "call {at}, done: {done}");
        let left = table::users(&operator.desk.dynamodb, &names.users_table).await;
        assert!(
            left.iter().all(|item| !item.contains_key("userId")),
            "call {at}, done: {done}"
        );
        let after = backup(&operator, &names.erasure_table).await;
        let record = after
            .iter()
            .find(|item| item.contains_key("completedAt"))
            .unwrap();
        assert_eq!(
            record["replayedUsers"].as_n().unwrap(),
            "2",
            "call {at}, done: {done}"
        );
        if !was_cut {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 20, "{cuts} calls were cut");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_came_after_the_erasure_stays_and_whoever_was_brought_back_goes() {
    let operator = Operator::start().await;
    let users = operator.desk.names.users_table.clone();
    let quiet = register(&operator, "quiet", "a1", "app", NUMBER).await;
    register(&operator, "busy", "a1", "app", NUMBER).await;
    let (before, since) = (backup(&operator, &users).await, restore_point(&operator));
    erase(&operator, NUMBER).await;
    restore(&operator, &users, &before).await;
    operator.desk.clock.advance(Duration::from_mins(1));
    // Before anybody replays: a stranger with the number, and one of those who were brought back logs in again.
    let stranger = register(&operator, "stranger", "a1", "app", NUMBER).await;
    register(&operator, "stranger", "a1", "whatsapp", NUMBER).await;
    let busy = register(&operator, "busy", "a2", "app", NUMBER).await;
    let replayed = replay(&operator, &since).await;
    assert_eq!(
        (&replayed["erasedUsers"], &replayed["sparedUsers"]),
        (&json!(2), &json!(1))
    );
    assert!(is_there(&operator, &stranger).await);
    assert!(!is_there(&operator, &quiet).await && !is_there(&operator, &busy).await);
    let after = everything(&operator).await;
    let again = replay(&operator, &since).await;
    assert_eq!(
        (&again["erasedUsers"], &again["sparedUsers"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(everything(&operator).await, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_from_before_the_restored_time_does_not_touch_who_came_back_since() {
    let operator = Operator::start().await;
    let users = operator.desk.names.users_table.clone();
    register(&operator, "u1", "a1", "app", NUMBER).await;
    erase(&operator, NUMBER).await;
    operator.desk.clock.advance(Duration::from_mins(2));
    register(&operator, "u1", "a2", "app", NUMBER).await;
    // Twice, so that nothing but the time tells.
    let back = register(&operator, "u1", "a3", "app", NUMBER).await;
    let (before, since) = (backup(&operator, &users).await, restore_point(&operator));
    restore(&operator, &users, &before).await;
    let replayed = replay(&operator, &since).await;
    assert_eq!(
        (&replayed["erasures"], &replayed["erasedUsers"]),
        (&json!(0), &json!(0))
    );
    assert!(is_there(&operator, &back).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_had_another_number_then_is_not_found_and_that_is_told() {
    let operator = Operator::start().await;
    let users = operator.desk.names.users_table.clone();
    let erased = register(&operator, "u1", "a1", "app", OTHER).await;
    let (before, since) = (backup(&operator, &users).await, restore_point(&operator));
    register(&operator, "u1", "a1", "app", NUMBER).await;
    let receipt = erase(&operator, NUMBER).await;
    restore(&operator, &users, &before).await;
    let replayed = replay(&operator, &since).await;
    assert_eq!(
        replayed["missing"],
        json!([{ "receiptId": receipt["receiptId"], "erasedUsers": 1, "replayedUsers": 0 }])
    );
    // What the receipt's number cannot lead to, the one that the person had then does.
    assert!(is_there(&operator, &erased).await);
    erase(&operator, OTHER).await;
    assert!(!is_there(&operator, &erased).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_nobody_finished_is_finished_under_its_receipt() {
    let operator = Operator::start().await;
    let desk = &operator.desk;
    let login = register(&operator, "u1", "a1", "app", NUMBER).await;
    desk.proxy
        .fail("Query", Fault::Error(500, "InternalServerError"));
    assert_eq!(desk.erase(NUMBER).await.status, 503);
    desk.proxy.heal();
    let replayed = replay(&operator, &desk.clock.now().rfc3339()).await;
    assert_eq!(
        (&replayed["finished"], &replayed["erasedUsers"]),
        (&json!(1), &json!(1))
    );
    assert!(!is_there(&operator, &login).await);
    let records = backup(&operator, &desk.names.erasure_table).await;
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["erasedUsers"].as_n().unwrap(), "1");
    assert!(records[0].contains_key("completedAt") && !records[0].contains_key("replayedUsers"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_with_the_number_is_refused_while_its_erasure_is_replayed() {
    let operator = Operator::start().await;
    let desk = &operator.desk;
    register(&operator, "u1", "a1", "app", NUMBER).await;
    let (before, since) = (
        backup(&operator, &desk.names.users_table).await,
        restore_point(&operator),
    );
    erase(&operator, NUMBER).await;
    restore(&operator, &desk.names.users_table, &before).await;
    let (held, mut transactions) = (Arc::new(Notify::new()), 0);
    let told = Arc::clone(&held);
    desk.proxy.plan(move |call| {
        transactions += usize::from(call.operation == "TransactWriteItems");
        if call.operation != "TransactWriteItems" || transactions > 1 {
            return Fault::None;
        }
        told.notify_one();
        Fault::Delay(Duration::from_millis(700))
    });
    let beside = async {
        held.notified().await;
        desk.register("u2", "a1", "app", Some(NUMBER)).await
    };
    let (replayed, beside) = tokio::join!(replay(&operator, &since), beside);
    assert_eq!(
        (beside.status.as_u16(), beside.header("retry-after")),
        (503, "5")
    );
    assert_eq!(replayed["erasedUsers"], 1);
    register(&operator, "u2", "a1", "app", NUMBER).await;
}

/// The receipt of the erasure that ended first.
async fn first_receipt(operator: &Operator) -> String {
    let records = backup(operator, &operator.desk.names.erasure_table).await;
    let first = records
        .iter()
        .min_by_key(|item| item["completedAt"].as_n().ok());
    let receipt = first.and_then(|item| item["receiptId"].as_s().ok());
    receipt.cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_erasure_that_fails_does_not_keep_the_others() {
    let operator = Operator::start().await;
    let (desk, users) = (&operator.desk, &operator.desk.names.users_table);
    register(&operator, "u1", "a1", "app", NUMBER).await;
    register(&operator, "u2", "a1", "app", OTHER).await;
    let (before, since) = (backup(&operator, users).await, restore_point(&operator));
    for number in [NUMBER, OTHER] {
        erase(&operator, number).await;
        desk.clock.advance(Duration::from_secs(1));
    }
    restore(&operator, users, &before).await;
    let first = first_receipt(&operator).await;
    let refused = first.clone();
    desk.proxy.plan(move |call| {
        let body = String::from_utf8_lossy(&call.body);
        if call.operation == "TransactWriteItems" && body.contains(&refused) {
            return Fault::Error(400, "AccessDeniedException");
        }
        Fault::None
    });
    let command = ["--json", "--yes", "user", "erase", "--replay", "--since"];
    let outcome = operator.run(&[&command[..], &[&since]].concat(), "").await;
    assert_eq!(outcome.code, 3, "{outcome:?}");
    let told = outcome.json();
    assert_eq!(
        (&told["erasedUsers"], &told["failed"][0]["receiptId"]),
        (&json!(1), &json!(first))
    );
    assert!(!format!("{outcome:?}").contains(NUMBER));
    desk.proxy.heal();
    assert_eq!(replay(&operator, &since).await["erasedUsers"], 1);
}
