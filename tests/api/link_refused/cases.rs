//! What Kernel answers where it refuses or fails, and what comes of it.

use bytes::Bytes;
use serde_json::{Value, json};
use tests::Fault;

use crate::linking::json_answer;

/// What happens at an endpoint of Kernel's, what comes of the visit, and whether the link is spent.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) endpoint: &'static str,
    pub(super) fault: Fault,
    pub(super) outcome: (u16, &'static str),
    pub(super) spent: bool,
}

fn answered(
    name: &'static str,
    endpoint: &'static str,
    status: u16,
    body: &Value,
    outcome: (u16, &'static str),
) -> Case {
    let spent = outcome.0 < 500;
    Case {
        name,
        endpoint,
        fault: json_answer(status, body),
        outcome,
        spent,
    }
}

fn failed(name: &'static str, endpoint: &'static str, fault: Fault) -> Case {
    Case {
        name,
        endpoint,
        fault,
        outcome: (502, "UPSTREAM_ERROR"),
        spent: false,
    }
}

const DENIED: (u16, &str) = (403, "PERMISSION_DENIED");
const BROKEN: (u16, &str) = (502, "UPSTREAM_ERROR");

/// Kernel's answers that are refusals.
pub(super) fn refusals() -> Vec<Case> {
    let ours = "aura-authentication";
    let person = |changes: &Value| {
        let mut body = json!({
            "active": true, "client_id": ours, "aud": ours, "sub": "person-7781", "authorization_id": "grant-7781",
            "phone_number": "+34600007781",
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    };
    let grant = json!({ "error": "invalid_grant", "error_description": "<b>secret-7781</b>" });
    let told = |name, changes: Value| answered(name, "/introspect", 200, &person(&changes), DENIED);
    vec![
        answered(
            "invalid_grant",
            "/token",
            400,
            &grant,
            (400, "INVALID_ARGUMENT"),
        ),
        answered(
            "not active",
            "/introspect",
            200,
            &json!({ "active": false }),
            DENIED,
        ),
        told("not active, with a person", json!({ "active": false })),
        told("another client's", json!({ "client_id": "another" })),
        told("for another audience", json!({ "aud": "another" })),
        told(
            "for other audiences",
            json!({ "aud": ["another", "AURA-AUTHENTICATION"] }),
        ),
        told("for nobody", json!({ "aud": [] })),
    ]
}

/// Kernel's failures, and answers that are none.
pub(super) fn failures() -> Vec<Case> {
    let mut cases = Vec::new();
    for endpoint in ["/token", "/introspect"] {
        let answers = strange_answers();
        let answers = answers.into_iter();
        cases.extend(
            answers.map(|(name, status, body)| answered(name, endpoint, status, &body, BROKEN)),
        );
        cases.extend(faults().map(|(name, fault)| failed(name, endpoint, fault)));
    }
    for (name, body) in PERSONS {
        let fault = Fault::Answer(200, Bytes::from_static(body.as_bytes()));
        cases.push(failed(name, "/introspect", fault));
    }
    cases
}

fn strange_answers() -> Vec<(&'static str, u16, Value)> {
    let too_much = json!({
        "access_token": "token-1", "token_type": "Bearer", "active": true, "sub": "person-7781",
        "authorization_id": "grant-7781", "padding": "a".repeat(5_000_000),
    });
    let failure = json!({ "error": "server_error", "detail": "secret-7781" });
    vec![
        ("500", 500, failure),
        ("502", 502, json!({})),
        ("503", 503, json!({ "error": "temporarily_unavailable" })),
        ("401", 401, json!({ "error": "invalid_client" })),
        ("429", 429, json!({})),
        ("204", 204, json!({})),
        ("an empty object", 200, json!({})),
        ("an array", 200, json!(["token-1", "Bearer", true])),
        ("5 MB", 200, too_much),
    ]
}

fn faults() -> [(&'static str, Fault); 6] {
    let garbage = Bytes::from_static(b"<html>secret-7781 \xff\0</html>");
    let elsewhere = Fault::Redirect("https://evil.example/token");
    [
        ("garbage", Fault::Answer(200, garbage)),
        ("nothing", Fault::Answer(200, Bytes::new())),
        ("elsewhere", elsewhere),
        ("half an answer", Fault::HalfAnswer),
        ("a reset", Fault::Refused),
        ("a lost answer", Fault::LostAnswer),
    ]
}

/// Introspections of good tokens that do not say what they must.
const PERSONS: [(&str, &str); 4] = [
    ("no person", r#"{"active":true,"authorization_id":"g"}"#),
    ("no grant", r#"{"active":true,"sub":"person-1"}"#),
    (
        "a bad id",
        r#"{"active":true,"sub":"<b>secret-7781</b>","authorization_id":"g"}"#,
    ),
    (
        "a bad number",
        r#"{"active":true,"sub":"p","authorization_id":"g","phone_number":"secret-7781"}"#,
    ),
];
