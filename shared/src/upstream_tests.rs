//! What goes to an upstream and what is taken from one, by a server that answers byte for byte what a test tells it to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::connections::IDLE_FOR;
use super::*;
use crate::clock::Timestamp;

/// What the server does with a request.
#[derive(Clone, Debug)]
enum Step {
    /// Sends this and waits for the next request on the same connection.
    Answer(Vec<u8>),
    /// Sends this and closes the connection.
    Last(Vec<u8>),
    /// Sends this and resets the connection.
    Reset(Vec<u8>),
    /// Sends this and nothing more.
    Hang(Vec<u8>),
}

/// What the server saw: a text for each connection, with its requests.
type Seen = Arc<Mutex<Vec<String>>>;

/// An upstream that takes one step for each request, and what it saw.
async fn scripted(steps: Vec<Step>) -> (BaseUrl, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/base", listener.local_addr().unwrap());
    let seen = Seen::default();
    let steps = Arc::new(Mutex::new(steps.into_iter()));
    let told = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let place = told.lock().unwrap().len();
            told.lock().unwrap().push(String::new());
            tokio::spawn(serve(stream, place, Arc::clone(&told), Arc::clone(&steps)));
        }
    });
    (BaseUrl::parse(&url).unwrap(), seen)
}

type Steps = Arc<Mutex<std::vec::IntoIter<Step>>>;

async fn serve(mut stream: TcpStream, place: usize, seen: Seen, steps: Steps) {
    while let Some(request) = request(&mut stream).await {
        seen.lock().unwrap()[place] += &request;
        let step = steps.lock().unwrap().next();
        match step.unwrap_or(Step::Last(b"HTTP/1.1 500 \r\n\r\n".to_vec())) {
            Step::Answer(bytes) => stream.write_all(&bytes).await.unwrap(),
            Step::Last(bytes) => return stream.write_all(&bytes).await.unwrap(),
            Step::Reset(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                return stream.set_zero_linger().unwrap();
            }
            Step::Hang(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                std::future::pending::<()>().await;
            }
        }
    }
}

/// One request with its body; `None` when the connection ends.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if length.is_none_or(|length| body.len() >= length.parse().unwrap()) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
}

/// A whole answer with this status and body.
fn whole(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A whole answer that does not announce its length.
fn in_chunks(body: &[u8]) -> Vec<u8> {
    let mut answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(1000) {
        answer.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        answer.extend([chunk, b"\r\n"].concat());
    }
    answer.extend(b"0\r\n\r\n");
    answer
}

struct Caller {
    upstream: Upstream,
    metrics: Metrics,
    now: Arc<AtomicI64>,
}

impl Caller {
    fn of(base: BaseUrl) -> Self {
        let (metrics, now) = (Metrics::default(), Arc::new(AtomicI64::new(0)));
        let told = Arc::clone(&now);
        let clock = Clock::from_fn(move || Timestamp::from_secs(told.load(SeqCst)));
        let upstream = Upstream::new(base, metrics.clone(), clock);
        Self {
            upstream,
            metrics,
            now,
        }
    }

    async fn post(&self) -> Result<Answer, UpstreamFailure> {
        let correlator = Correlator("corr-1".into());
        let mut authorization = HeaderValue::from_static("Basic c2VjcmV0");
        authorization.set_sensitive(true);
        let form = [("code", "a+b/c= &é"), ("grant_type", "x")];
        let posted = self
            .upstream
            .post_form("/token", Some(authorization), &form, &correlator);
        posted.await
    }

    /// How many tries were counted, by method, host, path and status.
    fn counted(&self) -> Vec<(String, u64)> {
        let counts = self.metrics.counts();
        let tries = counts.family(Family::Outgoing.description().name);
        let tries = tries.map(|(labels, numbers)| (labels.join(" "), numbers[1..].iter().sum()));
        tries.collect()
    }
}

/// What comes of one request to a server that takes this step, and how it is counted. It is never sent twice.
async fn outcome(step: Step) -> (Result<Answer, UpstreamFailure>, String) {
    let (base, seen) = scripted(vec![step]).await;
    let host = base.authority.clone();
    let caller = Caller::of(base);
    let answer = caller.post().await;
    let requests = seen.lock().unwrap().concat().matches("POST ").count();
    assert_eq!(requests, 1);
    let counted = caller.counted();
    assert_eq!(counted.len(), 1, "{counted:?}");
    let status = counted[0].0.strip_prefix(&format!("POST {host} /token "));
    (answer, status.unwrap().to_owned())
}

#[tokio::test]
async fn a_form_is_posted_with_what_is_needed_and_nothing_else() {
    let (base, seen) = scripted(vec![Step::Answer(whole("200 OK", b"{}"))]).await;
    let host = base.authority.clone();
    Caller::of(base).post().await.unwrap();
    let request = seen.lock().unwrap().concat();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "code=a%2Bb%2Fc%3D+%26%C3%A9&grant_type=x");
    let mut lines: Vec<_> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /base/token HTTP/1.1");
    lines.sort_unstable();
    let expected = [
        "accept: application/json",
        "authorization: Basic c2VjcmV0",
        "content-length: 40",
        "content-type: application/x-www-form-urlencoded",
        &format!("host: {host}"),
        "x-correlator: corr-1",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn answers_are_taken_as_they_are() {
    for (status, code) in [
        ("200 OK", 200),
        ("302 Found", 302),
        ("404 No", 404),
        ("503 X", 503),
    ] {
        let head = format!(
            "HTTP/1.1 {status}\r\nlocation: /elsewhere\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n"
        );
        let bytes = [head.as_bytes(), b"\x1f\x8b\0\xff"].concat();
        let (answer, counted) = outcome(Step::Answer(bytes)).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status.as_u16(), counted), (code, code.to_string()));
        assert_eq!(answer.body, b"\x1f\x8b\0\xff");
        assert_eq!(answer.headers["location"], "/elsewhere");
    }
}

