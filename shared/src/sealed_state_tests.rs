//! Which states open, and which of those are good.

use serde_json::{Value, json};

use super::*;
use crate::api_key::{ApiKey, Refusal};
use crate::extract::Argument as _;
use Purpose::{LoginState, LogoutState};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_500);

fn ring() -> KeyRing {
    KeyRing::generate("k1").unwrap()
}

fn state() -> SealedState {
    let (aura_id, channel_id) = ("whatsapp:34600000001", "whatsapp");
    SealedState::new(
        "dev",
        AuraId::parse(aura_id).unwrap(),
        ChannelId::parse(channel_id).unwrap(),
        NOW,
    )
}

/// Every member, each at its longest; each character of the redirect takes two in JSON.
fn largest() -> SealedState {
    SealedState {
        aura_id: AuraId::parse(&"a".repeat(128)).unwrap(),
        channel_id: ChannelId::parse(&"c".repeat(128)).unwrap(),
        locale: Locale::parse(&"l".repeat(35)),
        redirect: Redirect::parse(&"\"".repeat(2048)),
        code_verifier: CodeVerifier::parse(&"v".repeat(128)),
        ..state()
    }
}

/// What comes of this payload, sealed as a login's.
fn opened(payload: &str) -> Result<SealedState, StateRefusal> {
    let ring = ring();
    let sealed = jwe::seal(LoginState, &ring, payload.as_bytes()).unwrap();
    SealedState::open(LoginState, &ring, &sealed)
}

fn with(member: &str, value: Value) -> String {
    let mut payload = serde_json::to_value(state()).unwrap();
    payload[member] = value;
    payload.to_string()
}

#[test]
fn what_was_sealed_opens_for_its_purpose_with_and_without_the_optional_members() {
    let ring = ring();
    for state in [state(), largest()] {
        for purpose in [LoginState, LogoutState] {
            let sealed = state.seal(purpose, &ring).unwrap();
            assert!(sealed.len() < jwe::MAX_BYTES, "{}", sealed.len());
            assert_eq!(
                SealedState::open(purpose, &ring, &sealed),
                Ok(state.clone())
            );
        }
    }
}

#[test]
fn members_have_the_names_of_the_contract_and_absent_ones_are_left_out() {
    let names = |state: &SealedState| {
        let payload = serde_json::to_value(state).unwrap();
        let names = payload.as_object().unwrap().keys().cloned();
        names.collect::<std::collections::BTreeSet<_>>()
    };
    let required = ["auraId", "channelId", "env", "iat", "jti"];
    let optional = ["codeVerifier", "locale", "redirect"];
    assert_eq!(names(&state()), required.map(str::to_owned).into());
    assert_eq!(
        names(&largest()),
        required
            .into_iter()
            .chain(optional)
            .map(str::to_owned)
            .collect()
    );
}

#[test]
fn ages_are_exact_to_the_millisecond() {
    let iat = 1_800_000_000;
    for (millis, expected) in [
        (-60_001, Err(StateRefusal::NotYetValid)),
        (-60_000, Ok(())),
        (0, Ok(())),
        (600_000, Ok(())),
        (600_001, Err(StateRefusal::Expired)),
    ] {
        let state = SealedState { iat, ..state() };
        let now = Timestamp::from_millis(iat * 1000 + millis);
        assert_eq!(state.check("dev", now), expected, "{millis} ms");
    }
    for (iat, expected) in [
        (i64::MIN, Err(StateRefusal::Expired)),
        (0, Err(StateRefusal::Expired)),
        (NOW.millis(), Err(StateRefusal::NotYetValid)),
        (i64::MAX, Err(StateRefusal::NotYetValid)),
    ] {
        let state = SealedState { iat, ..state() };
        assert_eq!(state.check("dev", NOW), expected, "iat {iat}");
    }
    assert_eq!(state().expires().millis(), 1_800_000_600_000);
}

#[test]
fn another_environment_is_told_before_age() {
    for env in ["", "Dev", "dev ", "prod"] {
        let state = SealedState {
            env: env.into(),
            iat: 0,
            ..state()
        };
        assert_eq!(
            state.check("dev", NOW),
            Err(StateRefusal::Environment),
            "{env}"
        );
    }
}

#[test]
fn required_claims_must_be_there_with_a_sound_value() {
    assert!(opened(&with("jti", json!(Uuid::new_v4()))).is_ok());
    for (member, bad) in [
        ("jti", json!("00000000-0000-1000-8000-000000000000")),
        ("jti", json!(Uuid::nil())),
        ("jti", json!("x")),
        ("env", json!(1)),
        ("auraId", json!("")),
        ("auraId", json!("..")),
        ("auraId", json!("aura-id")),
        ("auraId", json!("a b")),
        ("auraId", json!("a".repeat(129))),
        ("channelId", json!("")),
        ("channelId", json!("a/b")),
        ("channelId", json!("a".repeat(129))),
        ("iat", json!("1800000000")),
        ("iat", json!(1_800_000_000.5)),
        ("iat", json!(1_800_000_000.0)),
        ("iat", json!(u64::MAX)),
    ] {
        let payload = with(member, bad);
        assert_eq!(opened(&payload), Err(StateRefusal::Claims), "{payload}");
    }
    for member in ["jti", "env", "auraId", "channelId", "iat"] {
        let mut absent = serde_json::to_value(state()).unwrap();
        absent.as_object_mut().unwrap().remove(member);
        let null = with(member, Value::Null);
        for payload in [absent.to_string(), null] {
            assert_eq!(opened(&payload), Err(StateRefusal::Claims), "{payload}");
        }
    }
}

