//! Counters never go down: not where the table is throttled for a minute, and not where every instance is another one.

use std::time::Duration;

use axum::Router;
use dev_server::bundle::bundle;
use tests::samples::{Samples, scrape};
use tests::{Desk, Fault, desk};

use crate::store_faults::desk_with_own_retries;

const ROUTE: &str = r#"http_request_duration_seconds_count{method="GET",host="api.example",path="/users/{auraId}","#;
/// As often as instances flush.
const PERIOD: Duration = Duration::from_secs(10);

/// What the service has counted of the route, whatever the status; `None` while it cannot say.
async fn counted(desk: &Desk, router: &Router) -> Option<u64> {
    let answer = scrape(desk, router, "*/*").await;
    if answer.status == 503 {
        return None;
    }
    let samples = Samples::of(&answer);
    let numbers = samples
        .beginning(ROUTE)
        .map(|(_, value)| value.parse::<u64>());
    Some(
        numbers
            .map(|number| number.unwrap_or_else(|error| panic!("{error}")))
            .sum(),
    )
}

async fn ask(desk: &Desk, router: &Router, times: u64) {
    let key = desk.bot();
    for _ in 0..times {
        desk::send(
            router,
            "GET",
            "/users/nobody",
            &[("authorization", key.as_bytes())],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_of_throttling_loses_nothing_and_lowers_nothing() {
    let desk = desk_with_own_retries().await;
    ask(&desk, &desk.router, 5).await;
    desk.clock.advance(PERIOD);
    ask(&desk, &desk.router, 1).await;
    assert_eq!(
        counted(&desk, &desk.router).await,
        Some(5),
        "the last one is not written yet"
    );
    desk.proxy.plan(|call| match &*call.operation {
        "GetSecretValue" | "ListSecretVersionIds" => Fault::None,
        _ => Fault::Error(400, "ThrottlingException"),
    });
    for _ in 0..5 {
        desk.clock.advance(PERIOD);
        ask(&desk, &desk.router, 2).await;
        assert_eq!(
            counted(&desk, &desk.router).await,
            None,
            "no number is better than a lower one"
        );
    }
    desk.proxy.heal();
    desk.clock.advance(PERIOD);
    ask(&desk, &desk.router, 1).await;
    assert_eq!(counted(&desk, &desk.router).await, Some(5 + 1 + 5 * 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_stays_when_every_instance_has_been_replaced() {
    let desk = Desk::start().await;
    let mut running = bundle(|name| desk.env.variables(name), &desk.clock.clock())
        .await
        .unwrap();
    let mut asked = 0;
    for generation in 1..=40 {
        ask(&desk, &running.router, generation).await;
        asked += generation;
        for flusher in &running.flushers {
            flusher.end().await;
        }
        running = bundle(|name| desk.env.variables(name), &desk.clock.clock())
            .await
            .unwrap();
        // Enough of them to be folded, again and again.
        desk.clock.advance(Duration::from_mins(2));
        assert_eq!(counted(&desk, &running.router).await, Some(asked));
    }
}
