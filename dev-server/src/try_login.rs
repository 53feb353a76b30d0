//! Starts a login or logout as the bot does: seals a fresh state and takes the browser to Kernel. In no Lambda.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;
use shared::api::not_found;
use shared::clock::Clock;
use shared::control::{Channel, ControlEditor};
use shared::extract::Argument;
use shared::jwe::Purpose;
use shared::key_ring::KeyRing;
use shared::sealed_state::{CodeVerifier, Locale, Redirect, SealedState};
use shared::user::{AuraId, ChannelId};
use user_registration::LOGIN_CALLBACK;
use user_removal::LOGOUT_CALLBACK;

use crate::desk::Desk;
use crate::kernel_stand_in::CodeChallenge;
use crate::local_env::{ENVIRONMENT, KERNEL_CLIENT_ID};
use crate::local_name;
use crate::parameters::{Parameters, with_query};
use crate::places::Places;
use crate::random;
use crate::secrets_stand_in::SecretsStandIn;

mod answer;
mod linked;
mod section;

use answer::{NotStarted, sent_to};
pub use section::Section;

/// The page of the dev server that stands for a channel's own: where a login or logout can end.
pub const LINKED: &str = "/dev-server/linked";

/// What starting takes. Cheap to clone.
#[derive(Clone)]
pub struct TryLogin(Arc<Inner>);

struct Inner {
    places: Places,
    secrets: Arc<SecretsStandIn>,
    /// The name of the secret that holds the state ring.
    state_ring: String,
    control: ControlEditor,
    clock: Clock,
    /// The last login that was started here, and its channel.
    last: Mutex<Option<(AuraId, ChannelId)>>,
}

/// `/start/login`, `/start/logout`, and the page where they can end.
pub fn router(try_login: TryLogin) -> Router {
    Router::new()
        .route("/start/login", get(login).head(not_found))
        .route("/start/logout", get(logout).head(not_found))
        .route(LINKED, get(linked::linked))
        .with_state(try_login)
}

async fn login(
    State(try_login): State<TryLogin>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, NotStarted> {
    let asked = try_login.admit(&headers, query)?;
    let mut state = try_login.state(&asked, AuraId::random()).await?;
    let verifier = CodeVerifier::parse(&random::text()).ok_or(NotStarted::Failed)?;
    let challenge = CodeChallenge::of(&verifier);
    state.code_verifier = Some(verifier);
    let sealed = try_login.seal(&state, Purpose::LoginState)?;
    let back = format!("{}{LOGIN_CALLBACK}", try_login.0.places.base_url);
    let to = with_query(
        &try_login.0.places.authorize_url(),
        &[
            ("response_type", Some("code")),
            ("client_id", Some(KERNEL_CLIENT_ID)),
            ("redirect_uri", Some(&back)),
            ("state", Some(&sealed)),
            ("code_challenge", Some(challenge.as_str())),
            ("code_challenge_method", Some("S256")),
            ("ui_locales", state.locale.as_ref().map(Locale::as_str)),
        ],
    );
    try_login.remember(state);
    Ok(sent_to(&to))
}

async fn logout(
    State(try_login): State<TryLogin>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, NotStarted> {
    let asked = try_login.admit(&headers, query)?;
    let aura_id = asked.get("auraId").and_then(AuraId::parse);
    let aura_id = aura_id.ok_or(NotStarted::Asked("auraId", AuraId::RULE))?;
    let state = try_login.state(&asked, aura_id).await?;
    let sealed = try_login.seal(&state, Purpose::LogoutState)?;
    let Places {
        kernel, base_url, ..
    } = &try_login.0.places;
    let back = format!("{base_url}{LOGOUT_CALLBACK}");
    let parameters = [
        ("client_id", Some(KERNEL_CLIENT_ID)),
        ("post_logout_redirect_uri", Some(back.as_str())),
        ("state", Some(&sealed)),
    ];
    Ok(sent_to(&with_query(
        &format!("{}/logout", kernel.url),
        &parameters,
    )))
}

impl TryLogin {
    /// What starting takes on this desk.
    #[must_use]
    pub fn new(places: &Places, desk: &Desk, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            places: places.clone(),
            secrets: desk.secrets.clone(),
            state_ring: desk.names.state_ring_secret.clone(),
            control: desk.control(),
            clock,
            last: Mutex::default(),
        }))
    }

    /// The parameters of a request that a page of this server, or a person, makes.
    fn admit(&self, headers: &HeaderMap, query: Option<String>) -> Result<Parameters, NotStarted> {
        let ours = local_name::is_ours(headers, &self.0.places.base_url);
        if !ours || local_name::is_from_elsewhere(headers) {
            return Err(NotStarted::Elsewhere);
        }
        Ok(Parameters::parse(&query.unwrap_or_default())?)
    }

    /// A fresh state for the channel and the language that were asked for.
    async fn state(&self, asked: &Parameters, aura_id: AuraId) -> Result<SealedState, NotStarted> {
        let channels = self.0.control.channels().await;
        let channels = channels.map_err(|_| NotStarted::Failed)?;
        let mut channels = channels.into_iter();
        let channel = channels
            .find(|channel| Some(channel.id.as_str()) == asked.get("channel"))
            .ok_or(NotStarted::Asked("channel", "the id of a known channel"))?;
        let locale = asked.get("language").map(|text| {
            let locale = Locale::parse(text);
            locale.ok_or(NotStarted::Asked("language", Locale::RULE))
        });
        let redirect = match asked.get("end") {
            None | Some("result") => None,
            Some("channel") => self.page_of(&channel),
            Some(_) => return Err(NotStarted::Asked("end", "result or channel")),
        };
        let now = self.0.clock.now();
        Ok(SealedState {
            locale: locale.transpose()?,
            redirect,
            ..SealedState::new(ENVIRONMENT, aura_id, channel.id, now)
        })
    }

    /// A page of the channel; the one on this desk, where it has that.
    fn page_of(&self, channel: &Channel) -> Option<Redirect> {
        let mut redirects = channel.redirects.iter();
        let here = redirects.find(|redirect| self.is_here(redirect));
        Redirect::parse(here.or(channel.redirects.first())?)
    }

    fn has_page_here(&self, channel: &Channel) -> bool {
        let mut redirects = channel.redirects.iter();
        redirects.any(|redirect| self.is_here(redirect))
    }

    fn is_here(&self, redirect: &str) -> bool {
        redirect.strip_prefix(&self.0.places.base_url) == Some(LINKED)
    }

    fn seal(&self, state: &SealedState, purpose: Purpose) -> Result<String, NotStarted> {
        let ring = self.0.secrets.get(&self.0.state_ring).unwrap_or_default();
        let ring = KeyRing::parse(&ring).map_err(|_| NotStarted::Failed)?;
        state.seal(purpose, &ring).map_err(|_| NotStarted::Failed)
    }

    fn remember(&self, state: SealedState) {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((state.aura_id, state.channel_id));
    }
}
