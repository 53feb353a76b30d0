//! Direct Line fails in every way: the documented status comes within the limit, calls are repeated exactly as documented, and
//! nothing secret is told.

use std::time::Duration;

use dev_server::bundle::bundle;
use serde_json::Value;
use tests::samples::{Samples, scrape};
use tests::{Answer, Desk, Fault, Proxy};
use tokio::time::Instant;

const ENDPOINTS: [&str; 2] = ["/token", "/token/wss"];
/// All of a request's calls together; and what is granted to a machine that is busy.
const TIME_LIMIT: Duration = Duration::from_secs(5);
const GRACE: Duration = Duration::from_millis(1500);

/// What becomes of the calls for one request, and what comes of it.
struct Case {
    what: &'static str,
    /// By call; those after them are passed on.
    faults: Vec<Fault>,
    status: u16,
    calls: usize,
    /// What failed, by the metric's words.
    kinds: &'static [&'static str],
}

fn case(
    what: &'static str,
    faults: &[Fault],
    status: u16,
    calls: usize,
    kinds: &'static [&'static str],
) -> Case {
    Case {
        what,
        faults: faults.to_vec(),
        status,
        calls,
        kinds,
    }
}

fn answered(status: u16, body: &'static str) -> Fault {
    Fault::Answer(status, body.into())
}

fn wait(text: &str) -> Fault {
    Fault::Wait(429, text.to_owned())
}

/// A body as the service has it, with words that may not come out.
fn refused(status: u16) -> Fault {
    let body = r#"{"error":{"code":"BadArgument","message":"Invalid s3cret"}}"#;
    answered(status, body)
}

/// An HTTP-date so many seconds ahead of the desk's clock (RFC 9110 5.6.7).
fn date(desk: &Desk, seconds: u64) -> String {
    let at = desk.clock.now().plus(Duration::from_secs(seconds));
    let since = Duration::from_secs(u64::try_from(at.secs()).unwrap_or_default());
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + since)
}

/// A request as it went.
struct Went {
    answer: Answer,
    calls: usize,
    took: Duration,
}

async fn ask(desk: &Desk, path: &str, faults: Vec<Fault>) -> Went {
    // What was refused a minute ago is forgotten.
    desk.clock.advance(Duration::from_secs(61));
    let mut faults = faults.into_iter();
    desk.direct_line
        .plan(move |_| faults.next().unwrap_or_default());
    let key = desk.bot();
    let started = Instant::now();
    let answer = desk.call("GET", path, &[("authorization", &key)]).await;
    let took = started.elapsed();
    let calls = desk.direct_line.take_calls();
    assert!(took < TIME_LIMIT + GRACE, "{path}: {took:?}");
    tells_nothing(desk, &answer);
    Went {
        answer,
        calls: calls.len(),
        took,
    }
}

/// Nothing of the secrets, of what Direct Line said, or of where it is.
fn tells_nothing(desk: &Desk, answer: &Answer) {
    if answer.status.is_success() {
        return;
    }
    let told = format!("{:?} {:?}", answer.headers, answer.body);
    let secrets = desk.secrets.get(&desk.names.direct_line_secret);
    let secrets = secrets.unwrap_or_default();
    let secrets: Value = serde_json::from_str(&secrets).unwrap_or_default();
    let texts = ["primary", "secondary"].map(|slot| secrets[slot].as_str().unwrap_or("?"));
    let words = ["s3cret", "BadArgument", "directline", "127.0.0.1"];
    for word in words.into_iter().chain(texts) {
        assert!(!told.contains(word), "{word} in {told}");
    }
}

/// The failures that were counted, by kind.
fn failures(desk: &Desk) -> Vec<(String, u64)> {
    let mut all = Vec::new();
    for flusher in &desk.flushers {
        let counts = flusher.metrics().counts();
        for (labels, numbers) in counts.family("upstream_failures") {
            assert_eq!(labels[0], "direct-line");
            all.push((labels[1].clone(), numbers[0]));
        }
    }
    all
}

