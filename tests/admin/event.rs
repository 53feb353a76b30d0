//! `aura-admin event`: sample events with keys in them.

use tests::Operator;
use tests::copilot::{AUTHENTICATE, CREATE_SESSION, GRANT, NOT_VALID, asking};

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_event_is_filled_with_keys_that_open() {
    let operator = Operator::start().await;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut filled = 0;
    for function in std::fs::read_dir(root).unwrap() {
        for event in std::fs::read_dir(function.unwrap().path()).unwrap() {
            let path = event.unwrap().path();
            let outcome = operator.run(&["event", path.to_str().unwrap()], "").await;
            assert_eq!(outcome.code, 0, "{outcome:?}");
            assert!(!outcome.out.contains("{{"), "{}", path.display());
            let headers = outcome.json()["headers"].clone();
            // What everybody may call has no key to fill in, and Copilot Connect's clients have none.
            let authorization = headers["authorization"].as_str();
            let Some(authorization) = authorization.filter(|text| text.starts_with("APIKEY"))
            else {
                continue;
            };
            let status = operator
                .status_with(authorization.trim_start_matches("APIKEY "))
                .await;
            assert!(matches!(status, 403 | 404), "{}: {status}", path.display());
            filled += 1;
        }
    }
    assert!(filled >= 9, "only {filled} events");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_placeholder_is_named() {
    let operator = Operator::start().await;
    let outcome = operator
        .run(&["event", "-"], r#"{"a":"{{nonsense}}"}"#)
        .await;
    assert_eq!((outcome.code, outcome.out.as_str()), (2, ""));
    assert!(
        outcome.notes.contains("nonsense") && outcome.notes.contains("apikey"),
        "{outcome:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_clients_in_an_event_are_let_in() {
    let operator = Operator::start().await;
    let event = r#"{"client":"{{client-credentials}}","session":"{{session-token}}","user":"{{end-user-token}}"}"#;
    let filled = operator.run(&["event", "-"], event).await.json();
    let text = |name: &str| filled[name].as_str().unwrap().to_owned();
    let client = format!("Basic {}", text("client"));
    let begun = operator.desk.post(CREATE_SESSION, &client, GRANT).await;
    assert_eq!(begun.status, 200);
    let session = format!("Bearer {}", text("session"));
    let asked = operator
        .desk
        .post(AUTHENTICATE, &session, asking(&text("user")))
        .await;
    assert_eq!(asked.body, NOT_VALID, "the sample's user is not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn states_in_an_event_are_good_for_their_callback() {
    let operator = Operator::start().await;
    let event = r#"{"login":"{{login-state}}","logout":"{{logout-state}}"}"#;
    let filled = operator.run(&["event", "-"], event).await.json();
    for callback in ["login", "logout"] {
        let state = filled[callback].as_str().unwrap();
        let found = operator.done(&["state", "open", state]).await;
        assert_eq!(found["purpose"], callback);
        assert_eq!(found["claims"]["auraId"], "whatsapp:34600000001");
    }
}
