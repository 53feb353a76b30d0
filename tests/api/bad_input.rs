//! What callers send that is not what it must be: always a 400 that names it, never a 5xx, never a write. And what every
//! answer carries, good or bad.

use shared::api_key::Scope;
use tests::{Answer, Desk, Fault, desk, table};

use crate::access_matrix::{Stored, everything_stored};

/// A request's headers but for its key, values as bytes.
type Headers = Vec<(&'static str, Vec<u8>)>;

/// An operation, where its path parameter goes (`{}`), and what it takes.
struct Operation {
    method: &'static str,
    path: &'static str,
    parameter: Option<(&'static str, Kind)>,
    headers: &'static [(&'static str, Kind)],
    scope: Scope,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Id,
    AuraId,
    Channel,
    Number,
}

const REGISTRATION: &[(&str, Kind)] = &[
    ("x-user-id", Kind::Id),
    ("x-authorization-id", Kind::Id),
    ("x-channel-id", Kind::Channel),
    ("x-phone-number", Kind::Number),
];

const OPERATIONS: [Operation; 6] = [
    Operation {
        method: "GET",
        path: "/users/aura-id",
        parameter: None,
        headers: REGISTRATION,
        scope: Scope::Kernel,
    },
    Operation {
        method: "GET",
        path: "/users/aura-id/{}",
        parameter: Some(("auraId", Kind::AuraId)),
        headers: REGISTRATION,
        scope: Scope::Internal,
    },
    Operation {
        method: "DELETE",
        path: "/admin/users/phone-numbers/{}",
        parameter: Some(("phone_number", Kind::Number)),
        headers: &[],
        scope: Scope::Kernel,
    },
    Operation {
        method: "DELETE",
        path: "/users/{}",
        parameter: Some(("auraId", Kind::AuraId)),
        headers: &[],
        scope: Scope::Kernel,
    },
    Operation {
        method: "GET",
        path: "/users/{}",
        parameter: Some(("auraId", Kind::AuraId)),
        headers: &[],
        scope: Scope::Internal,
    },
    Operation {
        method: "GET",
        path: "/users/aura-id-global/{}",
        parameter: Some(("aura_id_global", Kind::Id)),
        headers: &[("x-channel-id", Kind::Channel)],
        scope: Scope::Kernel,
    },
];

impl Kind {
    fn good(self) -> &'static str {
        match self {
            Self::Id | Self::AuraId => "good-1",
            Self::Channel => "app",
            Self::Number => "+34600000001",
        }
    }

    /// Values that a header of this kind may not have.
    fn bad_headers(self) -> Vec<Vec<u8>> {
        let own = match self {
            Self::Id | Self::AuraId => "",
            Self::Channel => "fax|APP|app.|app-",
            Self::Number => BAD_NUMBERS,
        };
        let texts = BAD_HEADERS.split('|').chain(own.split('|')).chain(["a|b"]);
        let mut bad: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).collect();
        bad.extend(BAD_BYTES.map(<[u8]>::to_vec));
        bad.extend([129, 8 * 1024].map(|length| vec![b'1'; length]));
        bad
    }

    /// What a path segment of this kind may not be, as it stands in the request.
    fn bad_segments(self) -> Vec<String> {
        let own: Vec<String> = match self {
            Self::Id | Self::Channel => Vec::new(),
            Self::AuraId => RESERVED.split(' ').map(str::to_owned).collect(),
            Self::Number => BAD_NUMBERS.split('|').map(encoded).collect(),
        };
        let mut bad: Vec<String> = BAD_SEGMENTS.split(' ').map(str::to_owned).collect();
        bad.extend([129, 8 * 1024].map(|length| "1".repeat(length)));
        bad.extend(own);
        bad
    }
}

/// Header values that are nothing good, between `|`: empty, blank, dots, separators, encoded, look-alikes. NUL, CR, LF and
/// other control characters but the tab cannot stand in a header at all: HTTP libraries and API Gateway refuse them.
const BAD_HEADERS: &str = "| |    |\t| \t |.|..|../x|a/b|a b|a\tb|\ta|a |,|a,b|app,app|app, app|a%20b|%61|%2561|%2e%2e|\
    é|ａｐｐ|а\u{440}\u{440}|a\u{200b}|\u{feff}app|null\u{a0}|<a>|a;b|a=b|'|\"app\"|a\\b|{}|$a|a#b|a*|(a)|~a|a?b|a&b|!";