#[tokio::test]
async fn answers_over_64_kib_are_refused() {
    let (longest, longer) = (vec![b'x'; MAX_ANSWER], vec![b'x'; MAX_ANSWER + 1]);
    for form in [in_chunks, |body: &[u8]| whole("200 OK", body)] {
        let (answer, _) = outcome(Step::Answer(form(&longest))).await;
        assert_eq!(answer.unwrap().body, longest);
        let (answer, counted) = outcome(Step::Answer(form(&longer))).await;
        assert_eq!(answer.unwrap_err(), UpstreamFailure::TooLong);
        assert_eq!(counted, "error");
    }
    let until_closed = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &longer].concat();
    let (answer, _) = outcome(Step::Last(until_closed)).await;
    assert_eq!(answer.unwrap_err(), UpstreamFailure::TooLong);
}

#[tokio::test]
async fn what_is_announced_as_too_long_is_not_waited_for() {
    for length in ["65537", "5000000", "9000000000000000000"] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        let (answer, _) = outcome(Step::Hang(head.into_bytes())).await;
        assert_eq!(answer.unwrap_err(), UpstreamFailure::TooLong, "{length}");
    }
}

#[tokio::test]
async fn broken_answers_are_told_from_none() {
    let half_body = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"a\"".to_vec();
    let half_chunk = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"a\"".to_vec();
    for step in [
        Step::Last(Vec::new()),
        Step::Last(b"HTTP/1.1 20".to_vec()),
        Step::Last(b"nonsense\r\n\r\n".to_vec()),
        Step::Last(half_body.clone()),
        Step::Last(half_chunk),
        Step::Reset(Vec::new()),
        Step::Reset(half_body),
    ] {
        let (answer, counted) = outcome(step.clone()).await;
        assert_eq!(answer.unwrap_err(), UpstreamFailure::Broken, "{step:?}");
        assert_eq!(counted, "error", "{step:?}");
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let caller = Caller::of(BaseUrl::parse(&format!("http://{host}")).unwrap());
    assert_eq!(caller.post().await.unwrap_err(), UpstreamFailure::NotSent);
    assert_eq!(caller.counted(), [(format!("POST {host} /token error"), 1)]);
}

#[tokio::test]
async fn a_call_that_is_given_up_counts_as_a_timeout() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec();
    for step in [Step::Hang(Vec::new()), Step::Hang(head)] {
        let (base, _) = scripted(vec![step]).await;
        let host = base.authority.clone();
        let caller = Caller::of(base);
        let limited = tokio::time::timeout(Duration::from_millis(100), caller.post());
        assert!(limited.await.is_err());
        assert_eq!(
            caller.counted(),
            [(format!("POST {host} /token timeout"), 1)]
        );
    }
}

#[tokio::test]
async fn a_connection_is_kept_until_it_was_idle_for_too_long() {
    let answer = b"HTTP/1.1 200 OK\r\nset-cookie: a=secret\r\ncontent-length: 2\r\n\r\n{}".to_vec();
    let (base, seen) = scripted(vec![Step::Answer(answer); 5]).await;
    let caller = Caller::of(base);
    let idle = i64::try_from(IDLE_FOR.as_secs()).unwrap();
    // A clock that was set back tells no age.
    for (at, connections) in [(0, 1), (idle, 1), (2 * idle, 1), (3 * idle + 1, 2), (0, 3)] {
        caller.now.store(at, SeqCst);
        caller.post().await.unwrap();
        assert_eq!(seen.lock().unwrap().len(), connections, "at {at}");
    }
    assert!(!seen.lock().unwrap().concat().contains("secret"));
}

