//! Access tokens that libraries of other makers sign with our secrets are taken like our own (contract 5.2).

use shared::access_token::Role;
use tests::Desk;
use tests::copilot::{AUTHENTICATE, CLIENT, NOT_VALID, asking, valid};

use crate::client::{Client, script, setting};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs clients for Python and Node, as .ci/run installs them"]
async fn a_token_of_another_library_is_taken_in_its_role_and_in_no_other() {
    let desk = Desk::start().await;
    let user = desk.user("person-1").await;
    let node = [script("sign.mjs"), setting("CLIENTS_NODE_MODULES")];
    let makers = [
        Client::start("PyJWT", &setting("CLIENTS_PYTHON"), &[script("sign.py")]).await,
        Client::start("jose", "node", &node).await,
    ];
    for mut maker in makers {
        for (role, id) in [(Role::AppUser, &*user), (Role::ServiceAccount, CLIENT)] {
            for secret in Role::ALL {
                let now = desk.clock.now();
                let key = desk
                    .copilot_secrets()
                    .expose_signing(secret, now)
                    .to_owned();
                maker
                    .tell(&format!("{key} {}", desk.claims(role, id)))
                    .await;
                let token = maker.line().await;
                let expected = if role == secret {
                    valid(id, role)
                } else {
                    NOT_VALID.to_owned()
                };
                let answer = desk.authenticate(&token).await;
                assert_eq!(answer.body, expected, "{}: {token}", maker.name);
                let asked = desk
                    .post(AUTHENTICATE, &format!("Bearer {token}"), asking("x"))
                    .await;
                let may_ask = role == secret && role == Role::ServiceAccount;
                assert_eq!(asked.status == 200, may_ask, "{}", maker.name);
            }
        }
    }
}
