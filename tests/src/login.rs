//! A login or logout on its way: the state as the bot seals it, and the person's part at Kernel's stand-in.

use axum::body::Body;
use axum::extract::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dev_server::local_env::{ENVIRONMENT, KERNEL_CLIENT_ID};
use http::header::CONTENT_TYPE;
use sha2::{Digest, Sha256};
use shared::extract::Argument;
use shared::jwe::Purpose;
use shared::key_ring::KeyRing;
use shared::sealed_state::{CodeVerifier, SealedState};
use shared::user::{AuraId, ChannelId};
use tower::ServiceExt;

use crate::answer::Answer;
use crate::desk::{BASE_URL, Desk};

/// Where Kernel sends browsers after a login.
pub const LOGIN: &str = "/users/auraid/integrated";
/// Where Kernel sends browsers after a logout.
pub const LOGOUT: &str = "/users/auraid/integrated/logout";
/// What a browser's `Accept` says.
pub const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

impl Desk {
    /// A state of now for this login, with a code verifier, as the bot makes it.
    ///
    /// # Panics
    /// When an id is none.
    #[must_use]
    pub fn state(&self, aura_id: &str, channel: &str) -> SealedState {
        let aura_id = AuraId::parse(aura_id).unwrap_or_else(|| panic!("no auraId: {aura_id}"));
        let channel = ChannelId::parse(channel).unwrap_or_else(|| panic!("no channel: {channel}"));
        SealedState {
            code_verifier: CodeVerifier::parse(&"v".repeat(64)),
            ..SealedState::new(ENVIRONMENT, aura_id, channel, self.clock.now())
        }
    }

    /// The state ring in force.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn state_ring(&self) -> KeyRing {
        let text = self.secrets.get(&self.names.state_ring_secret);
        KeyRing::parse(&text.unwrap_or_default()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The sealed state of a login.
    #[must_use]
    pub fn login_state(&self, state: &SealedState) -> String {
        self.sealed(state, Purpose::LoginState)
    }

    /// The sealed state of a logout.
    #[must_use]
    pub fn logout_state(&self, state: &SealedState) -> String {
        self.sealed(state, Purpose::LogoutState)
    }

    /// A state, sealed for this purpose.
    ///
    /// # Panics
    /// When there are no random bytes.
    #[must_use]
    pub fn sealed(&self, state: &SealedState, purpose: Purpose) -> String {
        let sealed = state.seal(purpose, &self.state_ring());
        sealed.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The code that Kernel gives when this made-up person logs in with the state's link and consents.
    ///
    /// # Panics
    /// When it gives none.
    pub async fn code(&self, state: &SealedState, person: &str) -> String {
        let verifier = state.code_verifier.as_ref().map(CodeVerifier::as_str);
        let challenge = verifier.map(|text| URL_SAFE_NO_PAD.encode(Sha256::digest(text)));
        let challenge = challenge.map_or_else(String::new, |challenge| {
            format!("&code_challenge={challenge}&code_challenge_method=S256")
        });
        let form = format!(
            "response_type=code&client_id={KERNEL_CLIENT_ID}&redirect_uri={BASE_URL}{LOGIN}&state=s{challenge}&decision=consent&person={person}"
        );
        let request = Request::post("/authorize")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form));
        let request = request.unwrap_or_else(|error| panic!("{error}"));
        let sent = self.kernel_stand_in.clone().oneshot(request).await;
        let back = Answer::read(sent.unwrap_or_else(|never| match never {})).await;
        let code = back.header("location").split_once("code=");
        let code = code.and_then(|(_, rest)| rest.split('&').next());
        code.unwrap_or_else(|| panic!("no code: {back:?}"))
            .to_owned()
    }

    /// Visits the login callback as Kernel sends the browser there; `accept` as the visitor's header.
    pub async fn visit_login(&self, sealed: &str, query: &str, accept: &str) -> Answer {
        let path = format!("{LOGIN}?state={sealed}&{query}");
        self.call("GET", &path, &[("accept", accept)]).await
    }

    /// Visits the logout callback.
    pub async fn visit_logout(&self, sealed: &str, accept: &str) -> Answer {
        let path = format!("{LOGOUT}?state={sealed}");
        self.call("GET", &path, &[("accept", accept)]).await
    }
}
