//! What the two callbacks print at their usual level and at their finest: no state, code, verifier, assertion or token, and
//! nobody's data, whatever comes of a visit (contract 3, 4.3).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::extract::Argument;
use shared::sealed_state::{CodeVerifier, Redirect, SealedState};
use shared::user::AuraId;
use tests::{Bootstrap, Call, Desk, Fault, bootstrap, events};

const AURA_ID: &str = "whatsapp:34677005522";
const PERSON: &str = "person-5d20cc42";
const GRANT: &str = "grant-5d20cc42";
const NUMBER: &str = "+34677005522";
const TOKEN: &str = "token-5d20cc42-5d20cc42-5d20cc42";
const CODE: &str = "code-5d20cc42-5d20cc42-5d20cc42";
const WORDS: &str = "words-of-kernel-5d20cc42";
/// What callers may find again in the log, so that a search that finds nothing is known to search.
const CORRELATOR: &str = "seen-in-the-log";

/// A function at work, and everything that it must not print.
struct Watched {
    desk: Desk,
    process: Bootstrap,
    function: &'static str,
    secret: BTreeSet<String>,
    sent: usize,
}

impl Watched {
    async fn start(function: &'static str, level: &str) -> Self {
        let desk = Desk::start().await;
        let mut variables = bootstrap::variables(function, &desk.env);
        variables.retain(|(name, _)| name != "LOG_LEVEL");
        variables.push(("LOG_LEVEL".to_owned(), level.into()));
        let process = Bootstrap::start(function, variables).await;
        process.initialised().await;
        let named = [
            AURA_ID,
            PERSON,
            GRANT,
            NUMBER,
            TOKEN,
            CODE,
            WORDS,
            "34677005522",
            "%2B34677005522",
        ];
        let secret = named.map(str::to_owned).into();
        Self {
            desk,
            process,
            function,
            secret,
            sent: 0,
        }
    }

    /// A state with all that a state can have.
    fn state(&mut self) -> SealedState {
        let state = SealedState {
            aura_id: AuraId::parse(AURA_ID).unwrap_or_else(|| panic!("no auraId")),
            code_verifier: CodeVerifier::parse(&"verifier-5d20cc42".repeat(4)),
            redirect: Redirect::parse("https://app.example/linked?ticket=ticket-5d20cc42"),
            ..self.desk.state("conversation:1", "app")
        };
        self.secret.extend([
            state.jti.to_string(),
            "verifier-5d20cc42".to_owned(),
            "ticket-5d20cc42".to_owned(),
        ]);
        state
    }

    /// Sends the callback's event with this state and whatever else in its query.
    async fn visit(&mut self, operation: &str, sealed: &str, more: &str, status: u16) {
        let pieces = sealed
            .split('.')
            .skip(2)
            .flat_map(|part| part.as_bytes().chunks_exact(16));
        self.secret
            .extend(pieces.map(|piece| String::from_utf8_lossy(piece).into_owned()));
        let mut event = events::fresh(&self.desk, self.function, operation);
        event["rawQueryString"] = format!("state={sealed}{more}").into();
        event["headers"]["x-correlator"] = CORRELATOR.into();
        event["headers"]["referer"] = format!("https://kernel.example/?code={CODE}").into();
        let answer = self.process.invoke(&event).await;
        assert_eq!(answer.status, status, "{operation} {more}: {answer:?}");
        self.sent += 1;
        self.secret
            .extend(self.desk.kernel.take_calls().iter().flat_map(assertion));
    }

    async fn assert_silent(self) {
        self.process.terminate();
        let lines = self.process.ended().await.lines;
        let found = lines.iter().filter(|line| line.contains(CORRELATOR));
        assert_eq!(found.count(), self.sent, "a line for each visit");
        for line in &lines {
            for word in &self.secret {
                assert!(!line.contains(word.as_str()), "{word} is in {line}");
            }
        }
    }
}

