//! The secrets' text, and what each step of a rotation lets pass.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::access_token::{AccessToken, NO_DEVICE, SecretsError, TokenRefusal};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn after(span: Duration) -> Timestamp {
    NOW.plus(span)
}

fn signed(secrets: &CopilotSecrets, role: Role, now: Timestamp) -> String {
    let token = AccessToken {
        role,
        user_id: "user-1".into(),
        device_id: NO_DEVICE.into(),
        expires_at: NOW.plus(Duration::from_hours(24)),
    };
    token.sign(secrets, now).unwrap()
}

fn takes(secrets: &CopilotSecrets, token: &str) -> bool {
    AccessToken::open(token, secrets, NOW).is_ok()
}

#[test]
fn the_text_round_trips_and_is_as_documented() {
    let secrets = CopilotSecrets::generate(NOW).unwrap();
    let secrets = secrets.rotated(Role::AppUser, NOW).unwrap();
    let text = secrets.to_json();
    let again = CopilotSecrets::parse(&text).unwrap();
    assert_eq!(again.to_json(), text);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["appUser"]["since"], NOW.millis());
    assert!(json["appUser"]["previous"].is_string() && json["pepper"].is_string());
    assert!(json["serviceAccount"].get("previous").is_none());
    assert_eq!(format!("{secrets:?}"), "CopilotSecrets");
}

/// Every order in which two instances can come to know of a rotation.
#[test]
fn a_rotation_refuses_no_token_and_its_end_refuses_the_old_ones() {
    let old = CopilotSecrets::generate(NOW).unwrap();
    for role in Role::ALL {
        let new = old.rotated(role, NOW).unwrap();
        let before = signed(&old, role, NOW);
        let settling = signed(
            &new,
            role,
            Timestamp::from_millis(after(SETTLING).millis() - 1),
        );
        let settled = signed(&new, role, after(SETTLING));
        for token in [&before, &settling] {
            assert!(takes(&old, token), "by who has not read it yet");
            assert!(takes(&new, token));
        }
        assert!(takes(&new, &settled) && !takes(&old, &settled));
        let retired = new.retired(role).unwrap();
        assert!(takes(&retired, &settled));
        assert_eq!(
            AccessToken::open(&before, &retired, NOW).err(),
            Some(TokenRefusal::Signature)
        );
        assert_eq!(
            signed(&retired, role, NOW),
            signed(&retired, role, after(SETTLING))
        );
        let other = if role == Role::AppUser {
            Role::ServiceAccount
        } else {
            Role::AppUser
        };
        assert!(
            takes(&retired, &signed(&old, other, NOW)),
            "the other role's are untouched"
        );
        assert_eq!(retired.retired(role).err(), Some(SecretsError::NoPrevious));
    }
}

/// A good text with another value at this place.
fn changed(path: &[&str], value: &str) -> String {
    let good = CopilotSecrets::generate(NOW).unwrap().to_json();
    let mut json: serde_json::Value = serde_json::from_str(&good).unwrap();
    let place = path.iter().fold(&mut json, |at, step| &mut at[*step]);
    *place = value.into();
    json.to_string()
}

#[test]
fn what_is_not_secrets_is_refused_and_never_quoted() {
    let good = CopilotSecrets::generate(NOW).unwrap().to_json();
    let short = URL_SAFE_NO_PAD.encode(b"s3cret-s3cret-s3cret-s3cret-s3c");
    for text in [
        String::new(),
        "{}".into(),
        format!("[{}]", *good),
        changed(&["appUser", "current"], &short),
        changed(&["pepper"], "s3cret!"),
        changed(&["appUser", "s3cret"], "x"),
        changed(&["appUser", "since"], "s3cret"),
    ] {
        let told = CopilotSecrets::parse(&text).unwrap_err();
        assert_eq!(told, SecretsError::Malformed, "{text}");
        assert!(!told.to_string().contains("s3cret"), "{told}");
    }
}

#[test]
fn no_two_are_the_same() {
    let good = CopilotSecrets::generate(NOW).unwrap().to_json();
    let json: serde_json::Value = serde_json::from_str(&good).unwrap();
    let twin = json["serviceAccount"]["current"].clone();
    for (role, slot) in [
        ("appUser", "current"),
        ("appUser", "previous"),
        ("serviceAccount", "previous"),
    ] {
        let mut json = json.clone();
        json[role][slot] = twin.clone();
        let told = CopilotSecrets::parse(&json.to_string()).unwrap_err();
        assert_eq!(told, SecretsError::Same, "{role} {slot}");
    }
    let mut with_pepper = json;
    with_pepper["pepper"] = twin;
    let told = CopilotSecrets::parse(&with_pepper.to_string()).unwrap_err();
    assert_eq!(told, SecretsError::Same, "the pepper");
}
