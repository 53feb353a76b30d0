//! `aura-admin client`, `copilot-secret` and `end-user-token`: what they say is what the API then does.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be read fails the test that reads it"
)]

use std::time::Duration;

use serde_json::Value;
use shared::access_token::Role;
use tests::Operator;
use tests::copilot::{AUTHENTICATE, CLIENT, CREATE_SESSION, GRANT, asking, basic, valid};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_let_in_from_its_issue_to_its_revocation() {
    let operator = Operator::start().await;
    let desk = &operator.desk;
    let issued = operator
        .done(&["client", "issue", "--name", "Maker's backend"])
        .await;
    let (id, secret) = (
        issued["clientId"].as_str().unwrap(),
        issued["clientSecret"].as_str().unwrap(),
    );
    let client = basic(id, secret);
    desk.clock.advance(Duration::from_millis(5001));
    let session = desk.post(CREATE_SESSION, &client, GRANT).await;
    assert_eq!(session.status, 200);
    let listed = operator.done(&["client", "list"]).await;
    let row = |listed: &Value| {
        let rows = listed["clients"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["clientId"] == id).unwrap()
    };
    assert_eq!(row(&listed)["name"], "Maker's backend");
    assert!(!listed.to_string().contains(secret));
    operator.done(&["client", "revoke", id]).await;
    desk.clock.advance(Duration::from_millis(5001));
    assert_eq!(desk.post(CREATE_SESSION, &client, GRANT).await.status, 401);
    let session = format!("Bearer {}", session.text("access_token"));
    assert_eq!(
        desk.post(AUTHENTICATE, &session, asking("x")).await.status,
        401
    );
    assert!(row(&operator.done(&["client", "list"]).await)["revokedAt"].is_string());
    let again = operator.run(&["--yes", "client", "revoke", id], "").await;
    assert_eq!(again.code, 1, "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_alone_goes_to_standard_output_and_ids_are_given_once() {
    let operator = Operator::start().await;
    let issue = ["client", "issue", "--name", "A maker", "--id", "MAKER-1"];
    let issued = operator.run(&issue, "").await;
    assert_eq!(issued.code, 0, "{issued:?}");
    let secret = issued.out.trim_end();
    assert!(
        secret.len() == 43 && !issued.notes.contains(secret),
        "{issued:?}"
    );
    assert!(issued.notes.contains("MAKER-1"), "{issued:?}");
    let again = operator.run(&issue, "").await;
    assert_eq!((again.code, again.out.as_str()), (2, ""), "{again:?}");
    operator.done(&["client", "revoke", "MAKER-1"]).await;
    assert_eq!(operator.run(&issue, "").await.code, 2, "not within a day");
    for bad in [
        vec!["client", "issue", "--name", ""],
        vec!["client", "issue", "--name", "x", "--id", "a:b"],
        vec!["client", "issue"],
        vec!["client", "revoke", "a b"],
    ] {
        assert_eq!(operator.run(&bad, "").await.code, 2, "{bad:?}");
    }
    let unasked = operator.run(&["client", "revoke", CLIENT], "").await;
    assert_eq!(unasked.code, 2, "without --yes: {unasked:?}");
}

/// The exit code of an inspection, and what it says to machines: never the token.
async fn inspect(operator: &Operator, token: &str) -> (u8, Value) {
    let found = operator
        .run(&["--json", "end-user-token", "inspect"], token)
        .await;
    let signature = token.rsplit('.').next().unwrap();
    assert!(!found.out.contains(signature), "{found:?}");
    (found.code, found.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issued_token_is_good_until_its_time_is_over() {
    let operator = Operator::start().await;
    let desk = &operator.desk;
    let nobody = operator
        .run(&["end-user-token", "issue", "nobody"], "")
        .await;
    assert_eq!((nobody.code, nobody.out.as_str()), (1, ""), "{nobody:?}");
    let user = desk.user("person-1").await;
    let issue = ["end-user-token", "issue", &user, "--seconds", "60"];
    let issued = operator.run(&issue, "").await;
    let token = issued.out.trim_end();
    let answer = desk.authenticate(token).await;
    assert_eq!(answer.body, valid(&user, Role::AppUser));
    let (code, good) = inspect(&operator, &format!("Bearer {token}")).await;
    assert_eq!((code, &good["valid"]), (0, &true.into()));
    assert_eq!(good["claims"]["userId"], user);
    desk.clock.advance(Duration::from_mins(1));
    let (code, expired) = inspect(&operator, token).await;
    assert_eq!((code, &expired["reason"]), (1, &"expired".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspection_tells_whose_a_token_is_and_why_one_is_not_good() {
    let operator = Operator::start().await;
    let desk = &operator.desk;
    let (code, session) = inspect(&operator, &desk.session()).await;
    assert_eq!(
        (code, &session["claims"]["role"]),
        (0, &"SERVICE_ACCOUNT".into())
    );
    let gone = desk.token(Role::AppUser, "nobody");
    let (code, found) = inspect(&operator, &gone).await;
    assert_eq!((code, &found["reason"]), (1, &"gone".into()));
    let (code, altered) = inspect(&operator, &format!("{gone}x")).await;
    assert_eq!((code, &altered["reason"]), (1, &"signature".into()));
    assert!(altered["claims"].is_null(), "nothing vouches for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_replaced_in_two_steps_and_the_second_waits() {
    let operator = Operator::start().await;
    let desk = &operator.desk;
    let user = desk.user("person-1").await;
    let role = ["--role", "service-account"];
    let retire = ["--yes", "copilot-secret", "retire", role[0], role[1]];
    let none = operator.run(&retire, "").await;
    assert_eq!(none.code, 1, "{none:?}");
    let old = desk.session();
    let rotated = operator
        .done(&["copilot-secret", "rotate", role[0], role[1]])
        .await;
    assert!(
        rotated["signsFrom"].as_str() < rotated["retireFrom"].as_str(),
        "{rotated}"
    );
    let twice = operator
        .run(&["copilot-secret", "rotate", role[0], role[1]], "")
        .await;
    assert_eq!(twice.code, 2, "the previous one would be lost: {twice:?}");
    assert_eq!(operator.run(&retire, "").await.code, 2, "not yet");
    let shown = operator.done(&["copilot-secret", "show"]).await;
    let rows = shown["secrets"].as_array().unwrap();
    assert_eq!(rows[1]["retirePreviousFrom"], rotated["retireFrom"]);
    assert!(rows[0]["retirePreviousFrom"].is_null());
    desk.clock.advance(Duration::from_secs(290));
    let ask = async || {
        let token = desk.token(Role::AppUser, &user);
        desk.post(AUTHENTICATE, &old, asking(&token)).await
    };
    assert_eq!(ask().await.body, valid(&user, Role::AppUser));
    desk.clock.advance(Duration::from_secs(20 * 60 - 290));
    operator
        .done(&["copilot-secret", "retire", role[0], role[1]])
        .await;
    let text = desk.secrets.get(&desk.names.copilot_secret).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let secrets = ["/pepper", "/appUser/current", "/serviceAccount/current"];
    for secret in secrets.map(|place| document.pointer(place).unwrap().as_str().unwrap()) {
        assert!(!format!("{shown}{rotated}").contains(secret), "not shown");
    }
}