/// What is not UTF-8 at all.
const BAD_BYTES: [&[u8]; 8] = [
    b"\x80",
    b"\xa0",
    b"\xff",
    b"app\xff",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\xf0\x9f",
];

/// Path segments that are nothing good, between spaces: blank, controls, dots, separators, broken and double encodings, what
/// is not UTF-8, look-alikes.
const BAD_SEGMENTS: &str = "%20 %20%20 %09 %00 a%00 %0A a%0D%0A %7F %1B %C2%85 . .. %2e %2E%2e %2e. ..%2f a%2Fb \
    ..%2F..%2Fusers%2Fa a%5Cb a%20b a, a,b a%2Cb a;b a%3Bb=1 a=b a%3Fb a%23b a* $a 'a' (a) ~a ! %22a%22 %3Ca%3E a% % %zz %2 \
    %u0061 %FF a%FF %C3%28 %ED%A0%80 %C0%AF %F0%9F %C3%A9 é %EF%BD%81 %D0%B0pp a%E2%80%8B %EF%BB%BFa a%C2%A0 %2541 \
    %252e%252e %252B34600000001 %2534600000001 %25 {auraId} a|b ＋34600000001 ٣٤٦٠٠٠٠٠٠٠١";

/// `/users/aura-id` itself is another route's path; here the word stands encoded.
const RESERVED: &str =
    "auraid aura-id-global aura%2Did %61ura-id %61uraid aura-id%2Dglobal %61%75%72%61%69%64";

/// What is no phone number, between `|`: signs, zeros, lengths, writings for people, digits of other scripts.
const BAD_NUMBERS: &str = "+|++34600000001|+0600000001|0600000001|0034600000001|+00|34600|123456|+123456|1234567890123456|\
    +1234567890123456|+34-600-000-001|+34 600 000 001|(34)600000001|34600000001+|3460000+0001|tel:+34600000001|\
    +34600000001;ext=1|+3460000000a|0x34600000|3.4600000e10|-34600000001|+34600000001,+34600000002|%2B34600000001|\
    ٣٤٦٠٠٠٠٠٠٠١|३४६००००००००१|３４６０００００００１|+34６00000001|＋34600000001|﹢34600000001|⁺34600000001|𝟑𝟒𝟔𝟎𝟎𝟎𝟎𝟎𝟎𝟎𝟏";

