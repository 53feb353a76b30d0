//! A browser that tells where it is sent instead of going there.

use dev_server::parameters::{Parameters, with_query};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use shared::jwe::Purpose;
use shared::key_ring::KeyRing;
use shared::sealed_state::SealedState;

use crate::server::{Server, client, sent};

/// The browser of somebody at this dev server.
pub(crate) struct Browser<'a> {
    pub(crate) client: Client,
    server: &'a Server,
}

/// Where the browser is sent: the address, and what it takes there.
pub(crate) struct Sent {
    location: String,
    pub(crate) address: String,
    pub(crate) query: Parameters,
}

impl Sent {
    /// The address with its query.
    pub(crate) fn whole(&self) -> &str {
        &self.location
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        let value = self.query.get(name);
        value.unwrap_or_else(|| panic!("no {name}, at {}", self.address))
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        let client = client(Policy::none());
        Self { client, server }
    }

    pub(crate) async fn get(&self, url: &str) -> Response {
        sent(self.client.get(url)).await
    }

    /// Starts a login or logout with the form's fields.
    pub(crate) async fn start(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let fields = fields.iter().map(|(name, value)| (*name, Some(*value)));
        let fields: Vec<_> = fields.collect();
        self.get(&self.server.url(&with_query(path, &fields))).await
    }

    /// The state as the API opens it.
    pub(crate) fn open(&self, purpose: Purpose, state: &str) -> SealedState {
        let ring = self.server.credentials["stateRing"].to_string();
        let ring = KeyRing::parse(&ring).unwrap_or_else(|error| panic!("{error}"));
        let opened = SealedState::open(purpose, &ring, state);
        opened.unwrap_or_else(|error| panic!("{error}"))
    }
}

pub(crate) fn where_sent(response: &Response) -> Sent {
    assert_eq!(response.status(), 303, "{response:?}");
    let location = response.headers()["location"].to_str().unwrap_or_default();
    let (address, query) = location.split_once('?').unwrap_or((location, ""));
    let query = Parameters::parse(query).unwrap_or_else(|error| panic!("{error}"));
    Sent {
        address: address.to_owned(),
        location: location.to_owned(),
        query,
    }
}
