//! What a stranger can send to Copilot Connect: credentials, tokens and bodies, as they come and under the true secret.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use end_user_authentication::{Authenticate, CreateSession, GenerateUserAuthKey};
use libfuzzer_sys::fuzz_target;
use ring::hmac::{HMAC_SHA256, Key, sign};
use shared::access_token::{AccessToken, CopilotSecrets, Role};
use shared::client::BasicCredentials;
use shared::clock::Timestamp;
use shared::jwe::json_object;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const HEADER: &[u8] = br#"{"typ":"JWT","alg":"HS256"}"#;

static SECRETS: LazyLock<(CopilotSecrets, Key)> = LazyLock::new(|| {
    let secrets = CopilotSecrets::generate(NOW).unwrap();
    let secret = URL_SAFE_NO_PAD.decode(secrets.expose_signing(Role::AppUser, NOW)).unwrap();
    (secrets, Key::new(HMAC_SHA256, &secret))
});

fn signed(header: &[u8], payload: &[u8]) -> String {
    let [header, payload] = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part));
    let message = format!("{header}.{payload}");
    let tag = URL_SAFE_NO_PAD.encode(sign(&SECRETS.1, message.as_bytes()));
    format!("{message}.{tag}")
}

/// What a good token says can be said again: signed anew, it opens as the same.
fn holds(token: &AccessToken) {
    let again = token.sign(&SECRETS.0, NOW).unwrap();
    assert!(AccessToken::read(&again, &SECRETS.0).unwrap() == *token);
}

fuzz_target!(|data: &[u8]| {
    let _ = json_object::<Authenticate>(data);
    let _ = json_object::<CreateSession>(data);
    let _ = json_object::<GenerateUserAuthKey>(data);
    if let Ok(text) = std::str::from_utf8(data) {
        // Nobody guesses a signature.
        assert!(AccessToken::read(text, &SECRETS.0).is_err());
        if let Some(credentials) = BasicCredentials::parse(text) {
            assert!(BasicCredentials::parse(&credentials.encode()).is_some());
        }
    }
    let (header, payload) = data.split_at(data.len() / 3);
    for token in [signed(HEADER, data), signed(header, payload)] {
        if let Ok(token) = AccessToken::read(&token, &SECRETS.0) {
            assert!(token.role == Role::AppUser && token.expires_at.millis() >= 0);
            holds(&token);
        }
    }
});
