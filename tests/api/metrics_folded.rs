//! Items of instances that have ended are folded into the totals: when, which, and that an interruption at any call is made good.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use tests::samples::{Samples, scrape};
use tests::{Call, Desk, Fault, table};

use crate::metrics_add_up::{put_item, registered, stored};
use crate::store_faults::{desk_with_own_retries, started_with_own_retries};

const DAY: Duration = Duration::from_hours(24);

async fn samples(desk: &Desk) -> Samples {
    Samples::of(&scrape(desk, &desk.router, "*/*").await)
}

async fn sum(desk: &Desk) -> u64 {
    samples(desk).await.count("users_registered_total")
}

/// Instances that have ended, and as many that went silent, with one count each.
async fn put_items(desk: &Desk, ended: usize, silent: usize) {
    let ended = (0..ended).map(|_| put_item(desk, Duration::from_mins(2), ONE, true));
    join_all(ended).await;
    let silent = (0..silent).map(|_| put_item(desk, DAY + Duration::from_mins(1), ONE, false));
    join_all(silent).await;
}

const ONE: &str = r#"{"users_registered":[[[],[1]]]}"#;

/// How many ids the totals name.
fn named(totals: &table::Item) -> usize {
    totals["folded"]
        .as_m()
        .map_or(0, std::collections::HashMap::len)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_is_folded_once_it_is_worth_it() {
    let desk = Desk::start().await;
    put_items(&desk, 24, 0).await;
    let live = put_item(&desk, Duration::from_hours(23), ONE, false).await;
    put_item(&desk, Duration::from_secs(59), ONE, true).await;
    let seen = samples(&desk).await;
    assert_eq!(seen.count("users_registered_total"), 26);
    assert_eq!(seen.count("metrics_instances"), 26);
    assert_eq!(stored(&desk).await.0, 26, "too few");
    desk.clock.advance(Duration::from_secs(2));
    assert_eq!(sum(&desk).await, 26, "25 of them");
    let (left, totals) = stored(&desk).await;
    assert_eq!((left, named(&totals.unwrap())), (1, 25));
    let seen = samples(&desk).await;
    assert_eq!(seen.count("users_registered_total"), 26);
    assert_eq!(seen.count("metrics_instances"), 1);
    let items = table::scan(&desk.dynamodb, &desk.names.users_table).await;
    let ids = items
        .iter()
        .filter(|item| table::partition(item) == "METRICS");
    let ids: Vec<_> = ids.map(|item| item["sk"].clone()).collect();
    assert_eq!(ids, [AttributeValue::S(live.to_string())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_waits_for_an_hour_is_folded_alone() {
    let desk = Desk::start().await;
    put_item(&desk, Duration::from_hours(1), ONE, true).await;
    assert_eq!(sum(&desk).await, 1);
    assert_eq!(stored(&desk).await.0, 1);
    desk.clock.advance(Duration::from_secs(1));
    assert_eq!(sum(&desk).await, 1);
    assert_eq!(stored(&desk).await.0, 0);
    assert_eq!(sum(&desk).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_are_folded_at_once_and_the_rest_later() {
    let desk = Desk::start().await;
    put_items(&desk, 130, 100).await;
    for left in [130, 30, 0, 0] {
        assert_eq!(sum(&desk).await, 230);
        assert_eq!(stored(&desk).await.0, left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_version_counts_stays_in_the_totals_unseen() {
    let desk = Desk::start().await;
    let newer = r#"{"of_a_newer_version":[[["x"],[5]]],"users_registered":[[[],[1]]]}"#;
    put_item(&desk, Duration::from_hours(2), newer, true).await;
    assert_eq!(sum(&desk).await, 1);
    put_item(&desk, Duration::from_hours(2), newer, true).await;
    let seen = samples(&desk).await;
    assert_eq!(seen.count("users_registered_total"), 2);
    assert_eq!(seen.beginning("of_a_newer_version").count(), 0);
    let (_, totals) = stored(&desk).await;
    let counts = totals.unwrap()["counts"].as_s().unwrap().clone();
    assert!(
        counts.contains(r#""of_a_newer_version":[[["x"],[10]]]"#),
        "{counts}"
    );
}

/// A call that changes counts, other than an instance's own flush.
fn is_of_a_fold(call: &Call) -> bool {
    let totals = String::from_utf8_lossy(&call.body).contains("METRICS#TOTAL");
    match call.operation.as_str() {
        "UpdateItem" | "BatchWriteItem" => true,
        "PutItem" => totals,
        _ => false,
    }
}

/// The calls of a fold of 20 items that have ended and 10 that are sealed first.
const CALLS: usize = 10 + 1 + 2;

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_at_any_call_loses_nothing_and_counts_nothing_twice() {
    let faults = [
        Fault::Error(400, "ProvisionedThroughputExceededException"),
        Fault::Error(500, "InternalServerError"),
        Fault::LostAnswer,
        Fault::HalfAnswer,
        Fault::Refused,
    ];
    let cases = (0..CALLS).flat_map(|from| faults.iter().map(move |fault| (from, fault)));
    for (from, fault) in cases {
        let case = format!("{fault:?} from call {from} on");
        let desk = desk_with_own_retries().await;
        put_items(&desk, 20, 10).await;
        let mut calls = 0;
        let failing = fault.clone();
        desk.proxy.plan(move |call| {
            let ours = is_of_a_fold(call);
            calls += usize::from(ours);
            if ours && calls > from {
                failing.clone()
            } else {
                Fault::None
            }
        });
        for _ in 0..2 {
            assert_eq!(sum(&desk).await, 30, "{case}");
        }
        desk.proxy.heal();
        for _ in 0..3 {
            assert_eq!(sum(&desk).await, 30, "{case}: healed");
        }
        // What was sealed and not folded is few: it waits.
        desk.clock.advance(Duration::from_mins(61));
        for _ in 0..2 {
            assert_eq!(sum(&desk).await, 30, "{case}: an hour later");
        }
        let (left, totals) = stored(&desk).await;
        let counts = totals.map(|totals| totals["counts"].clone());
        assert_eq!(left, 1, "{case}: the scraping instance's own");
        assert_eq!(counts, Some(AttributeValue::S(registered(30))), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_that_hangs_does_not_fail_the_scrape_or_hold_it_up() {
    let desk = desk_with_own_retries().await;
    put_items(&desk, 20, 10).await;
    for operation in ["UpdateItem", "PutItem", "BatchWriteItem"] {
        desk.proxy.plan(move |call| {
            if call.operation == operation && is_of_a_fold(call) {
                Fault::Hang(Duration::from_mins(1))
            } else {
                Fault::None
            }
        });
        let limited = tokio::time::timeout(Duration::from_secs(3), sum(&desk)).await;
        assert_eq!(limited, Ok(30), "{operation}");
    }
    desk.proxy.heal();
    assert_eq!(sum(&desk).await, 30);
    assert_eq!(stored(&desk).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_folds_at_once_one_counts() {
    let desk = desk_with_own_retries().await;
    let mut routers = Vec::new();
    for _ in 0..3 {
        routers.push(started_with_own_retries(&desk).await.router);
    }
    for round in 1..=5 {
        put_items(&desk, 20, 10).await;
        let all = routers.iter().flat_map(|router| [router; 2]);
        let all = join_all(all.map(|router| scrape(&desk, router, "*/*"))).await;
        for answer in all {
            assert_eq!(
                Samples::of(&answer).count("users_registered_total"),
                round * 30
            );
        }
        for _ in 0..2 {
            assert_eq!(sum(&desk).await, round * 30);
        }
        assert_eq!(stored(&desk).await.0, 0, "round {round}");
    }
}

/// An id goes from the totals only long after its item, also where that could not be deleted for long.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_outlives_its_item_in_the_totals() {
    let desk = desk_with_own_retries().await;
    let named = async || named(&stored(&desk).await.1.unwrap());
    let cannot_delete = |call: &Call| match call.operation.as_str() {
        "BatchWriteItem" => Fault::Error(400, "AccessDeniedException"),
        _ => Fault::None,
    };
    put_items(&desk, 30, 0).await;
    desk.proxy.plan(cannot_delete);
    for _ in 0..3 {
        assert_eq!(sum(&desk).await, 30);
        desk.clock.advance(Duration::from_mins(9));
    }
    assert_eq!(
        named().await,
        30,
        "27 minutes later the items are still there"
    );
    desk.proxy.heal();
    assert_eq!(sum(&desk).await, 30);
    let own = 1; // The scraping instance's, for the minutes that went by.
    assert_eq!(stored(&desk).await.0, own, "deleted");
    assert_eq!(named().await, 30);
    for (minutes, left) in [(9, 31), (2, 2)] {
        desk.clock.advance(Duration::from_mins(minutes));
        put_item(&desk, Duration::from_hours(2), ONE, true).await;
        sum(&desk).await;
        assert_eq!(named().await, left, "{minutes} minutes more");
    }
    assert_eq!(sum(&desk).await, 32);
}
