//! The forms on the page of the API reference.

use std::sync::PoisonError;

use askama::Template;
use http::HeaderMap;
use shared::control::Channel;

use super::TryLogin;
use crate::local_name;
use crate::page;

/// What the API's own pages speak (contract 4.3), and nothing, which leaves it to the browser.
const LANGUAGES: [(&str, &str); 5] = [
    ("", "none: the browser's"),
    ("en-GB", "English (en-GB)"),
    ("es-ES", "Español (es-ES)"),
    ("de-DE", "Deutsch (de-DE)"),
    ("pt-BR", "Português (pt-BR)"),
];

/// The section "Try the login", for one browser.
#[derive(Template)]
#[template(path = "try_login.html")]
pub struct Section {
    channels: Vec<Choice>,
    /// Tag and name.
    languages: &'static [(&'static str, &'static str)],
    kernel: &'static str,
    /// The last login's auraId; empty without one.
    aura_id: String,
}

struct Choice {
    id: String,
    name: String,
    /// Whether it is the one to begin with.
    is_first: bool,
}

impl TryLogin {
    /// The section for a request with these headers.
    pub async fn section(&self, headers: &HeaderMap) -> Section {
        let channels = self.0.control.channels().await.unwrap_or_default();
        let last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = local_name::is_ours(headers, &self.0.places.base_url);
        let (aura_id, last_channel) = last.clone().filter(|_| ours).unzip();
        // Without a last login, a channel whose page is on this desk: the others' may lead nowhere.
        let here = channels.iter().find(|channel| self.has_page_here(channel));
        let first = last_channel.or_else(|| here.map(|channel| channel.id.clone()));
        let choice = |channel: Channel| Choice {
            is_first: Some(&channel.id) == first.as_ref(),
            id: channel.id.into(),
            name: channel.name,
        };
        Section {
            channels: channels.into_iter().map(choice).collect(),
            languages: &LANGUAGES,
            kernel: self.0.places.kernel_word(),
            aura_id: aura_id.map_or_else(String::new, String::from),
        }
    }

    /// Where the forms may lead. A real Kernel may send the browser on to hosts of its own, and Chromium holds every redirect
    /// that follows a form to the page's list.
    #[must_use]
    pub fn form_targets(&self) -> String {
        let places = &self.0.places;
        let stand_in = page::origin(&places.kernel.url).filter(|_| places.kernel_stands_in);
        stand_in.unwrap_or_else(|| "http: https:".to_owned())
    }
}
