//! What placeholders become.

use super::*;
use crate::credentials::{Aws, Credentials};
use shared::clock::{Clock, Timestamp};
use shared::key_ring::KeyRing;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A filler that has its ring and calls nobody.
fn filler() -> Filler {
    let credentials = Credentials {
        environment: "local".into(),
        aws: Aws {
            endpoint_url: "http://127.0.0.1:9".into(),
            region: "eu-west-1".into(),
            access_key_id: "local".into(),
            secret_access_key: "local".into(),
            table_name: "users".into(),
            erasure_table_name: "erasures".into(),
        },
        copilot: None,
        base_url: None,
        direct_line: None,
    };
    let clock = Clock::from_fn(|| NOW);
    Filler {
        deployment: Deployment::local(&credentials, &clock).unwrap(),
        key_ring: OnceCell::new_with(Some(KeyRing::generate("k1").unwrap())),
        state_ring: OnceCell::new_with(Some(KeyRing::generate("s1").unwrap())),
    }
}

async fn filled(filler: &Filler, text: &str) -> Result<String, Failure> {
    filler.fill_all(placeholder::split(text).unwrap()).await
}

#[tokio::test]
async fn keys_are_valid_for_an_hour_with_the_scope_of_their_app() {
    let filler = filler();
    for (app, scope) in [
        ("aura-bot", Scope::Internal),
        ("aura-groot", Scope::Internal),
        ("kernel", Scope::Kernel),
        ("whatsapp", Scope::Public),
    ] {
        let key = filled(&filler, &format!("{{{{apikey:{app}}}}}"))
            .await
            .unwrap();
        let key = ApiKey::open(filler.key_ring.get().unwrap(), &key).unwrap();
        assert_eq!(key.check("local", NOW), Ok(()), "{app}");
        assert_eq!(
            (key.scope, key.app.as_str(), key.mode),
            (scope, app, Mode::ReadWrite)
        );
        assert_eq!(key.exp, NOW.secs() + 3600);
    }
}

#[tokio::test]
async fn states_are_fresh_and_open_for_their_callback_only() {
    let filler = filler();
    let ring = filler.state_ring.get().unwrap().clone();
    for (name, purpose, other) in [
        ("login-state", Purpose::LoginState, Purpose::LogoutState),
        ("logout-state", Purpose::LogoutState, Purpose::LoginState),
    ] {
        let sealed = filled(&filler, &format!("{{{{{name}}}}}")).await.unwrap();
        let state = SealedState::open(purpose, &ring, &sealed).unwrap();
        assert_eq!(state.check("local", NOW), Ok(()), "{name}");
        assert_eq!(state.iat, NOW.secs());
        assert_eq!(state.aura_id.as_str(), "whatsapp:34600000001");
        assert_eq!(state.channel_id.as_str(), "whatsapp");
        assert!(SealedState::open(other, &ring, &sealed).is_err(), "{name}");
    }
}

#[tokio::test]
async fn the_same_placeholder_is_the_same_key() {
    let text = filled(&filler(), "{{apikey:a}} {{apikey:b}} {{apikey:a}}")
        .await
        .unwrap();
    let [a, b, again] = text.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{text}")
    };
    assert!(a == again && a != b);
}

#[tokio::test]
async fn an_unknown_placeholder_is_named_with_the_known_ones() {
    for name in [
        "login-state:",
        "login-state:a",
        "Login-state",
        "state",
        "apikey",
        "apikey:",
        "APIKEY:kernel",
    ] {
        let told = filled(&filler(), &format!("{{{{{name}}}}}"))
            .await
            .unwrap_err();
        assert_eq!(told.exit_code(), 2);
        let told = told.to_string();
        assert!(
            told.contains(&format!("{{{{{name}}}}} is unknown")),
            "{told}"
        );
        assert!(
            told.contains("{{apikey:kernel}}") && told.contains("{{login-state}}"),
            "{told}"
        );
    }
}
