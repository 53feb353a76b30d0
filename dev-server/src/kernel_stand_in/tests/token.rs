//! Codes and tokens: what a client gets for which code, and for how long.

use super::*;

#[tokio::test]
async fn a_code_leads_to_a_token_and_the_token_to_the_person() {
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Rs256] {
        let stand = Stand::with_key(algorithm);
        let answer = stand.exchange(&stand.code().await, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["pragma"], "no-cache");
        let told = answer.json();
        assert_eq!(told["token_type"], "Bearer");
        assert_eq!(told["expires_in"], 600);
        let person = stand
            .introspect(told["access_token"].as_str().unwrap())
            .await;
        assert_eq!(person.headers["cache-control"], "no-store");
        let mut person = person.json();
        let id = person["authorization_id"].take();
        assert!(id.as_str().is_some_and(|id| Uuid::parse_str(id).is_ok()));
        let expected = json!({
            "active": true, "client_id": KERNEL_CLIENT_ID, "aud": KERNEL_CLIENT_ID, "sub": "user-ana",
            "phone_number": "+34600000101", "authorization_id": null, "token_type": "Bearer",
            "iat": 1_700_000_000, "exp": 1_700_000_600,
        });
        assert_eq!(person, expected);
    }
}

#[tokio::test]
async fn a_typed_person_is_introspected_as_typed_and_each_consent_is_another_grant() {
    let stand = Stand::new();
    let mut grants = Vec::new();
    for (number, told) in [("34600000199", json!("+34600000199")), ("", Value::Null)] {
        let mut form = [asked(), chosen("other", "consent")].concat();
        form.push(("user_id", " user-9 ".to_owned()));
        form.push(("phone_number", number.to_owned()));
        let back = stand.post("/authorize", &form, None).await.sent_back();
        let token = stand.exchange(back.get("code").unwrap(), &[]).await.json();
        let token = token["access_token"].as_str().unwrap().to_owned();
        let person = stand.introspect(&token).await.json();
        assert_eq!(
            (&person["sub"], &person["phone_number"]),
            (&json!("user-9"), &told)
        );
        assert_eq!(person.get("phone_number").is_some(), !number.is_empty());
        grants.push(person["authorization_id"].clone());
    }
    assert_ne!(grants[0], grants[1]);
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let stand = Stand::new();
    let (early, late) = (stand.code().await, stand.code().await);
    stand.pass(59_999);
    assert_eq!(stand.exchange(&early, &[]).await.status, 200);
    stand.pass(1);
    let refused = stand.exchange(&late, &[]).await.refused();
    assert_eq!(refused, (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn a_code_shown_twice_is_refused_and_ends_what_it_was_exchanged_for() {
    let stand = Stand::new();
    let code = stand.code().await;
    let token = stand.exchange(&code, &[]).await.json();
    let token = token["access_token"].as_str().unwrap().to_owned();
    let refused = stand.exchange(&code, &[]).await.refused();
    assert_eq!(refused, (400, "invalid_grant".to_owned()));
    let ended = stand.introspect(&token).await.json();
    assert_eq!(ended, json!({ "active": false }));
}

#[tokio::test]
async fn a_code_is_for_its_request_only_and_spent_by_a_wrong_one() {
    let stand = Stand::new();
    let other = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl";
    let sam_local = "http://127.0.0.1:3030/users/auraid/integrated";
    for change in [
        ("redirect_uri", Some(sam_local)),
        ("code_verifier", Some(other)),
        ("code_verifier", Some("short")),
        ("code_verifier", None),
    ] {
        let code = stand.code().await;
        for changes in [&[change][..], &[]] {
            let refused = stand.exchange(&code, changes).await.refused();
            assert_eq!(refused, (400, "invalid_grant".to_owned()), "{change:?}");
        }
    }
    let refused = stand.exchange("another", &[]).await.refused();
    assert_eq!(refused, (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn without_a_challenge_there_is_no_verifier() {
    let stand = Stand::new();
    let none = [("code_challenge", None), ("code_challenge_method", None)];
    let form = [changed(asked(), &none), chosen("user-ana", "consent")].concat();
    for (verifier, status) in [(None, 200), (Some(VERIFIER), 400)] {
        let back = stand.post("/authorize", &form, None).await.sent_back();
        let code = back.get("code").unwrap();
        let answer = stand.exchange(code, &[("code_verifier", verifier)]).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
}

#[tokio::test]
async fn what_is_missing_or_another_grant_is_named_and_spends_nothing() {
    let stand = Stand::new();
    let code = stand.code().await;
    for (change, error) in [
        (("grant_type", None), "invalid_request"),
        (
            ("grant_type", Some("refresh_token")),
            "unsupported_grant_type",
        ),
        (("code", None), "invalid_request"),
        (("redirect_uri", None), "invalid_request"),
    ] {
        let refused = stand.exchange(&code, &[change]).await.refused();
        assert_eq!(refused, (400, error.to_owned()), "{change:?}");
    }
    assert_eq!(stand.exchange(&code, &[]).await.status, 200);
}

#[tokio::test]
async fn a_token_is_active_until_it_expires_and_no_other_text_ever_is() {
    let stand = Stand::new();
    let token = stand.exchange(&stand.code().await, &[]).await.json();
    let token = token["access_token"].as_str().unwrap().to_owned();
    stand.pass(599_999);
    assert_eq!(stand.introspect(&token).await.json()["active"], true);
    stand.pass(1);
    for text in [token.as_str(), "another"] {
        assert_eq!(
            stand.introspect(text).await.json(),
            json!({ "active": false })
        );
    }
    let refused = stand.introspect("").await.refused();
    assert_eq!(refused, (400, "invalid_request".to_owned()));
}
