//! The numbers are the service's (contract 4.16): four real processes count, and each count is there once.

use std::time::Duration;

use serde_json::Value;
use shared::clock::Clock;
use tests::{Bootstrap, Desk, events};

/// Requests to each process.
const EACH: usize = 2_500;
/// A flush is due this long after the last one; a request later it has come.
const WINDOW: Duration = Duration::from_millis(10_500);
/// So much between two requests to the processes that do not end cleanly, so that they serve for longer than a window.
const PAUSE: Duration = Duration::from_millis(4);

/// The count of a route's requests with this status, as `/metrics` shows it.
async fn counted(desk: &Desk, route: &str, status: &str) -> usize {
    let key = desk.key("channel", shared::api_key::Scope::Public);
    let answer = desk
        .call("GET", "/metrics", &[("authorization", &key)])
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let series = format!(
        r#"http_request_duration_seconds_count{{method="GET",host="api.example",path="{route}",status_code="{status}"}} "#
    );
    let line = text.lines().find_map(|line| line.strip_prefix(&series));
    line.map_or(0, |count| count.parse().unwrap_or_default())
}

/// Sends the event so often; when each was answered, in milliseconds.
async fn serve(process: &Bootstrap, event: &Value, status: u16, pause: Duration) -> Vec<i64> {
    let clock = Clock::system();
    let mut answered = Vec::with_capacity(EACH);
    for _ in 0..EACH {
        assert_eq!(process.invoke(event).await.status, status);
        answered.push(clock.now().millis());
        tokio::time::sleep(pause).await;
    }
    answered
}

/// How many of these answers were given longer than a window before the last one.
fn before_the_last_window(answered: &[i64]) -> usize {
    let last = answered.last().copied().unwrap_or_default();
    let window = i64::try_from(WINDOW.as_millis()).unwrap_or_default();
    answered.iter().filter(|at| **at < last - window).count()
}

async fn assert_only_a_window_is_missing(desk: &Desk, route: &str, status: &str, answered: &[i64]) {
    let least = before_the_last_window(answered);
    assert!(least > 0, "served for longer than a window: {route}");
    let counted = counted(desk, route, status).await;
    assert!(
        (least..=EACH).contains(&counted),
        "{route}: {counted} of {EACH}, at least {least}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_to_four_processes_are_counted_once() {
    let desk = &Desk::start().await;
    let start = || Bootstrap::ready("user-lookup", &desk.env);
    let (ended, ended_too, killed, idle) = tokio::join!(start(), start(), start(), start());
    // A route and status of their own for each two, so that what each counted can be told apart.
    let absent = events::fresh(desk, "user-lookup", "get_user");
    let by_person = events::fresh(desk, "user-lookup", "get_latest_user");
    let mut bad = absent.clone();
    events::set_parameter(&mut bad, "aura-id");
    let (_, _, of_killed, of_idle) = tokio::join!(
        serve(&ended, &absent, 404, Duration::ZERO),
        serve(&ended_too, &absent, 404, Duration::ZERO),
        serve(&killed, &by_person, 404, PAUSE),
        serve(&idle, &bad, 400, PAUSE),
    );
    for process in [ended, ended_too] {
        process.terminate();
        assert!(process.ended().await.status.success());
    }
    killed.kill().await;
    assert_eq!(
        counted(desk, "/users/{auraId}", "404").await,
        2 * EACH,
        "of the two that ended, every request once"
    );
    let by_person = "/users/aura-id-global/{aura_id_global}";
    assert_only_a_window_is_missing(desk, by_person, "404", &of_killed).await;
    assert_only_a_window_is_missing(desk, "/users/{auraId}", "400", &of_idle).await;
    // The idle one has the rest with its next request's flush, or with its end.
    idle.terminate();
    assert!(idle.ended().await.status.success());
    assert_eq!(counted(desk, "/users/{auraId}", "400").await, EACH);
}
