//! What goes to Kernel, what comes of every answer, and what is never done twice.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::future::join;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use shared::metrics::{Family, Kind};
use shared::signing_keys::SigningKeys;
use shared::upstream::MAX_ANSWER;
use tokio::net::{TcpListener, TcpSocket};

use super::*;

#[path = "kernel_tests/stand_ins.rs"]
mod stand_ins;

use stand_ins::{
    Asked, CLIENT_ID, NOW, SECRET, Scripted, Step, function, person, signing_keys, tokens,
};

const BASIC: (&str, &str) = ("KERNEL_CLIENT_AUTHENTICATION", "client_secret_basic");
const CODE: &str = "s3cret-code a+b/c=%41&é";
const CALLBACK: &str = "https://api.example/users/auraid/integrated";

/// Kernel at an address, seen from the function.
struct Setup {
    kernel: Kernel,
    script: Scripted,
    host: String,
    keys: SigningKeys,
}

/// What a test waits for where nothing hangs.
const LONG: Duration = TIME_LIMIT;

impl Setup {
    async fn new(steps: Vec<Step>, time_limit: Duration, changes: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let script = Scripted::new(steps);
        script.serve(listener);
        Self::at(host, script, time_limit, changes).await
    }

    async fn at(
        host: String,
        script: Scripted,
        time_limit: Duration,
        changes: &[(&str, &str)],
    ) -> Self {
        let url = format!("http://{host}/auth");
        let changes = [changes, &[("KERNEL_URL", url.as_str())]].concat();
        let keys = signing_keys().0;
        let function = function(&keys, &changes).await;
        let kernel = Kernel::limited(&function, time_limit).unwrap();
        Self {
            kernel,
            script,
            host,
            keys,
        }
    }

    async fn grant(&self) -> Result<Grant, Error> {
        let verifier = CodeVerifier::parse(&"v".repeat(43)).unwrap();
        let correlator = Correlator("corr-1".into());
        let granted = self
            .kernel
            .grant(CODE, CALLBACK, Some(&verifier), &correlator);
        granted.await
    }

    /// How many were counted in a family, by its labels.
    fn counted(&self, family: Family) -> Vec<(String, u64)> {
        let counts = self.kernel.0.metrics.counts();
        let series = counts.family(family.description().name);
        // A histogram's first number is the sum of what was measured.
        let skipped = usize::from(family.description().kind == Kind::Histogram);
        let count = |numbers: &[u64]| numbers[skipped..].iter().sum();
        let series = series.map(|(labels, numbers)| (labels.join(" "), count(numbers)));
        let to_kernel = |labels: &str| family != Family::Outgoing || labels.contains(&self.host);
        series.filter(|(labels, _)| to_kernel(labels)).collect()
    }

    fn exchanges(&self) -> Vec<(String, u64)> {
        self.counted(Family::TokenExchanges)
    }

    fn failures(&self) -> Vec<(String, u64)> {
        self.counted(Family::UpstreamFailures)
    }

    fn calls(&self) -> Vec<(String, u64)> {
        let short = |labels: String| labels.replace(&format!("POST {} ", self.host), "");
        let calls = self.counted(Family::Outgoing).into_iter();
        calls
            .map(|(labels, count)| (short(labels), count))
            .collect()
    }
}

fn counts<const N: usize>(expected: [(&str, u64); N]) -> Vec<(String, u64)> {
    expected
        .map(|(labels, count)| (labels.to_owned(), count))
        .to_vec()
}

/// Status and cause of a failure, which shows nothing of what Kernel or we keep secret.
fn failure(granted: Result<Grant, Error>) -> (u16, String) {
    let error = granted.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("s3cret"), "{error}");
    (error.status().as_u16(), error.to_string())
}

fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

