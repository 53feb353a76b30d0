//! Microsoft's own client of Direct Line talks to the bot with what this API hands out (contract 4.9, 4.10).

use std::time::Duration;

use shared::api_key::Scope;
use tests::Desk;

use crate::client::{Client, script, setting};

/// A page of a channel: it asks this API for a token, and hands that to the client.
struct Page {
    desk: Desk,
    client: Client,
}

impl Page {
    async fn open(path: &str) -> Self {
        let desk = Desk::start().await;
        let key = desk.key("web", Scope::Public);
        let issued = desk.call("GET", path, &[("authorization", &key)]).await;
        assert_eq!(issued.status, 200, "{issued:?}");
        let mut options = issued.json();
        options["domain"] = format!("{}/v3/directline", desk.direct_line.url()).into();
        let arguments = [script("direct_line.mjs"), setting("CLIENTS_NODE_MODULES")];
        let name = "botframework-directlinejs";
        let mut client = Client::start(name, "node", &arguments).await;
        drop(desk.direct_line.take_calls());
        client.tell(&options.to_string()).await;
        assert_eq!(client.line().await, "online");
        Self { desk, client }
    }

    /// Says something, and waits for the bot to answer over the stream.
    async fn say(&mut self, text: &str) {
        self.client.tell(text).await;
        let answer = loop {
            match self.client.line().await {
                line if line == "refreshed" => {}
                line => break line,
            }
        };
        assert_eq!(answer, format!("bot: You said: {text}"));
    }

    /// Waits until the client has a token that it did not have when this was called.
    async fn refreshed(&mut self) {
        // The first may have been on its way.
        for _ in 0..2 {
            assert_eq!(self.client.line().await, "refreshed");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a client for Node, as .ci/run installs it"]
async fn a_token_starts_a_conversation_that_lives_on_by_refreshing() {
    let mut page = Page::open("/token").await;
    page.say("hello").await;
    for _ in 0..3 {
        // A token is good for 30 minutes.
        page.desk.clock.advance(Duration::from_mins(20));
        page.refreshed().await;
    }
    page.say("still there?").await;
    let asked = page.desk.direct_line.take_operations();
    assert_eq!(asked[0], "/v3/directline/conversations");
    let refresh = "/v3/directline/tokens/refresh";
    assert!(asked.iter().any(|path| path == refresh), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a client for Node, as .ci/run installs it"]
async fn a_stream_token_is_a_conversation_that_goes_on() {
    let mut page = Page::open("/token/wss").await;
    page.say("hello").await;
    page.say("and again").await;
    let asked = page.desk.direct_line.take_operations();
    let says = |path: &String| path.ends_with("/activities");
    assert!(
        asked.len() == 2 && asked.iter().all(says),
        "nothing is started anew: {asked:?}"
    );
}