/// Every byte percent-encoded.
fn encoded(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

impl Operation {
    fn url(&self) -> String {
        let good = self.parameter.map_or("", |(_, kind)| kind.good());
        self.path.replace("{}", good)
    }

    fn good_headers(&self) -> Headers {
        let good = |&(name, kind): &(_, Kind)| (name, kind.good().as_bytes().to_vec());
        self.headers.iter().map(good).collect()
    }

    fn key(&self, desk: &Desk) -> String {
        match self.scope {
            Scope::Internal => desk.bot(),
            _ => desk.kernel(),
        }
    }

    async fn send(&self, desk: &Desk, url: &str, headers: &Headers) -> Answer {
        let key = self.key(desk);
        let mut all: Vec<(&str, &[u8])> = vec![("authorization", key.as_bytes())];
        all.extend(
            headers
                .iter()
                .map(|(name, value)| (*name, value.as_slice())),
        );
        desk.send(self.method, url, &all).await
    }
}

/// Whether it is the 400 that names this and nothing else, with everything that a problem has.
fn names(answer: &Answer, place: &str, name: &str) -> bool {
    let begins = format!("{place} {name} must be ");
    is_problem(answer, 400, "INVALID_ARGUMENT") && answer.text("detail").starts_with(&begins)
}

/// Whether it is a problem document of exactly the documented form.
fn is_problem(answer: &Answer, status: u16, code: &str) -> bool {
    if answer.status != status || answer.header("content-type") != "application/problem+json" {
        return false;
    }
    let body = answer.json();
    let members: Vec<_> = body
        .as_object()
        .into_iter()
        .flat_map(|body| body.keys())
        .collect();
    let text = |member: &str| body[member].as_str().is_some_and(|text| !text.is_empty());
    members == ["code", "correlator", "detail", "status", "title", "type"]
        && body["status"] == status
        && body["code"] == code
        && body["correlator"] == answer.header("x-correlator")
        && ["type", "title", "detail", "correlator"]
            .into_iter()
            .all(text)
}

/// Whether it carries what every answer of the functions carries.
fn is_dressed(answer: &Answer) -> bool {
    let once = |name: &str| answer.headers.get_all(name).iter().count() == 1;
    ["x-correlator", "cache-control", "x-content-type-options"]
        .into_iter()
        .all(once)
        && !answer.header("x-correlator").is_empty()
        && answer.header("cache-control") == "no-store"
        && answer.header("x-content-type-options") == "nosniff"
}

/// A desk that has somebody to lose, and what is stored there.
async fn inhabited() -> (Desk, Stored) {
    let desk = Desk::start().await;
    let registered = desk
        .register("good-1", "a1", "app", Some("+34600000001"))
        .await;
    assert_eq!(registered.status, 200);
    let stored = everything_stored(&desk).await;
    (desk, stored)
}

/// Fails with all of them, each cut to a length that can be read.
fn assert_none(wrong: &[String]) {
    let short: Vec<String> = wrong
        .iter()
        .map(|line| line.chars().take(300).collect())
        .collect();
    assert!(short.is_empty(), "{} wrong: {short:#?}", short.len());
}

/// Two values for one header, in whatever way they are sent.
fn repeated(kind: Kind) -> [[Vec<u8>; 2]; 4] {
    let good = kind.good().as_bytes().to_vec();
    [
        [good.clone(), good.clone()],
        [good.clone(), b"other-1".to_vec()],
        [good.clone(), Vec::new()],
        [Vec::new(), good],
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_header_is_a_400_that_names_it_and_nothing_is_written() {
    let (desk, stored) = inhabited().await;
    let mut wrong = Vec::new();
    for operation in &OPERATIONS {
        for (at, &(name, kind)) in operation.headers.iter().enumerate() {
            for value in kind.bad_headers() {
                let mut headers = operation.good_headers();
                headers[at].1.clone_from(&value);
                let answer = operation.send(&desk, &operation.url(), &headers).await;
                if !names(&answer, "header", name) || !is_dressed(&answer) {
                    let value = String::from_utf8_lossy(&value);
                    wrong.push(format!("{} {name}: {value:?}: {answer:?}", operation.path));
                }
            }
        }
    }
    assert_none(&wrong);
    assert_eq!(everything_stored(&desk).await, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_header_is_a_400_that_names_it_and_nothing_is_written() {
    let (desk, stored) = inhabited().await;
    let mut wrong = Vec::new();
    for operation in &OPERATIONS {
        for (at, &(name, kind)) in operation.headers.iter().enumerate() {
            for [first, second] in repeated(kind) {
                let mut headers = operation.good_headers();
                headers[at].1 = first;
                headers.push((name, second));
                let answer = operation.send(&desk, &operation.url(), &headers).await;
                if !names(&answer, "header", name) {
                    wrong.push(format!("{} {:?}: {answer:?}", operation.path, headers));
                }
            }
        }
    }
    assert_none(&wrong);
    assert_eq!(everything_stored(&desk).await, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_required_header_is_a_400_that_names_it_and_nothing_is_written() {
    let (desk, stored) = inhabited().await;
    for operation in &OPERATIONS {
        let required = operation
            .headers
            .iter()
            .filter(|(_, kind)| *kind != Kind::Number);
        for (name, _) in required {
            let mut headers = operation.good_headers();
            headers.retain(|(other, _)| other != name);
            let answer = operation.send(&desk, &operation.url(), &headers).await;
            assert!(
                names(&answer, "header", name),
                "{} {name}: {answer:?}",
                operation.path
            );
        }
    }
    assert_eq!(everything_stored(&desk).await, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_path_parameter_is_a_400_that_names_it_and_nothing_is_written() {
    let (desk, stored) = inhabited().await;
    let mut wrong = Vec::new();
    for operation in &OPERATIONS {
        let Some((name, kind)) = operation.parameter else {
            continue;
        };
        for segment in kind.bad_segments() {
            let url = operation.path.replace("{}", &segment);
            let answer = operation.send(&desk, &url, &operation.good_headers()).await;
            if !names(&answer, "path parameter", name) || !is_dressed(&answer) {
                wrong.push(format!("{} {url}: {answer:?}", operation.method));
            }
        }
    }
    assert_none(&wrong);
    assert_eq!(everything_stored(&desk).await, stored);
}

/// An empty parameter, or one with a slash of its own, makes another path; no dots are resolved on the way.
#[tokio::test(flavor = "multi_thread")]
async fn paths_that_no_route_matches_are_the_gateways_404_and_nothing_is_written() {
    let (desk, stored) = inhabited().await;
    for operation in OPERATIONS
        .iter()
        .filter(|operation| operation.parameter.is_some())
    {
        for segment in ["", "/", "a/b", "a/", "/a", "../../users/a", "a/..", "a//"] {
            let url = operation.path.replace("{}", segment);
            let answer = operation.send(&desk, &url, &operation.good_headers()).await;
            assert_eq!(answer.status, 404, "{} {url}", operation.method);
            assert_eq!(
                answer.body, r#"{"message":"Not Found"}"#,
                "{} {url}",
                operation.method
            );
        }
    }
    assert_eq!(everything_stored(&desk).await, stored);
}

/// The first row's path has no parameter: with a slash at its end it is no route either.
#[tokio::test(flavor = "multi_thread")]
async fn the_bare_path_with_more_behind_it_is_no_route() {
    let (desk, stored) = inhabited().await;
    let operation = &OPERATIONS[0];
    for url in [
        "/users/aura-id/",
        "//users/aura-id",
        "/users//aura-id",
        "/",
        "/users",
        "/USERS/aura-id",
        "/%75sers/aura-id",
    ] {
        let answer = operation.send(&desk, url, &operation.good_headers()).await;
        assert_eq!(answer.status, 404, "{url}");
        assert_eq!(answer.body, r#"{"message":"Not Found"}"#, "{url}");
    }
    assert_eq!(everything_stored(&desk).await, stored);
}

/// Without this, a request that is refused for another reason than its bad value would go unseen above.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_requests_with_good_values_are_no_400() {
    let desk = Desk::start().await;
    for operation in &OPERATIONS {
        let answer = operation
            .send(&desk, &operation.url(), &operation.good_headers())
            .await;
        assert!(
            matches!(answer.status.as_u16(), 200 | 204 | 404),
            "{} {answer:?}",
            operation.path
        );
    }
    let longest = "a".repeat(128);
    let odd = [
        "a",
        "...",
        "A-z0.9_:@+-",
        "whatsapp%3A34600000001",
        "%61%62",
        &longest,
    ];
    for id in odd {
        let url = OPERATIONS[1].path.replace("{}", id);
        let answer = OPERATIONS[1]
            .send(&desk, &url, &OPERATIONS[1].good_headers())
            .await;
        assert_eq!(answer.status, 200, "{url}: {answer:?}");
    }
    let found = desk.get_user(&longest).await;
    assert_eq!(
        (found.status.as_u16(), found.text("auraId")),
        (200, longest.clone())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_correlator_is_echoed_and_a_bad_one_replaced_by_a_random_one() {
    let desk = Desk::start().await;
    let key = desk.bot();
    let ask = async |correlator: &[u8]| {
        let headers: [(&str, &[u8]); 2] = [
            ("authorization", key.as_bytes()),
            ("x-correlator", correlator),
        ];
        desk.send("GET", "/users/nobody", &headers).await
    };
    let visible: String = (0x21..=0x7e_u8).map(char::from).collect();
    for good in ["c", "3f2a-1", &visible, &"c".repeat(128)] {
        let answer = ask(good.as_bytes()).await;
        assert_eq!(
            (answer.header("x-correlator"), &*answer.text("correlator")),
            (good, good)
        );
    }
    let (long, huge) = ("c".repeat(129), "c".repeat(8 * 1024));
    let bad: [&[u8]; 11] = [
        b"",
        b" ",
        b"a b",
        b" a",
        b"a ",
        b"a\tb",
        b"\xff",
        b"a\x80",
        "é".as_bytes(),
        long.as_bytes(),
        huge.as_bytes(),
    ];
    let mut made = std::collections::HashSet::new();
    for bad in bad {
        let answer = ask(bad).await;
        assert!(is_problem(&answer, 404, "NOT_FOUND"), "{answer:?}");
        let correlator = answer.header("x-correlator").to_owned();
        let id = uuid::Uuid::parse_str(&correlator).unwrap();
        assert_eq!((id.get_version_num(), &*id.to_string()), (4, &*correlator));
        assert!(made.insert(id), "made anew each time");
    }
}

/// An item that nobody can have written: a login with a time that is no number.
async fn spoil_logins(desk: &Desk) {
    let name = &desk.names.users_table;
    for mut item in table::users(&desk.dynamodb, name).await {
        if table::partition(&item).starts_with("LOGIN") {
            let nonsense = aws_sdk_dynamodb::types::AttributeValue::S("nonsense".to_owned());
            item.insert("reusableAt".to_owned(), nonsense);
            let put = desk
                .dynamodb
                .put_item()
                .table_name(name)
                .set_item(Some(item));
            assert!(put.send().await.is_ok());
        }
    }
}

/// An answer of every status, in their order.
async fn one_of_each(desk: &Desk) -> Vec<(u16, Answer)> {
    let (bot, kernel) = (desk.bot(), desk.kernel());
    let registered = desk.register("u1", "a1", "app", Some("+34600000001")).await;
    let get = |path: String, key: &str| {
        let key = key.to_owned();
        async move { desk.call("GET", &path, &[("authorization", &key)]).await }
    };
    let delete = async |path: &str| {
        desk.call("DELETE", path, &[("authorization", &kernel)])
            .await
    };
    let taken = format!("/users/aura-id/{}", registered.text("auraId"));
    let others = [
        ("authorization", &*bot),
        ("x-user-id", "u2"),
        ("x-authorization-id", "a1"),
        ("x-channel-id", "app"),
    ];
    let latest = format!("/users/aura-id-global/{}", registered.text("auraIdGlobal"));
    let latest_headers = [("authorization", &*kernel), ("x-channel-id", "app")];
    let user = format!("/users/{}", registered.text("auraId"));
    vec![
        (200, registered),
        (200, get(user.clone(), &bot).await),
        (200, desk.call("GET", &latest, &latest_headers).await),
        (200, desk.call("GET", "/users/aura-id/w2", &others).await),
        (409, desk.call("GET", &taken, &others).await),
        (403, get(user.clone(), &kernel).await),
        (401, get(user.clone(), "APIKEY x").await),
        (400, get("/users/%20".to_owned(), &bot).await),
        (204, delete(&user).await),
        (404, delete(&user).await),
        (200, desk.erase("+34600000001").await),
    ]
}

/// What is answered where Direct Line is busy or fails.
async fn direct_lines_failures(desk: &Desk) -> Vec<(u16, Answer)> {
    let mut answers = Vec::new();
    for (status, fault) in [
        (429, Fault::Wait(429, "9".to_owned())),
        (502, Fault::Redirect("http://127.0.0.1:9/")),
    ] {
        desk.direct_line.plan(move |_| fault.clone());
        let key = desk.bot();
        let headers = [("authorization", &*key)];
        answers.push((status, desk.call("GET", "/token", &headers).await));
    }
    answers
}

/// The code of a problem with this status.
fn code(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "CONFLICT",
        429 => "RATE_LIMITED",
        500 => "INTERNAL",
        502 => "UPSTREAM_ERROR",
        503 => "UNAVAILABLE",
        _ => return None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_its_correlator_no_store_and_nosniff() {
    let desk = Desk::start().await;
    let mut answers = one_of_each(&desk).await;
    let spoiled = desk.register("u3", "a1", "app", None).await.text("auraId");
    spoil_logins(&desk).await;
    answers.push((500, desk.get_user(&spoiled).await));
    answers.extend(direct_lines_failures(&desk).await);
    desk.proxy
        .plan(|_| Fault::Error(400, "AccessDeniedException"));
    answers.push((503, desk.get_user("nobody").await));
    let instances = desk.more_instances().await;
    let key = desk.bot();
    let headers: [(&str, &[u8]); 1] = [("authorization", key.as_bytes())];
    answers.push((
        503,
        desk::send(&instances, "GET", "/users/nobody", &headers).await,
    ));
    for (status, answer) in &answers {
        assert_eq!(answer.status, *status, "{answer:?}");
        assert!(is_dressed(answer), "{answer:?}");
        let Some(problem) = code(*status) else {
            continue;
        };
        assert!(is_problem(answer, *status, problem), "{answer:?}");
        assert_eq!(
            matches!(status, 429 | 503),
            answer.headers.contains_key("retry-after"),
            "{answer:?}"
        );
        assert_eq!(
            *status == 401,
            answer.headers.contains_key("www-authenticate"),
            "{answer:?}"
        );
    }
}