/// The pieces of the client assertion that a call carried.
fn assertion(call: &Call) -> Vec<String> {
    let body = String::from_utf8_lossy(&call.body);
    let assertion = body
        .split('&')
        .find_map(|member| member.strip_prefix("client_assertion="));
    // The header is the same for all, and nobody's secret.
    let parts = assertion
        .into_iter()
        .flat_map(|text| text.split('.').skip(1));
    let pieces = parts.flat_map(|part| part.as_bytes().chunks_exact(32));
    pieces
        .map(|piece| String::from_utf8_lossy(piece).into_owned())
        .collect()
}

/// What Kernel says of a code, with the status of that, and of the token.
fn kernels() -> Vec<(Value, u16, Value)> {
    let tokens =
        json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 600, "note": WORDS });
    let person = json!({ "active": true, "sub": PERSON, "authorization_id": GRANT, "phone_number": NUMBER, "note": WORDS });
    let refusal = json!({ "error": "invalid_grant", "error_description": WORDS });
    let strange = json!({ "error": WORDS });
    vec![
        (tokens.clone(), 200, person.clone()),
        (refusal, 400, person.clone()),
        (strange.clone(), 500, person.clone()),
        (json!(WORDS), 200, person),
        (
            tokens.clone(),
            200,
            json!({ "active": false, "sub": PERSON }),
        ),
        (
            tokens.clone(),
            200,
            json!({ "active": true, "sub": [PERSON], "phone_number": NUMBER }),
        ),
        (tokens, 200, strange),
    ]
}

/// A visit that Kernel decides about, one that the person refused, and some with states that are bad by then.
async fn visits(watched: &mut Watched) {
    let code = format!("&code={CODE}");
    let state = watched.state();
    let sealed = watched.desk.login_state(&state);
    watched.visit("link_account", &sealed, &code, 302).await;
    let plain = SealedState {
        redirect: None,
        ..watched.state()
    };
    let sealed = watched.desk.login_state(&plain);
    let bad = format!("{code}%00&code={NUMBER}");
    let refusal = format!("&error={WORDS}&error_description={NUMBER}");
    for (query, status) in [(&bad, 400), (&refusal, 403), (&code, 400), (&bad, 400)] {
        watched.visit("link_account", &sealed, query, status).await;
    }
    let altered = format!("{sealed}x");
    watched.visit("link_account", &altered, &code, 400).await;
}

async fn drive_logins(level: &str) {
    let mut watched = Watched::start("user-registration", level).await;
    for (token, status, introspection) in kernels() {
        let answer = |status, body: &Value| Fault::Answer(status, body.to_string().into());
        let (token, introspection) = (answer(status, &token), answer(200, &introspection));
        watched
            .desk
            .kernel
            .plan(move |call| match &*call.operation {
                "/token" => token.clone(),
                _ => introspection.clone(),
            });
        visits(&mut watched).await;
    }
    watched.desk.kernel.plan(|_| Fault::Refused);
    visits(&mut watched).await;
    let state = watched.state();
    let sealed = watched.desk.login_state(&state);
    let broken = Fault::Error(500, "InternalServerError");
    watched.desk.proxy.plan(move |_| broken.clone());
    let code = format!("&code={CODE}");
    watched.visit("link_account", &sealed, &code, 302).await;
    watched.desk.proxy.heal();
    watched.assert_silent().await;
}

async fn drive_logouts(level: &str) {
    let mut watched = Watched::start("user-removal", level).await;
    let state = watched.state();
    let sealed = watched.desk.logout_state(&state);
    watched
        .visit("unlink_account", &sealed, &format!("&code={CODE}"), 302)
        .await;
    for bad in [
        sealed.clone(),
        format!("{sealed}x"),
        watched.desk.login_state(&state),
        CODE.to_owned(),
    ] {
        watched.visit("unlink_account", &bad, "", 400).await;
    }
    watched
        .desk
        .proxy
        .plan(|_| Fault::Error(500, "InternalServerError"));
    let sealed = {
        let state = watched.state();
        watched.desk.logout_state(&state)
    };
    watched.visit("unlink_account", &sealed, "", 302).await;
    watched.desk.proxy.heal();
    watched.assert_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_leaves_nothing_secret_or_personal_in_the_log() {
    for level in ["INFO", "TRACE"] {
        drive_logins(level).await;
        drive_logouts(level).await;
    }
}