/// How often each of these kinds stands there, besides what was counted before.
fn added(before: &[(String, u64)], kinds: &[&str]) -> Vec<(String, u64)> {
    let mut all = before.to_vec();
    for kind in kinds {
        match all.iter_mut().find(|(known, _)| known == kind) {
            Some((_, count)) => *count += 1,
            None => all.push(((*kind).to_owned(), 1)),
        }
    }
    all.sort();
    all
}

async fn check(desk: &Desk, cases: Vec<Case>) {
    for case in cases {
        for path in ENDPOINTS {
            let what = format!("{path}: {}", case.what);
            let before = failures(desk);
            let went = ask(desk, path, case.faults.clone()).await;
            assert_eq!(went.answer.status, case.status, "{what}: {:?}", went.answer);
            assert_eq!(went.calls, case.calls, "{what}");
            assert_eq!(failures(desk), added(&before, case.kinds), "{what}");
            let code = match case.status {
                429 => "RATE_LIMITED",
                502 => "UPSTREAM_ERROR",
                504 => "UPSTREAM_TIMEOUT",
                _ => "",
            };
            assert_eq!(went.answer.text("code"), code, "{what}");
        }
    }
}

const SERVER: &str = "server-error";
const REFUSED: &str = "refused-secret";
const LIMITED: &str = "rate-limited";
const BROKEN: &str = "broken";
const OTHER: &str = "unexpected-status";

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_secret_is_followed_by_the_other_and_by_no_third() {
    let desk = Desk::start().await;
    let mut cases = Vec::new();
    for status in [401, 403] {
        let fault = refused(status);
        cases.push(case(
            "first slot",
            std::slice::from_ref(&fault),
            200,
            2,
            &[REFUSED],
        ));
        let both = vec![fault; 3];
        cases.push(case("both", &both, 502, 2, &[REFUSED, REFUSED]));
    }
    check(&desk, cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_repeated_is_repeated_once() {
    let desk = Desk::start().await;
    let half = Fault::HalfAnswer;
    let mut cases = Vec::new();
    for (what, fault, kinds) in [
        ("500", refused(500), [SERVER; 2]),
        ("502", refused(502), [SERVER; 2]),
        ("503", Fault::Wait(503, "60".to_owned()), [SERVER; 2]),
        ("reset", Fault::Refused, [BROKEN; 2]),
        ("lost answer", Fault::LostAnswer, [BROKEN; 2]),
        ("half an answer", half, [BROKEN; 2]),
    ] {
        let kinds: &'static [&'static str] = Box::leak(Box::new(kinds));
        cases.push(case(
            what,
            std::slice::from_ref(&fault),
            200,
            2,
            &kinds[..1],
        ));
        cases.push(case(what, &vec![fault; 3], 502, 2, kinds));
    }
    check(&desk, cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_the_same_again_is_not_repeated() {
    let desk = Desk::start().await;
    let elsewhere = Proxy::start(desk.direct_line.url()).await;
    let address: &'static str = Box::leak(elsewhere.url().to_owned().into_boxed_str());
    let long: &'static str = Box::leak("x".repeat(10 << 20).into_boxed_str());
    let cut = r#"{"conversationId":"c","token":"t","expires_in":1800,"streamUrl":"ws"#;
    let mut cases = vec![
        case("10 MB", &[answered(200, long)], 502, 1, &["too-long"]),
        case("a redirect", &[Fault::Redirect(address)], 502, 1, &[OTHER]),
        case(
            "an error of 10 MB",
            &[answered(404, long)],
            502,
            1,
            &[OTHER],
        ),
        case(
            "a refusal of 10 MB",
            &[answered(401, long)],
            200,
            2,
            &[REFUSED],
        ),
        case("truncated JSON", &[answered(200, cut)], 502, 1, &[BROKEN]),
        case("no body", &[answered(200, "")], 502, 1, &[BROKEN]),
        case("a page", &[answered(200, "<html>")], 502, 1, &[BROKEN]),
    ];
    for status in [202, 204, 301, 304, 400, 404, 410, 411] {
        cases.push(case("status", &[refused(status)], 502, 1, &[OTHER]));
    }
    for body in [
        r#"{"conversationId":"c","token":1,"expires_in":1800,"streamUrl":"ws://d/s"}"#,
        r#"{"conversationId":"c","token":"","expires_in":1800,"streamUrl":"ws://d/s"}"#,
        r#"{"conversationId":"c","token":"t","expires_in":"1800","streamUrl":"ws://d/s"}"#,
        r#"{"conversationId":"c","token":"t","expires_in":0,"streamUrl":"ws://d/s"}"#,
        r#"["t",1800]"#,
    ] {
        cases.push(case("types", &[answered(200, body)], 502, 1, &[BROKEN]));
    }
    check(&desk, cases).await;
    assert_eq!(elsewhere.take_operations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_elsewhere_than_at_a_web_socket_is_none() {
    let desk = Desk::start().await;
    for stream in ["http://d/s", "https://d/s", "ws:", "/s", ""] {
        let body = format!(
            r#"{{"conversationId":"c","token":"t","expires_in":1800,"streamUrl":"{stream}"}}"#
        );
        let faults = vec![Fault::Answer(201, body.into())];
        assert_eq!(
            ask(&desk, "/token", faults.clone()).await.answer.status,
            200
        );
        let went = ask(&desk, "/token/wss", faults).await;
        assert_eq!(
            (went.answer.status.as_u16(), went.calls),
            (502, 1),
            "{stream}"
        );
    }
}

/// Sequences of failures: `r`efused, `f`ailed, `b`usy; what comes of them, after how many calls.
const SEQUENCES: [(&str, u16, usize); 6] = [
    ("rf", 200, 3),
    ("fr", 200, 3),
    ("br", 200, 3),
    ("rff", 502, 3),
    ("frb", 429, 3),
    ("frr", 502, 3),
];

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_other_slot_and_one_repetition_for_a_request() {
    let desk = Desk::start().await;
    for (sequence, status, calls) in SEQUENCES {
        let of = |failure| match failure {
            'r' => (refused(401), REFUSED),
            'f' => (refused(500), SERVER),
            _ => (wait("0"), LIMITED),
        };
        let (faults, kinds): (Vec<_>, Vec<_>) = sequence.chars().map(of).unzip();
        let kinds: &'static [&'static str] = kinds.leak();
        check(&desk, vec![case(sequence, &faults, status, calls, kinds)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_fits_is_kept_and_one_that_does_not_is_passed_on_at_once() {
    let desk = Desk::start().await;
    for (path, text, seconds, told) in [
        ("/token", "0", 0, "1"),
        ("/token", "1", 1, "1"),
        ("/token/wss", "2", 2, "2"),
        ("/token", "soon", 0, "5"),
    ] {
        let went = ask(&desk, path, vec![wait(text)]).await;
        assert_eq!(
            (went.answer.status.as_u16(), went.calls),
            (200, 2),
            "{text}"
        );
        assert!(
            went.took >= Duration::from_secs(seconds),
            "{text}: {:?}",
            went.took
        );
        let went = ask(&desk, path, vec![wait(text); 2]).await;
        assert_eq!(
            (went.answer.status.as_u16(), went.calls),
            (429, 2),
            "{text}"
        );
        assert_eq!(went.answer.header("retry-after"), told, "{text}");
    }
    for text in ["5", "60", "18446744073709551615"] {
        let went = ask(&desk, "/token", vec![wait(text)]).await;
        assert_eq!(
            (went.answer.status.as_u16(), went.calls),
            (429, 1),
            "{text}"
        );
        assert_eq!(went.answer.header("retry-after"), text);
        assert!(
            went.took < Duration::from_secs(1),
            "{text}: {:?}",
            went.took
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_may_be_a_date() {
    let desk = Desk::start().await;
    // The desk's clock is moved on before each request, by so much.
    for (ahead, status, calls) in [(62, 200, 2), (60, 200, 2), (121, 429, 1)] {
        let fault = wait(&date(&desk, ahead));
        let went = ask(&desk, "/token", vec![fault]).await;
        assert_eq!(
            (went.answer.status.as_u16(), went.calls),
            (status, calls),
            "{ahead}"
        );
        if status == 429 {
            let told: u64 = went.answer.header("retry-after").parse().unwrap();
            assert!((59..=60).contains(&told), "{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_ends_is_504_after_five_seconds() {
    let hang = Fault::Hang(Duration::from_mins(1));
    for (faults, calls) in [
        (vec![hang.clone()], 1),
        (vec![refused(500), hang.clone()], 2),
        (vec![refused(403), hang], 2),
        (vec![Fault::SlowDrip(Duration::from_millis(200))], 1),
    ] {
        let desk = Desk::start().await;
        let path = ENDPOINTS[calls - 1];
        let went = ask(&desk, path, faults).await;
        assert_eq!(
            (went.answer.status.as_u16(), went.calls),
            (504, calls),
            "{path}"
        );
        assert_eq!(went.answer.text("code"), "UPSTREAM_TIMEOUT");
        assert!(went.took >= TIME_LIMIT, "{:?}", went.took);
        let timeouts = failures(&desk).into_iter();
        let timeouts: Vec<_> = timeouts.filter(|(kind, _)| kind == "timeout").collect();
        assert_eq!(timeouts, [("timeout".to_owned(), 1)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_listens_it_is_502_after_a_second_look() {
    let mut desk = Desk::start().await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    desk.env.direct_line_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (env, clock) = (desk.env.clone(), desk.clock.clock());
    let made = bundle(|name| env.variables(name), &clock).await.unwrap();
    (desk.router, desk.flushers) = (made.router, made.flushers);
    let key = desk.bot();
    let answer = desk.call("GET", "/token", &[("authorization", &key)]).await;
    assert_eq!(answer.status, 502);
    assert_eq!(failures(&desk), [("connection".to_owned(), 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_what_failed_and_nothing_secret() {
    let desk = Desk::start().await;
    ask(&desk, "/token", vec![refused(401)]).await;
    let issued = ask(&desk, "/token/wss", vec![refused(503)]).await.answer;
    for flusher in &desk.flushers {
        flusher.flush().await;
    }
    let scraped = scrape(&desk, &desk.router, "*/*").await;
    let seen = Samples::of(&scraped);
    for (series, count) in [
        (r#"direct_line_secrets_refused_total{slot="primary"}"#, 1),
        (
            r#"upstream_failures_total{upstream="direct-line",kind="refused-secret"}"#,
            1,
        ),
        (
            r#"upstream_failures_total{upstream="direct-line",kind="server-error"}"#,
            1,
        ),
    ] {
        assert_eq!(seen.count(series), count, "{series}");
    }
    let outgoing =
        seen.beginning("outgoing_request_duration_seconds_count{method=\"POST\",host=\"127");
    let outgoing: u64 = outgoing
        .filter(|(series, _)| series.contains("/v3/directline/"))
        .map(|(_, count)| count.parse::<u64>().unwrap())
        .sum();
    assert_eq!(outgoing, 4);
    let text = String::from_utf8_lossy(&scraped.body).into_owned();
    let secrets = desk.secrets.get(&desk.names.direct_line_secret).unwrap();
    let secrets: Value = serde_json::from_str(&secrets).unwrap();
    for word in [
        secrets["primary"].as_str().unwrap(),
        secrets["secondary"].as_str().unwrap(),
        &issued.text("token"),
        &issued.text("conversationId"),
    ] {
        assert!(!text.contains(word));
    }
}