#[test]
fn an_optional_claim_that_is_there_has_a_sound_value() {
    for (member, shortest, longest) in [
        ("locale", 2, 35),
        ("redirect", 1, 2048),
        ("codeVerifier", 43, 128),
    ] {
        for (length, good) in [
            (shortest - 1, false),
            (shortest, true),
            (longest, true),
            (longest + 1, false),
        ] {
            let payload = with(member, json!("a".repeat(length)));
            assert_eq!(opened(&payload).is_ok(), good, "{member} of {length}");
        }
        for bad in [Value::Null, json!(1), json!([]), json!("é".repeat(30))] {
            let payload = with(member, bad);
            assert_eq!(opened(&payload), Err(StateRefusal::Claims), "{payload}");
        }
    }
}

#[test]
fn payloads_that_are_not_one_object_with_each_claim_once_are_refused() {
    let good = serde_json::to_string(&state()).unwrap();
    assert!(opened(&good).is_ok());
    for payload in [
        good.replacen('{', r#"{"env":"dev","#, 1),
        good.replacen("auraId", "aura_id", 1),
        format!("{good}{good}"),
        format!("[{good}]"),
        r#"["j","dev","a","c",1]"#.into(),
        "null".into(),
        String::new(),
    ] {
        assert_eq!(opened(&payload), Err(StateRefusal::Claims), "{payload}");
    }
}

#[test]
fn a_document_of_another_purpose_or_ring_does_not_open() {
    let ring = ring();
    let header = Err(StateRefusal::Open(OpenError::Header));
    let payload = serde_json::to_vec(&state()).unwrap();
    for (made_for, others) in [
        (LoginState, vec![LogoutState]),
        (LogoutState, vec![LoginState]),
        (Purpose::ApiKey, vec![LoginState, LogoutState]),
    ] {
        let sealed = jwe::seal(made_for, &ring, &payload).unwrap();
        for other in others {
            let opened = SealedState::open(other, &ring, &sealed);
            assert_eq!(opened, header, "{made_for:?} as {other:?}");
        }
        if made_for != Purpose::ApiKey {
            assert_eq!(
                ApiKey::open(&ring, &sealed),
                Err(Refusal::Open(OpenError::Header)),
                "{made_for:?} as APIKey"
            );
        }
    }
    let sealed = state().seal(LoginState, &ring).unwrap();
    for (kid, why) in [("k1", OpenError::Tag), ("k2", OpenError::UnknownKid)] {
        let other_ring = KeyRing::generate(kid).unwrap();
        assert_eq!(
            SealedState::open(LoginState, &other_ring, &sealed),
            Err(StateRefusal::Open(why))
        );
    }
}

#[test]
fn a_state_altered_in_any_part_does_not_open() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let ring = ring();
    let sealed = state().seal(LoginState, &ring).unwrap();
    let parts: Vec<&str> = sealed.split('.').collect();
    let altered = |part: usize, text: &str| {
        let mut parts = parts.clone();
        parts[part] = text;
        SealedState::open(LoginState, &ring, &parts.join("."))
    };
    for (part, why) in [
        (0, OpenError::Header),
        (2, OpenError::Tag),
        (3, OpenError::Tag),
        (4, OpenError::Tag),
    ] {
        let first = if parts[part].starts_with('A') {
            "B"
        } else {
            "A"
        };
        let text = format!("{first}{}", &parts[part][1..]);
        assert_eq!(altered(part, &text), Err(why.into()), "part {part}");
    }
    for (part, text) in [(1, "AA"), (2, ""), (3, ""), (4, ""), (4, "AA.AA")] {
        let opened = altered(part, text);
        assert_eq!(opened, Err(OpenError::Malformed.into()), "part {part}");
    }
    // The header says what it is for, and the tag vouches for the header.
    let header = r#"{"typ":"logout-state+jwe","alg":"dir","enc":"A256CBC-HS512","kid":"k1"}"#;
    let relabelled = sealed.replacen(parts[0], &URL_SAFE_NO_PAD.encode(header), 1);
    assert_eq!(
        SealedState::open(LogoutState, &ring, &relabelled),
        Err(OpenError::Tag.into())
    );
}

#[test]
fn reasons_are_the_words_of_logs_and_metrics() {
    let reasons = [
        OpenError::Malformed.into(),
        OpenError::Header.into(),
        OpenError::UnknownKid.into(),
        OpenError::Tag.into(),
        StateRefusal::Claims,
        StateRefusal::Environment,
        StateRefusal::NotYetValid,
        StateRefusal::Expired,
    ]
    .map(|refusal| refusal.to_string())
    .join(" ");
    assert_eq!(
        reasons,
        "malformed header unknown-kid tag claims environment not-yet-valid expired"
    );
}

#[test]
fn debug_shows_nobody_and_no_secret() {
    let shown = format!("{:?}", largest());
    for hidden in ["aaa", "ccc", "vvv", "\\\""] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
