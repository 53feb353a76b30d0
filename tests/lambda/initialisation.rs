//! INIT never fails because something else is away, and a function ends when it is told to.

use std::collections::BTreeMap;
use std::time::Duration;

use dev_server::bundle::operations;
use futures_util::future::join_all;
use shared::api::Access;
use tests::{Answer, Bootstrap, Desk, Fault, events};

/// What the template gives the function with the least time.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Each function with its last operation, one that takes a key where there is any: it needs what was read in INIT.
fn samples() -> Vec<(&'static str, &'static str)> {
    let mut all = operations();
    all.sort_by_key(|row| row.access != Access::None);
    let all = all.into_iter();
    let last: BTreeMap<_, _> = all.map(|row| (row.function, row.doc.name)).collect();
    last.into_iter().collect()
}

/// Repeats an event until it is not answered with a 503 any more.
async fn healed(desk: &Desk, bootstrap: &Bootstrap, sample: (&str, &str)) -> Answer {
    let event = events::fresh(desk, sample.0, sample.1);
    let again = async {
        loop {
            let answer = bootstrap.invoke(&event).await;
            if answer.status != 503 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(5), again).await;
    answer.unwrap_or_else(|_| panic!("no end of 503 from {}", sample.0))
}

/// Starts a function whose store is away, asks it, and asks it again once the store is back.
async fn outlives(fault: Fault, sample: (&str, &str)) {
    let desk = Desk::start().await;
    let away = fault.clone();
    desk.proxy.plan(move |_| away.clone());
    let bootstrap = Bootstrap::ready(sample.0, &desk.env).await;
    let event = events::fresh(&desk, sample.0, sample.1);
    let answer = tokio::time::timeout(TIME_LIMIT, bootstrap.invoke(&event)).await;
    let answer = answer.unwrap_or_else(|_| panic!("{fault:?}: {} hangs", sample.0));
    assert_eq!(answer.status, 503, "{fault:?}: {:?}", answer.body);
    let copilot = sample.0 == end_user_authentication::NAME;
    let (member, word) = if copilot {
        ("reason", "COMMON.UNAVAILABLE")
    } else {
        ("code", "UNAVAILABLE")
    };
    assert_eq!(answer.text(member), word);
    assert!(!answer.header("retry-after").is_empty(), "{fault:?}");
    desk.proxy.heal();
    let answer = healed(&desk, &bootstrap, sample).await;
    assert_ne!(answer.status.as_u16() / 100, 5, "{:?}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_503_until_it_is_back() {
    let faults = [
        Fault::Refused,
        Fault::Error(500, "InternalServerError"),
        Fault::Error(400, "AccessDeniedException"),
        Fault::Hang(Duration::from_mins(1)),
    ];
    let all = faults.iter().flat_map(|fault| {
        let of_fault = |sample| outlives(fault.clone(), sample);
        samples().into_iter().map(of_fault)
    });
    join_all(all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_request_finds_everything_read_and_every_connection_made() {
    let desk = Desk::start().await;
    for (function, operation) in samples() {
        let bootstrap = Bootstrap::ready(function, &desk.env).await;
        let read = desk.proxy.take_operations();
        let reads_secrets = read.contains(&"GetSecretValue".to_owned());
        assert_eq!(reads_secrets, function != openid::NAME, "{read:?}");
        assert!(read.contains(&"GetItem".to_owned()), "{read:?}");
        bootstrap
            .invoke(&events::fresh(&desk, function, operation))
            .await;
        let calls = desk.proxy.take_operations();
        assert!(!calls.contains(&"GetSecretValue".to_owned()), "{calls:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_it() {
    let desk = Desk::start().await;
    for (function, operation) in samples() {
        let bootstrap = Bootstrap::ready(function, &desk.env).await;
        let event = events::fresh(&desk, function, operation);
        bootstrap.invoke(&event).await;
        bootstrap.terminate();
        let ended = bootstrap.ended().await;
        assert!(
            ended.status.success(),
            "{:?}: {:?}",
            ended.status,
            ended.lines
        );
        assert_eq!(ended.init_errors, Vec::<serde_json::Value>::new());
    }
}
