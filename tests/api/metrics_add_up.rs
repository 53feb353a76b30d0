//! The numbers are the service's: whatever instances come, go, sleep and come back, and whatever fails, every count is there
//! once, and no number ever goes down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use dev_server::bundle::Bundle;
use futures_util::future::{join, join_all};
use serde_json::Value;
use shared::metrics::{Family, Flusher};
use tests::samples::{Samples, scrape};
use tests::{Answer, Call, Desk, Fault, table};
use uuid::Uuid;

use crate::store_faults::{assert_unavailable, desk_with_own_retries, started_with_own_retries};

const SERIES: &str = "users_registered_total";
const DAY: Duration = Duration::from_hours(24);

/// A request that has changed what this instance counts.
fn count(flusher: &Flusher) {
    flusher.metrics().count(Family::UsersRegistered, &[]);
}

fn counted(answer: &Answer) -> u64 {
    Samples::of(answer).count(SERIES)
}

/// What `/metrics` says on this instance.
async fn sum(desk: &Desk, router: &Router) -> u64 {
    counted(&scrape(desk, router, "*/*").await)
}

/// An instance's item, as it was written so long ago, with so many counts.
pub(crate) async fn put_item(desk: &Desk, age: Duration, counts: &str, ended: bool) -> Uuid {
    let id = Uuid::new_v4();
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    let at = desk.clock.now().millis() - age;
    let put = desk.dynamodb.put_item().table_name(&desk.names.users_table);
    let mut put = put
        .item("pk", AttributeValue::S("METRICS".to_owned()))
        .item("sk", AttributeValue::S(id.to_string()))
        .item("function", AttributeValue::S("user-lookup".to_owned()))
        .item("seq", AttributeValue::N("3".to_owned()))
        .item("at", AttributeValue::N(at.to_string()))
        .item("counts", AttributeValue::S(counts.to_owned()));
    if ended {
        put = put.item("ended", AttributeValue::Bool(true));
    }
    put.send().await.unwrap_or_else(|error| panic!("{error:?}"));
    id
}