/// The claims of a request's assertion, whose signature is good under the published key.
fn claims(asked: &Asked, keys: &SigningKeys) -> Value {
    let key = keys.current().unwrap();
    let document = serde_json::to_value(key.public_jwk()).unwrap();
    let coordinate = |name: &str| decoded(document[name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    let (message, signature) = asked
        .parameter("client_assertion")
        .rsplit_once('.')
        .unwrap();
    let signed = public.verify(message.as_bytes(), &decoded(signature));
    signed.unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decoded(header)).unwrap();
    assert_eq!(header["kid"], key.kid());
    serde_json::from_slice(&decoded(claims)).unwrap()
}

#[tokio::test]
async fn a_code_is_exchanged_and_its_token_asked_about_with_signed_assertions() {
    let setup = Setup::new(vec![tokens(), person(&json!({}))], LONG, &[]).await;
    let grant = setup.grant().await.unwrap();
    assert_eq!(grant.user_id.as_str(), "u-1");
    assert_eq!(grant.authorization_id.as_str(), "a-1");
    assert_eq!(grant.phone_number.unwrap().as_str(), "+34600000001");
    assert_eq!(setup.script.paths(), ["/auth/token", "/auth/introspect"]);
    let asked = setup.script.asked();
    let client = ["client_id", "client_assertion_type", "client_assertion"];
    let code = ["grant_type", "code", "redirect_uri", "code_verifier"];
    assert_eq!(asked[0].names(), [&code[..], &client].concat());
    assert_eq!(asked[0].parameter("grant_type"), "authorization_code");
    assert_eq!(asked[0].parameter("code"), CODE);
    assert_eq!(asked[0].parameter("redirect_uri"), CALLBACK);
    assert_eq!(asked[0].parameter("code_verifier"), "v".repeat(43));
    assert_eq!(
        asked[1].names(),
        [&["token", "token_type_hint"][..], &client].concat()
    );
    assert_eq!(asked[1].parameter("token"), "at/s3cret+1==");
    assert_eq!(asked[1].parameter("token_type_hint"), "access_token");
    assert!(
        asked
            .iter()
            .all(|asked| asked.headers["x-correlator"] == "corr-1")
    );
    assert_eq!(setup.exchanges(), counts([("200", 1)]));
    assert_eq!(
        setup.calls(),
        counts([("/introspect 200", 1), ("/token 200", 1)])
    );
}

#[tokio::test]
async fn assertions_are_signed_short_lived_and_good_once() {
    let setup = Setup::new(vec![tokens(), person(&json!({}))], LONG, &[]).await;
    setup.grant().await.unwrap();
    let mut ids = Vec::new();
    for asked in setup.script.asked() {
        assert!(!asked.headers.contains_key("authorization"));
        assert_eq!(asked.parameter("client_id"), CLIENT_ID);
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        assert_eq!(asked.parameter("client_assertion_type"), kind);
        let mut claims = claims(&asked, &setup.keys);
        let id = claims["jti"].take().as_str().unwrap().parse::<uuid::Uuid>();
        ids.push(id.unwrap());
        let audience = format!("http://{}/auth/token", setup.host);
        let expected = json!({ "iss": CLIENT_ID, "sub": CLIENT_ID, "aud": audience, "jti": null,
            "iat": NOW, "exp": NOW + 60 });
        assert_eq!(claims, expected);
    }
    assert!(ids[0] != ids[1] && ids.iter().all(|id| id.get_version_num() == 4));
}

#[tokio::test]
async fn the_client_secret_goes_into_the_header_alone() {
    let setup = Setup::new(vec![tokens(), person(&json!({}))], LONG, &[BASIC]).await;
    setup.grant().await.unwrap();
    let asked = setup.script.asked();
    assert_eq!(asked.len(), 2);
    for asked in asked {
        let header = asked.headers["authorization"].to_str().unwrap();
        let pair = STANDARD
            .decode(header.strip_prefix("Basic ").unwrap())
            .unwrap();
        let pair = String::from_utf8(pair).unwrap();
        assert_eq!(pair, "aura%3Aclient%2B1:s3cret%3A+%2B%2F%3D%25%26%7E");
        assert!(
            asked
                .form
                .iter()
                .all(|(name, value)| !name.starts_with("client") && value != SECRET)
        );
    }
}

#[tokio::test]
async fn a_code_without_a_verifier_is_exchanged_without_one() {
    let setup = Setup::new(vec![tokens(), person(&json!({}))], LONG, &[BASIC]).await;
    let correlator = Correlator("corr-1".into());
    let granted = setup.kernel.grant("c", CALLBACK, None, &correlator).await;
    granted.unwrap();
    assert_eq!(
        setup.script.asked()[0].names(),
        ["grant_type", "code", "redirect_uri"]
    );
}

#[tokio::test]
async fn a_code_that_kernel_refuses_is_the_callers_mistake() {
    let body = r#"{"error":"invalid_grant","error_description":"s3cret"}"#;
    let setup = Setup::new(vec![Step::Answer(400, body.into())], LONG, &[]).await;
    let error = setup.grant().await.unwrap_err();
    assert!(
        matches!(&error, Error::InvalidArgument { place: "query parameter", name, .. } if name == "code")
    );
    assert_eq!(setup.script.paths(), ["/auth/token"]);
    assert_eq!(setup.exchanges(), counts([("400", 1)]));
}

/// A token answer of this length.
fn long_tokens(length: usize) -> String {
    let body = r#"{"token_type":"bEARER","access_token":"a"}"#;
    body.to_owned() + &" ".repeat(length - body.len())
}

const MEMBERS: &str = "token: token_type and access_token are expected";
const VISIBLE: &str = "token: access_token is not visible ASCII";

/// Answers to a code that tell nothing for sure, and what the log says of them.
const BROKEN_TOKENS: [(u16, &str, &str); 24] = [
    (500, "s3cret", "token: 500"),
    (503, GOOD, "token: 503"),
    (302, GOOD, "token: 302"),
    (307, GOOD, "token: 307"),
    (201, GOOD, "token: 201"),
    (
        401,
        r#"{"error":"invalid_client","x":"s3cret"}"#,
        "token: 401 invalid_client",
    ),
    (
        403,
        r#"{"error":"invalid_grant"}"#,
        "token: 403 invalid_grant",
    ),
    (400, r#"{"error":"s3cret"}"#, "token: 400"),
    (400, r#"{"error":5}"#, "token: 400"),
    (400, r#"["invalid_grant"]"#, "token: 400"),
    (400, "invalid_grant", "token: 400"),
    (200, "", MEMBERS),
    (200, "s3cret", MEMBERS),
    (200, r#"["Bearer","s3cret"]"#, MEMBERS),
    (200, r#"{"token_type":"Bearer"}"#, MEMBERS),
    (200, r#"{"token_type":"Bearer","access_token":5}"#, MEMBERS),
    (
        200,
        r#"{"token_type":"Bearer","access_token":null}"#,
        MEMBERS,
    ),
    (
        200,
        r#"{"token_type":["Bearer"],"access_token":"s3cret"}"#,
        MEMBERS,
    ),
    (
        200,
        r#"{"token_type":"Bearer","access_token":"a","access_token":"s3cret"}"#,
        MEMBERS,
    ),
    (
        200,
        r#"{"token_type":"Bearer","access_token":"s3cret"} x"#,
        MEMBERS,
    ),
    (
        200,
        r#"{"token_type":"mac","access_token":"s3cret"}"#,
        "token: token_type is not Bearer",
    ),
    (200, r#"{"token_type":"Bearer","access_token":""}"#, VISIBLE),
    (
        200,
        r#"{"token_type":"Bearer","access_token":"s3cret s3cret"}"#,
        VISIBLE,
    ),
    (
        200,
        r#"{"token_type":"Bearer","access_token":"s3crét"}"#,
        VISIBLE,
    ),
];
const GOOD: &str = r#"{"token_type":"Bearer","access_token":"at"}"#;

#[tokio::test]
async fn a_code_is_never_sent_again_once_it_may_have_been_taken() {
    let answer = |status, body: &str| Step::Answer(status, body.to_owned());
    let broken = BROKEN_TOKENS.map(|(status, body, cause)| (answer(status, body), cause));
    let unread = [
        (
            Step::Half(r#"{"token_type":"Bearer","#),
            "token: broken answer",
        ),
        (
            answer(200, &"x".repeat(5_000_000)),
            "token: answer too long",
        ),
        (
            answer(200, &long_tokens(MAX_ANSWER + 1)),
            "token: answer too long",
        ),
    ];
    for (step, cause) in broken.into_iter().chain(unread) {
        let setup = Setup::new(vec![step, tokens(), tokens()], LONG, &[BASIC]).await;
        assert_eq!(failure(setup.grant().await), (502, cause.to_owned()));
        assert_eq!(setup.script.paths(), ["/auth/token"], "{cause}");
    }
}

#[tokio::test]
async fn an_answer_of_64_kib_is_taken() {
    let steps = vec![
        Step::Answer(200, long_tokens(MAX_ANSWER)),
        person(&json!({})),
    ];
    let setup = Setup::new(steps, LONG, &[BASIC]).await;
    setup.grant().await.unwrap();
}

#[tokio::test]
async fn a_person_may_have_no_number_and_a_token_no_audience() {
    let without = json!({ "phone_number": null, "client_id": null, "aud": null });
    let bare = r#"{"active":true,"sub":"u-1","authorization_id":"a-1"}"#;
    for step in [person(&without), Step::Answer(200, bare.into())] {
        let setup = Setup::new(vec![tokens(), step], LONG, &[BASIC]).await;
        assert!(setup.grant().await.unwrap().phone_number.is_none());
    }
    for aud in [json!(CLIENT_ID), json!(["other", CLIENT_ID])] {
        let steps = vec![tokens(), person(&json!({ "aud": aud }))];
        let setup = Setup::new(steps, LONG, &[BASIC]).await;
        setup.grant().await.unwrap();
    }
}

#[tokio::test]
async fn a_login_that_is_not_active_or_not_for_us_is_not_vouched_for() {
    for step in [
        Step::Answer(200, r#"{"active":false}"#.into()),
        person(&json!({ "active": false })),
        person(&json!({ "client_id": "other" })),
        person(&json!({ "client_id": "" })),
        person(&json!({ "aud": "other" })),
        person(&json!({ "aud": "AURA:client+1" })),
        person(&json!({ "aud": ["other", "s3cret"] })),
        person(&json!({ "aud": [] })),
        person(&json!({ "aud": "other", "sub": "" })),
    ] {
        let setup = Setup::new(vec![tokens(), step], LONG, &[BASIC]).await;
        let error = setup.grant().await.unwrap_err();
        let vouching = matches!(
            error,
            Error::PermissionDenied(shared::error::Denial::Vouching)
        );
        assert!(vouching, "{error}");
        assert_eq!(setup.script.paths(), ["/auth/token", "/auth/introspect"]);
    }
}

const TOKEN_EXPECTED: &str = "introspect: active, client_id? and aud? are expected";
const PERSON_EXPECTED: &str = "introspect: sub, authorization_id and phone_number? are expected";

/// Changes that make an answer a broken one, and what the log says of it.
const BROKEN_PERSONS: [(&str, &str); 18] = [
    (r#"{"active":null}"#, TOKEN_EXPECTED),
    (r#"{"active":"true"}"#, TOKEN_EXPECTED),
    (r#"{"active":1}"#, TOKEN_EXPECTED),
    (r#"{"client_id":5}"#, TOKEN_EXPECTED),
    (r#"{"aud":5}"#, TOKEN_EXPECTED),
    (r#"{"aud":["aura:client+1",5]}"#, TOKEN_EXPECTED),
    (r#"{"aud":{"s3cret":"aura:client+1"}}"#, TOKEN_EXPECTED),
    (r#"{"sub":""}"#, PERSON_EXPECTED),
    (r#"{"sub":null}"#, PERSON_EXPECTED),
    (r#"{"sub":5}"#, PERSON_EXPECTED),
    (r#"{"sub":"s3cret s3cret"}"#, PERSON_EXPECTED),
    (r#"{"authorization_id":""}"#, PERSON_EXPECTED),
    (r#"{"authorization_id":".."}"#, PERSON_EXPECTED),
    (r#"{"authorization_id":null}"#, PERSON_EXPECTED),
    (r#"{"phone_number":""}"#, PERSON_EXPECTED),
    (r#"{"phone_number":"+0s3cret"}"#, PERSON_EXPECTED),
    (r#"{"phone_number":34600000001}"#, PERSON_EXPECTED),
    (r#"{"phone_number":["34600000001"]}"#, PERSON_EXPECTED),
];

/// Whole answers that are broken ones.
const BROKEN_INTROSPECTIONS: [(u16, &str, &str); 8] = [
    (200, "<html>s3cret", TOKEN_EXPECTED),
    (200, "[true,null,null]", TOKEN_EXPECTED),
    (200, "{}", TOKEN_EXPECTED),
    (200, r#"{"active":false,"active":false}"#, TOKEN_EXPECTED),
    (
        200,
        r#"{"active":true,"sub":"a","sub":"b","authorization_id":"a"}"#,
        PERSON_EXPECTED,
    ),
    (302, "", "introspect: 302"),
    (204, "", "introspect: 204"),
    (
        401,
        r#"{"error":"invalid_client"}"#,
        "introspect: 401 invalid_client",
    ),
];

#[tokio::test]
async fn an_introspection_that_is_not_as_documented_is_a_broken_answer() {
    let answer = |status, body: &str| Step::Answer(status, body.to_owned());
    let changed = |changes: &str| person(&serde_json::from_str(changes).unwrap());
    let whole = BROKEN_INTROSPECTIONS.map(|(status, body, cause)| (answer(status, body), cause));
    let too_long = answer(200, &"x".repeat(MAX_ANSWER + 1));
    let broken = BROKEN_PERSONS.map(|(changes, cause)| (changed(changes), cause));
    let broken = broken.into_iter().chain(whole);
    for (step, cause) in broken.chain([(too_long, "introspect: answer too long")]) {
        let setup = Setup::new(vec![tokens(), step], LONG, &[BASIC]).await;
        assert_eq!(failure(setup.grant().await), (502, cause.to_owned()));
        assert_eq!(
            setup.script.paths(),
            ["/auth/token", "/auth/introspect"],
            "{cause}"
        );
    }
}

#[tokio::test]
async fn each_failure_of_kernels_is_counted_by_its_kind() {
    let answer = |status, body: &str| Step::Answer(status, body.to_owned());
    let refused = answer(400, r#"{"error":"invalid_grant"}"#);
    for (steps, kinds) in [
        (vec![refused], vec![]),
        (vec![answer(500, "")], vec!["server-error"]),
        (vec![answer(401, "")], vec!["refused-secret"]),
        (vec![answer(400, "")], vec!["unexpected-status"]),
        (vec![answer(202, "{}")], vec!["unexpected-status"]),
        (vec![answer(200, "[]")], vec!["broken"]),
        (vec![tokens(), answer(200, "[]")], vec!["broken"]),
        (vec![tokens(), answer(200, r#"{"active":false}"#)], vec![]),
    ] {
        let setup = Setup::new(steps, LONG, &[BASIC]).await;
        assert!(setup.grant().await.is_err());
        let expected = kinds.iter().map(|kind| (format!("kernel {kind}"), 1));
        assert_eq!(setup.failures(), expected.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn an_introspection_that_failed_is_repeated_once_with_an_assertion_of_its_own() {
    let failed = || Step::Answer(503, "s3cret".into());
    for first in [failed(), Step::Half("{")] {
        let steps = vec![tokens(), first, person(&json!({}))];
        let setup = Setup::new(steps, LONG, &[]).await;
        setup.grant().await.unwrap();
        let asked = setup.script.asked();
        assert_eq!(asked.len(), 3);
        let id = |asked: &Asked| claims(asked, &setup.keys)["jti"].clone();
        assert_ne!(id(&asked[1]), id(&asked[2]));
    }
    let steps = vec![tokens(), failed(), failed(), person(&json!({}))];
    let setup = Setup::new(steps, LONG, &[]).await;
    assert_eq!(
        failure(setup.grant().await),
        (502, "introspect: 503".to_owned())
    );
    assert_eq!(
        setup.calls(),
        counts([("/introspect 503", 2), ("/token 200", 1)])
    );
}

#[tokio::test]
async fn without_a_connection_the_exchange_is_tried_once_more() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let setup = Setup::at(host, Scripted::default(), LONG, &[BASIC]).await;
    assert_eq!(
        failure(setup.grant().await),
        (502, "token: no connection".to_owned())
    );
    assert_eq!(setup.calls(), counts([("/token error", 2)]));
    assert_eq!(setup.exchanges(), counts([("error", 1)]));
}

#[tokio::test]
async fn a_code_that_was_not_sent_at_first_is_exchanged() {
    // Bound and not listening: it refuses connections, and nobody else gets the port.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let host = socket.local_addr().unwrap().to_string();
    let script = Scripted::new(vec![tokens(), person(&json!({}))]);
    let setup = Setup::at(host, script.clone(), LONG, &[BASIC]).await;
    let listens_then = async {
        while setup.calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        script.serve(socket.listen(8).unwrap());
    };
    // In this order: however slow the machine, it listens before the second try.
    let ((), granted) = join(listens_then, setup.grant()).await;
    granted.unwrap();
    let expected = [
        ("/introspect 200", 1),
        ("/token 200", 1),
        ("/token error", 1),
    ];
    assert_eq!(setup.calls(), counts(expected));
    assert_eq!(setup.exchanges(), counts([("200", 1)]));
}

#[tokio::test]
async fn both_calls_together_end_at_the_time_limit() {
    let short = Duration::from_millis(300);
    let setup = Setup::new(vec![Step::Hang, tokens()], short, &[BASIC]).await;
    assert_eq!(
        failure(setup.grant().await),
        (504, "token: timeout".to_owned())
    );
    assert_eq!(setup.script.paths(), ["/auth/token"]);
    assert_eq!(setup.exchanges(), counts([("timeout", 1)]));
    assert_eq!(setup.calls(), counts([("/token timeout", 1)]));
    assert_eq!(setup.failures(), counts([("kernel timeout", 1)]));

    let setup = Setup::new(vec![tokens(), Step::Hang], short, &[BASIC]).await;
    assert_eq!(
        failure(setup.grant().await),
        (504, "introspect: timeout".to_owned())
    );
    assert_eq!(setup.exchanges(), counts([("200", 1)]));
    assert_eq!(
        setup.calls(),
        counts([("/introspect timeout", 1), ("/token 200", 1)])
    );
}

#[tokio::test]
async fn without_its_secret_kernel_is_not_called() {
    let absent = [("SIGNING_KEYS_SECRET", "absent")];
    let (no_secret, broken_line) = (
        [BASIC, ("KERNEL_CLIENT_SECRET", "absent")],
        [BASIC, ("KERNEL_CLIENT_SECRET", "line")],
    );
    for changes in [&absent[..], &no_secret, &broken_line] {
        let setup = Setup::new(vec![tokens()], LONG, changes).await;
        assert_eq!(failure(setup.grant().await).0, 503);
        assert!(setup.script.paths().is_empty() && setup.exchanges().is_empty());
    }
    let function = function(&SigningKeys::default(), &[]).await;
    let kernel = Kernel::from_function(&function).unwrap();
    let granted = kernel
        .grant("c", CALLBACK, None, &Correlator("c".into()))
        .await;
    assert_eq!(
        failure(granted),
        (503, "signing keys: none is current".to_owned())
    );
    let exchanges = Family::TokenExchanges.description().name;
    assert!(kernel.0.metrics.counts().family(exchanges).next().is_none());
}

#[tokio::test]
async fn what_was_read_in_init_is_not_read_again() {
    let setup = Setup::new(vec![tokens(), person(&json!({}))], LONG, &[BASIC]).await;
    setup.kernel.warm().await;
    let reads = || {
        let counts = setup.kernel.0.metrics.counts();
        let calls = counts.family(Family::Outgoing.description().name);
        let reads = calls.filter(|(labels, _)| labels[2] == "GetSecretValue");
        reads
            .map(|(_, numbers)| numbers[1..].iter().sum::<u64>())
            .sum::<u64>()
    };
    assert_eq!(reads(), 1);
    setup.grant().await.unwrap();
    assert_eq!(reads(), 1);
}

#[tokio::test]
async fn settings_that_are_missing_or_malformed_are_named() {
    let (long, longest) = ("x".repeat(129), "x".repeat(128));
    let bad: [&[(&str, &str)]; 10] = [
        &[("KERNEL_URL", "")],
        &[("KERNEL_URL", "kernel")],
        &[("KERNEL_CLIENT_ID", "")],
        &[("KERNEL_CLIENT_ID", "a b")],
        &[("KERNEL_CLIENT_ID", "é")],
        &[("KERNEL_CLIENT_ID", &long)],
        &[("KERNEL_CLIENT_AUTHENTICATION", "")],
        &[("KERNEL_CLIENT_AUTHENTICATION", "none")],
        &[("SIGNING_KEYS_SECRET", "")],
        &[("KERNEL_CLIENT_SECRET", ""), BASIC],
    ];
    let keys = SigningKeys::default();
    for changes in bad {
        let made = Kernel::from_function(&function(&keys, changes).await);
        let message = made.err().unwrap().to_string();
        assert!(
            message.contains(&format!("variable {} is", changes[0].0)),
            "{message}"
        );
    }
    let good: [&[(&str, &str)]; 3] = [
        &[("KERNEL_CLIENT_ID", &longest)],
        &[("KERNEL_CLIENT_SECRET", "")],
        &[("SIGNING_KEYS_SECRET", ""), BASIC],
    ];
    for changes in good {
        assert!(
            Kernel::from_function(&function(&keys, changes).await).is_ok(),
            "{changes:?}"
        );
    }
}

#[tokio::test]
async fn debug_shows_nothing_of_a_grant() {
    let setup = Setup::new(vec![tokens(), person(&json!({}))], LONG, &[BASIC]).await;
    let shown = format!("{:?}", setup.grant().await.unwrap());
    assert!(
        !["u-1", "a-1", "3460"]
            .iter()
            .any(|data| shown.contains(data)),
        "{shown}"
    );
}