#[tokio::test]
async fn a_server_without_tls_gets_a_greeting_only() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let greeting = tokio::spawn(async move {
        let mut stream = listener.accept().await.unwrap().0;
        let mut read = vec![0; 4096];
        let length = stream.read(&mut read).await.unwrap();
        stream.write_all(&whole("200 OK", b"{}")).await.unwrap();
        stream.read_to_end(&mut read).await.unwrap();
        read[..length].to_vec()
    });
    let caller = Caller::of(BaseUrl::parse(&format!("https://localhost:{port}")).unwrap());
    assert_eq!(caller.post().await.unwrap_err(), UpstreamFailure::NotSent);
    let greeting = greeting.await.unwrap();
    let has = |part: &[u8]| greeting.windows(part.len()).any(|window| window == part);
    assert_eq!(greeting[0], 22, "a TLS handshake");
    assert!(has(b"localhost") && has(b"\x08http/1.1") && !has(b"\x02h2"));
    assert!(!has(b"POST") && !has(b"code"));
}

#[test]
fn debug_shows_the_status_only() {
    let answer = Answer {
        status: StatusCode::OK,
        headers: HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("secret"))]),
        body: b"secret".to_vec(),
    };
    assert_eq!(format!("{answer:?}"), "Answer { status: 200, .. }");
}

#[tokio::test]
async fn nothing_is_posted_with_its_length() {
    let (base, seen) = scripted(vec![Step::Answer(whole("201 Created", b"{}"))]).await;
    let host = base.authority.clone();
    let caller = Caller::of(base);
    let correlator = Correlator("corr-1".into());
    let bearer = HeaderValue::from_static("Bearer c2VjcmV0");
    let posted = caller.upstream.post_nothing("/tokens", bearer, &correlator);
    assert_eq!(posted.await.unwrap().status, 201);
    let request = seen.lock().unwrap().concat();
    let head = request.strip_suffix("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /base/tokens HTTP/1.1");
    lines.sort_unstable();
    let expected = [
        "accept: application/json",
        "authorization: Bearer c2VjcmV0",
        "content-length: 0",
        &format!("host: {host}"),
        "x-correlator: corr-1",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn an_address_is_gotten_with_and_without_a_path() {
    let steps = vec![
        Step::Answer(whole("200 OK", b"{}")),
        Step::Answer(whole("302 Found", b"")),
    ];
    let (base, seen) = scripted(steps).await;
    let caller = Caller::of(base);
    let correlator = Correlator("corr-1".into());
    let key = HeaderValue::from_static("APIKEY c2VjcmV0");
    let one = caller.upstream.get("/ping", Some(key), &correlator).await;
    let other = caller.upstream.get("", None, &correlator).await;
    assert_eq!(one.unwrap().body, b"{}");
    assert_eq!(other.unwrap().status, 302, "no redirect is followed");
    let requests = seen.lock().unwrap().concat();
    assert!(requests.starts_with("GET /base/ping HTTP/1.1\r\n"));
    assert_eq!(
        requests.matches("authorization: APIKEY c2VjcmV0").count(),
        1
    );
    assert!(requests.contains("GET /base HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_warm_connection_is_the_one_that_the_first_call_takes() {
    let not_found = b"HTTP/1.1 404 No\r\ncontent-length: 9\r\n\r\n".to_vec();
    let steps = vec![
        Step::Answer(not_found),
        Step::Answer(whole("200 OK", b"{}")),
    ];
    let (base, seen) = scripted(steps).await;
    let host = base.authority.clone();
    let caller = Caller::of(base);
    caller.upstream.warm().await;
    let greeting = format!("HEAD /base/ HTTP/1.1\r\naccept: */*\r\nhost: {host}\r\n\r\n");
    assert_eq!(seen.lock().unwrap().concat(), greeting);
    assert_eq!(caller.counted(), []);
    caller.post().await.unwrap();
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_waits_long_for_a_warm_connection() {
    let (base, _) = scripted(vec![Step::Hang(Vec::new())]).await;
    let caller = Caller::of(base);
    let warmed = tokio::time::timeout(2 * WARM_LIMIT, caller.upstream.warm());
    assert!(warmed.await.is_ok());
}