/// Counts of one series.
pub(crate) fn registered(number: u64) -> String {
    format!(r#"{{"users_registered":[[[],[{number}]]]}}"#)
}

/// How many instances' items there are, and the totals.
pub(crate) async fn stored(desk: &Desk) -> (usize, Option<table::Item>) {
    let items = table::scan(&desk.dynamodb, &desk.names.users_table).await;
    let of = |partition: &str| {
        let items = items
            .iter()
            .filter(|item| table::partition(item) == partition);
        items.cloned().collect::<Vec<_>>()
    };
    (of("METRICS").len(), of("METRICS#TOTAL").pop())
}

/// Whether a call is about an instance's own item, as only its flush is.
fn is_flush(call: &Call) -> bool {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    call.operation == "PutItem" && body["Item"]["pk"]["S"] == "METRICS"
}

#[tokio::test(flavor = "multi_thread")]
async fn what_every_instance_wrote_is_added_up() {
    let desk = Desk::start().await;
    let others = started_with_own_retries(&desk).await;
    let flushers: Vec<_> = desk.flushers.iter().chain(&others.flushers).collect();
    for (at, flusher) in flushers.iter().enumerate() {
        for _ in 0..=at {
            count(flusher);
        }
    }
    assert_eq!(sum(&desk, &desk.router).await, 0, "nothing is written yet");
    join_all(flushers.iter().map(|flusher| flusher.flush())).await;
    let all = flushers.len() as u64;
    for router in [&desk.router, &others.router] {
        let seen = Samples::of(&scrape(&desk, router, "*/*").await);
        assert_eq!(seen.count(SERIES), all * (all + 1) / 2);
        assert_eq!(seen.count("metrics_instances"), all);
    }
    join_all(flushers.iter().map(|flusher| flusher.flush())).await;
    assert_eq!(
        sum(&desk, &desk.router).await,
        all * (all + 1) / 2,
        "repeated"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_over_several_pages_are_whole_or_503() {
    let desk = desk_with_own_retries().await;
    // Pages are of 1 MB.
    let filler = format!(r#""of_a_newer_version":[[["{}"],[1]]]"#, "x".repeat(20_000));
    for _ in 0..120 {
        let counts = format!(r#"{{{filler},"users_registered":[[[],[2]]]}}"#);
        put_item(&desk, Duration::ZERO, &counts, false).await;
    }
    assert_eq!(sum(&desk, &desk.router).await, 240);
    let queries = desk.proxy.take_operations();
    let queries = queries
        .iter()
        .filter(|operation| *operation == "Query")
        .count();
    assert_eq!(queries, 3);
    for failing in 0..queries {
        let mut seen = 0;
        desk.proxy.plan(move |call| {
            let page = call.operation == "Query";
            seen += usize::from(page);
            if page && seen > failing {
                Fault::Error(400, "ProvisionedThroughputExceededException")
            } else {
                Fault::None
            }
        });
        let answer = scrape(&desk, &desk.router, "*/*").await;
        assert_unavailable(&answer, &format!("from page {failing} on"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_is_503_and_never_left_out() {
    let desk = Desk::start().await;
    put_item(&desk, Duration::ZERO, &registered(2), false).await;
    for counts in ["", "[]", "{", r#"{"users_registered":[[[],[-1]]]}"#] {
        let id = put_item(&desk, Duration::ZERO, counts, false).await;
        let answer = scrape(&desk, &desk.router, "*/*").await;
        assert_unavailable(&answer, counts);
        let delete = desk
            .dynamodb
            .delete_item()
            .table_name(&desk.names.users_table);
        let delete = delete
            .key("pk", AttributeValue::S("METRICS".to_owned()))
            .key("sk", AttributeValue::S(id.to_string()));
        delete.send().await.unwrap();
    }
    assert_eq!(sum(&desk, &desk.router).await, 2);
    let put = desk.dynamodb.put_item().table_name(&desk.names.users_table);
    let put = put
        .item("pk", AttributeValue::S("METRICS#TOTAL".to_owned()))
        .item("sk", AttributeValue::S("TOTAL".to_owned()));
    put.send().await.unwrap();
    let answer = scrape(&desk, &desk.router, "*/*").await;
    assert_unavailable(&answer, "totals");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_whose_answers_are_lost_counts_once() {
    let desk = desk_with_own_retries().await;
    let others = started_with_own_retries(&desk).await;
    let flusher = &others.flushers[0];
    for round in 1..=5 {
        count(flusher);
        desk.proxy.plan(|call| {
            if is_flush(call) {
                Fault::LostAnswer
            } else {
                Fault::None
            }
        });
        flusher.flush().await;
        assert_eq!(sum(&desk, &desk.router).await, round, "it had arrived");
        if round % 2 == 0 {
            desk.proxy.heal();
            flusher.flush().await;
            assert_eq!(sum(&desk, &desk.router).await, round, "repeated");
        }
    }
    desk.proxy.heal();
    count(flusher);
    flusher.end().await;
    assert_eq!(sum(&desk, &desk.router).await, 6);
    assert_eq!(stored(&desk).await.0, 1, "all of it one instance's");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_was_taken_for_ended_goes_on_and_counts_once() {
    let desk = Desk::start().await;
    let others = started_with_own_retries(&desk).await;
    let flusher = &others.flushers[0];
    count(flusher);
    flusher.flush().await;
    // Sealed, folded and gone.
    desk.clock.advance(DAY + Duration::from_secs(1));
    assert_eq!(sum(&desk, &desk.router).await, 1);
    assert_eq!(stored(&desk).await.0, 1, "the scraping instance's own");
    assert_eq!(sum(&desk, &desk.router).await, 1);
    for more in 2..=4 {
        count(flusher);
        flusher.flush().await;
        assert_eq!(sum(&desk, &desk.router).await, more);
    }
    // The same again, with what is folded already.
    desk.clock.advance(DAY + Duration::from_secs(1));
    assert_eq!(sum(&desk, &desk.router).await, 4);
    count(flusher);
    flusher.end().await;
    assert_eq!(sum(&desk, &desk.router).await, 5);
    desk.clock.advance(Duration::from_hours(2));
    assert_eq!(sum(&desk, &desk.router).await, 5);
    assert_eq!(sum(&desk, &desk.router).await, 5);
}

/// Its first write arrived, without its knowing; a day later that is folded, gone and forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_whose_first_answer_was_lost_counts_once_when_it_comes_back() {
    let desk = desk_with_own_retries().await;
    let others = started_with_own_retries(&desk).await;
    let flusher = &others.flushers[0];
    count(flusher);
    desk.proxy.plan(|call| {
        if is_flush(call) {
            Fault::LostAnswer
        } else {
            Fault::None
        }
    });
    flusher.flush().await;
    desk.proxy.heal();
    desk.clock.advance(DAY + Duration::from_secs(1));
    assert_eq!(sum(&desk, &desk.router).await, 1, "folded");
    for expected in [2, 3] {
        desk.clock.advance(Duration::from_mins(11));
        put_item(&desk, Duration::from_hours(2), &registered(1), true).await;
        assert_eq!(sum(&desk, &desk.router).await, expected, "and forgotten");
    }
    flusher.flush().await;
    assert_eq!(sum(&desk, &desk.router).await, 3);
    count(flusher);
    flusher.flush().await;
    assert_eq!(sum(&desk, &desk.router).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_comes_back_between_seal_and_fold_counts_once() {
    let desk = desk_with_own_retries().await;
    let others = started_with_own_retries(&desk).await;
    let flusher = &others.flushers[0];
    count(flusher);
    flusher.flush().await;
    desk.clock.advance(DAY + Duration::from_secs(1));
    desk.proxy.plan(|call| match &*call.operation {
        "PutItem" => Fault::Error(400, "ProvisionedThroughputExceededException"),
        _ => Fault::None,
    });
    assert_eq!(sum(&desk, &desk.router).await, 1);
    desk.proxy.heal();
    assert!(stored(&desk).await.1.is_none(), "sealed, not folded");
    count(flusher);
    flusher.flush().await;
    assert_eq!(sum(&desk, &desk.router).await, 2, "the sealed and the new");
    count(flusher);
    flusher.flush().await;
    assert_eq!(sum(&desk, &desk.router).await, 3);
    let folded = stored(&desk).await.1.unwrap();
    assert!(
        folded["counts"].as_s().unwrap().contains("[1]"),
        "{folded:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_writes_before_it_is_sealed_is_left_alone() {
    let desk = Desk::start().await;
    let others = started_with_own_retries(&desk).await;
    let flusher = &others.flushers[0];
    count(flusher);
    flusher.flush().await;
    desk.clock.advance(DAY + Duration::from_secs(1));
    desk.proxy.plan(|call| match &*call.operation {
        "UpdateItem" => Fault::Delay(Duration::from_millis(400)),
        _ => Fault::None,
    });
    let comes_back = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        count(flusher);
        flusher.flush().await;
    };
    let (seen, ()) = join(sum(&desk, &desk.router), comes_back).await;
    assert_eq!(seen, 1, "what there was when it was read");
    desk.proxy.heal();
    assert_eq!(sum(&desk, &desk.router).await, 2);
    assert!(stored(&desk).await.1.is_none(), "nothing was folded");
}

/// The second read comes late: in between another instance folds and deletes everything that the first one saw.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_counts_nothing_twice() {
    let desk = Desk::start().await;
    let others = started_with_own_retries(&desk).await;
    for _ in 0..30 {
        put_item(&desk, Duration::from_mins(2), &registered(1), true).await;
    }
    let reads = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&reads);
    desk.proxy.plan(move |call| {
        let totals = String::from_utf8_lossy(&call.body).contains("METRICS#TOTAL");
        let first = totals && call.operation == "GetItem" && seen.fetch_add(1, SeqCst) == 0;
        if first {
            Fault::Delay(Duration::from_millis(800))
        } else {
            Fault::None
        }
    });
    let fast = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        sum(&desk, &others.router).await
    };
    let (slow, fast) = join(sum(&desk, &desk.router), fast).await;
    assert_eq!((slow, fast), (30, 30));
    assert_eq!(reads.load(SeqCst), 2);
    assert_eq!(stored(&desk).await.0, 0, "folded while the other read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_slept_gives_no_numbers() {
    let desk = Desk::start().await;
    put_item(&desk, Duration::ZERO, &registered(1), false).await;
    for (slept, status) in [(59, 200), (61, 503)] {
        let clock = desk.clock.clone();
        desk.proxy.plan(move |call| {
            if call.operation == "Query" {
                clock.advance(Duration::from_secs(slept));
            }
            Fault::None
        });
        let answer = scrape(&desk, &desk.router, "*/*").await;
        assert_eq!(answer.status, status, "{slept} s");
    }
}

/// A small generator of its own: the same cases in every run. Cheap to clone.
#[derive(Clone)]
struct Cases(Arc<AtomicU64>);

impl Cases {
    fn below(&self, end: u64) -> u64 {
        let step = |state: u64| {
            state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1)
        };
        let last = self
            .0
            .fetch_update(SeqCst, SeqCst, |state| Some(step(state)));
        (step(last.unwrap_or_default()) >> 33) % end
    }

    /// A quarter of the calls about counts fail; many are slow, so that they overtake each other.
    fn fault(&self, call: &Call) -> Fault {
        let ours = String::from_utf8_lossy(&call.body).contains("METRICS");
        match self.below(12) {
            0 if ours => Fault::LostAnswer,
            1 if ours => Fault::Error(400, "ProvisionedThroughputExceededException"),
            2 if ours => Fault::Refused,
            3..6 => Fault::Delay(Duration::from_millis(self.below(20))),
            _ => Fault::None,
        }
    }
}

/// What has certainly arrived, and what may have: between the two every sum is. And the highest that was seen.
#[derive(Default)]
struct Truth {
    written: AtomicU64,
    counted: AtomicU64,
    seen: AtomicU64,
}

impl Truth {
    /// A scrape is never below what had arrived when it began, or above what was counted when it ended; nor below another one
    /// that ended before it began.
    async fn scrape(&self, desk: &Desk, router: &Router) {
        let below = self.written.load(SeqCst).max(self.seen.load(SeqCst));
        let answer = scrape(desk, router, "*/*").await;
        if answer.status != 503 {
            let seen = counted(&answer);
            let above = self.counted.load(SeqCst);
            assert!((below..=above).contains(&seen), "{below} {seen} {above}");
            self.seen.fetch_max(seen, SeqCst);
        }
    }

    /// Every instance counts and writes, while each bundle is scraped.
    async fn at_once(&self, desk: &Desk, bundles: &[Bundle]) {
        let works = bundles
            .iter()
            .flat_map(|bundle| &bundle.flushers)
            .map(|flusher| async {
                count(flusher);
                self.counted.fetch_add(1, SeqCst);
                flusher.flush().await;
            });
        let readers = bundles.iter().map(|bundle| async {
            for _ in 0..3 {
                self.scrape(desk, &bundle.router).await;
            }
        });
        join(join_all(works), join_all(readers)).await;
    }

    /// When nothing fails and nothing else happens, the sum is exact.
    async fn is_shown(&self, desk: &Desk, bundle: &Bundle, round: u64) {
        let exact = sum(desk, &bundle.router).await;
        assert_eq!(exact, self.counted.load(SeqCst), "round {round}");
    }
}

/// Instances count, write, end, sleep for a day and come back, while three others scrape and fold at the same time and a quarter
/// of all calls fail.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_at_once_every_count_is_there_once() {
    let desk = desk_with_own_retries().await;
    let mut bundles = Vec::new();
    for _ in 0..3 {
        bundles.push(started_with_own_retries(&desk).await);
    }
    let (truth, cases) = (Truth::default(), Cases(Arc::new(AtomicU64::new(42))));
    for round in 0..30 {
        let faults = cases.clone();
        desk.proxy.plan(move |call| faults.fault(call));
        truth.at_once(&desk, &bundles).await;
        desk.proxy.heal();
        let flushers = bundles.iter().flat_map(|bundle| &bundle.flushers);
        join_all(flushers.map(Flusher::flush)).await;
        truth.written.store(truth.counted.load(SeqCst), SeqCst);
        truth.is_shown(&desk, &bundles[0], round).await;
        let pause = match cases.below(4) {
            0 => {
                let ended = bundles.remove(0);
                join_all(ended.flushers.iter().map(Flusher::end)).await;
                bundles.push(started_with_own_retries(&desk).await);
                Duration::from_secs(11)
            }
            1 => DAY + Duration::from_secs(1),
            2 => Duration::from_mins(61),
            _ => Duration::from_secs(11),
        };
        desk.clock.advance(pause);
        if round % 2 == 0 {
            truth.is_shown(&desk, &bundles[0], round).await;
        }
    }
    let (_, totals) = stored(&desk).await;
    assert!(totals.is_some(), "something was folded");
}
