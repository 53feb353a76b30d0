//! `aura-admin state`: what is sealed opens while it is good, and nothing else does.

use std::time::Duration;

use serde_json::json;
use shared::extract::Argument as _;
use shared::jwe::Purpose;
use shared::key_ring::KeyRing;
use shared::sealed_state::SealedState;
use shared::user::{AuraId, ChannelId};

use tests::Operator;
use tests::operator::Outcome;

const SEAL: [&str; 6] = [
    "state",
    "seal",
    "--aura-id",
    "whatsapp:34600000001",
    "--channel",
    "whatsapp",
];
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn state_ring(operator: &Operator) -> KeyRing {
    let desk = &operator.desk;
    let text = desk.secrets.get(&desk.names.state_ring_secret);
    KeyRing::parse(&text.unwrap_or_default()).unwrap_or_else(|error| panic!("{error}"))
}

/// A state of now for this environment.
fn state(operator: &Operator, environment: &str) -> SealedState {
    let (Some(aura_id), Some(channel_id)) = (AuraId::parse("a1"), ChannelId::parse("app")) else {
        panic!("these are ids")
    };
    SealedState::new(environment, aura_id, channel_id, operator.desk.clock.now())
}

async fn opened(operator: &Operator, state: &str) -> Outcome {
    let command = ["--json", "state", "open", "-"];
    let outcome = operator.run(&command, &format!("{state}\n")).await;
    assert!(!format!("{outcome:?}").contains(state), "{outcome:?}");
    outcome
}

/// Exit code and reason of a state that opens or does not.
async fn refused(operator: &Operator, state: &str) -> (u8, serde_json::Value) {
    let outcome = opened(operator, state).await;
    (outcome.code, outcome.json()["reason"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_state_opens_with_what_was_asked_for() {
    let operator = Operator::start().await;
    let options = [
        "--purpose",
        "logout",
        "--locale",
        "es-ES",
        "--redirect",
        "https://app.example/linked?a=1",
        "--code-verifier",
        VERIFIER,
    ];
    let sealed = operator.done(&[&SEAL[..], &options].concat()).await;
    let compact = sealed["state"].as_str().unwrap();
    let found = opened(&operator, compact).await;
    assert_eq!(found.code, 0, "{found:?}");
    let said = found.json();
    assert_eq!(
        (&said["valid"], &said["purpose"], &said["reason"]),
        (&json!(true), &json!("logout"), &json!(null))
    );
    let claims = &said["claims"];
    assert_eq!(claims["jti"], sealed["jti"]);
    assert_eq!(claims["expiresAt"], sealed["expires"]);
    assert_eq!(claims["auraId"], "whatsapp:34600000001");
    assert_eq!(claims["redirect"], "https://app.example/linked?a=1");
    assert_eq!(claims["hasCodeVerifier"], true);
    let ring = state_ring(&operator);
    let state = SealedState::open(Purpose::LogoutState, &ring, compact).unwrap();
    assert_eq!(state.code_verifier.unwrap().as_str(), VERIFIER);
    assert_eq!(json!(state.iat), sealed["iat"]);
    let text = operator.run(&["state", "open", compact], "").await;
    assert!(
        text.out.contains("there is one") && text.out.contains("not looked up"),
        "{text:?}"
    );
    assert!(!format!("{found:?}{text:?}").contains(VERIFIER));
}

#[tokio::test(flavor = "multi_thread")]
async fn for_people_the_state_alone_goes_to_standard_output_and_is_for_login() {
    let operator = Operator::start().await;
    let sealed = operator.run(&SEAL, "").await;
    assert_eq!(sealed.code, 0, "{sealed:?}");
    let state = sealed.out.trim_end();
    assert!(!state.contains(char::is_whitespace) && !sealed.notes.contains(state));
    let found = opened(&operator, state).await.json();
    assert_eq!(
        (&found["purpose"], &found["claims"]["locale"]),
        (&json!("login"), &json!(null))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_good_for_ten_minutes_to_the_millisecond() {
    let operator = Operator::start().await;
    let clock = &operator.desk.clock;
    let sealed = operator.done(&SEAL).await;
    let state = sealed["state"].as_str().unwrap();
    let end = (sealed["iat"].as_i64().unwrap() + 600) * 1000;
    let left = u64::try_from(end - clock.now().millis()).unwrap();
    clock.advance(Duration::from_millis(left));
    assert_eq!(refused(&operator, state).await, (0, json!(null)));
    clock.advance(Duration::from_millis(1));
    assert_eq!(refused(&operator, state).await, (1, json!("expired")));
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_states_and_other_documents_are_not_good() {
    let operator = Operator::start().await;
    let desk = &operator.desk;
    let (ring, key_ring) = (state_ring(&operator), desk.key_ring());
    let mut ahead = state(&operator, "local");
    ahead.iat += 61;
    let seal = |state: &SealedState, ring| state.seal(Purpose::LoginState, ring).unwrap();
    let good = seal(&state(&operator, "local"), &ring);
    assert_eq!(refused(&operator, &good).await, (0, json!(null)));
    let elsewhere = KeyRing::generate("elsewhere-1").unwrap();
    let key = desk.bot();
    for (presented, reason) in [
        (seal(&state(&operator, "prod"), &ring), "environment"),
        (seal(&ahead, &ring), "not-yet-valid"),
        (seal(&state(&operator, "local"), &elsewhere), "unknown-kid"),
        (key.trim_start_matches("APIKEY ").to_owned(), "header"),
        (good[..good.len() - 1].to_owned(), "malformed"),
        ("garbage-of-nobody".to_owned(), "malformed"),
        ("A".repeat(9000), "malformed"),
    ] {
        let found = refused(&operator, &presented).await;
        assert_eq!(found, (1, json!(reason)), "{presented}");
    }
    // The bot has the state ring alone: what the other ring seals is no state, whatever its key is called.
    let (code, _) = refused(&operator, &seal(&state(&operator, "local"), &key_ring)).await;
    assert_eq!(code, 1);
    let nothing = operator.run(&["state", "open"], "\n").await;
    assert_eq!((nothing.code, nothing.out.as_str()), (2, ""), "{nothing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_claim_is_refused_with_its_rule_and_the_secret_one_is_not_repeated() {
    let operator = Operator::start().await;
    let too_short = &VERIFIER[..42];
    for (option, value, rule) in [
        ("--locale", "en_GB", "2 to 35 characters"),
        ("--redirect", "a b", "1 to 2048 visible ASCII characters"),
        ("--code-verifier", too_short, "43 to 128 characters"),
        ("--purpose", "signup", "login"),
    ] {
        let command = [&SEAL[..], &[option, value]].concat();
        let refused = operator.run(&command, "").await;
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{option}");
        assert!(
            refused.notes.contains(option) && refused.notes.contains(rule),
            "{refused:?}"
        );
        assert!(!refused.notes.contains(too_short), "{refused:?}");
    }
    for (aura_id, channel) in [("aura-id", "app"), ("a1", "a/b")] {
        let command = ["state", "seal", "--aura-id", aura_id, "--channel", channel];
        let refused = operator.run(&command, "").await;
        assert_eq!((refused.code, refused.out.as_str()), (2, ""));
        assert!(refused.notes.contains("1 to 128 characters"), "{refused:?}");
    }
}
