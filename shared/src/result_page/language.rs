//! The languages of the page, and which of them a person reads.

use std::cmp::Reverse;

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

use super::accept::weighted;
use crate::sealed_state::Locale;

/// A language that the page is written in (contract 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// British English; for everybody whose language is not here.
    EnGb,
    /// Spanish of Spain.
    EsEs,
    /// German of Germany.
    DeDe,
    /// Portuguese of Brazil.
    PtBr,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 4] = [Self::EnGb, Self::EsEs, Self::DeDe, Self::PtBr];

    /// The state's language, else the one most wanted by `Accept-Language` (RFC 9110 12.5.4), else English.
    #[must_use]
    pub fn choose(locale: Option<&Locale>, headers: &HeaderMap) -> Self {
        let arranged = locale.and_then(|locale| Self::lookup(locale.as_str()));
        let wanted = || {
            weighted(headers, ACCEPT_LANGUAGE)
                .filter(|(_, weight)| *weight > 0)
                .filter_map(|(range, weight)| Some((Self::lookup(range)?, weight)))
                // The first of those wanted most.
                .min_by_key(|(_, weight)| Reverse(*weight))
        };
        arranged
            .or_else(|| wanted().map(|(language, _)| language))
            .unwrap_or(Self::EnGb)
    }

    /// The lookup of RFC 4647 3.4, which ends at the first subtag: every language is here once, and serves all its regions.
    fn lookup(range: &str) -> Option<Self> {
        let primary = range.split('-').next()?;
        let speaks = |language: &Self| language.tag()[..2].eq_ignore_ascii_case(primary);
        Self::ALL.into_iter().find(speaks)
    }

    /// Its tag (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::EnGb => "en-GB",
            Self::EsEs => "es-ES",
            Self::DeDe => "de-DE",
            Self::PtBr => "pt-BR",
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn wanting(bytes: &[u8]) -> HeaderMap {
        let value = HeaderValue::from_bytes(bytes).unwrap();
        [(ACCEPT_LANGUAGE, value)].into_iter().collect()
    }

    #[test]
    fn the_most_wanted_language_that_is_here_is_chosen() {
        for (wanted, tag) in [
            ("es-ES", "es-ES"),
            ("es-MX", "es-ES"),
            ("ES-mx", "es-ES"),
            ("es-419", "es-ES"),
            ("pt", "pt-BR"),
            ("pt-PT", "pt-BR"),
            ("de-AT", "de-DE"),
            ("de-Latn-DE-1996", "de-DE"),
            ("en-US,en;q=0.9", "en-GB"),
            ("fr-FR, de;q=0.5", "de-DE"),
            ("*, de;q=0.1", "de-DE"),
            ("*", "en-GB"),
            ("fr", "en-GB"),
            ("", "en-GB"),
            ("es;q=0.5, de;q=0.8, pt;q=0.7", "de-DE"),
            ("es;q=0.8,de;q=0.8", "es-ES"),
            ("de ; q=0.2 , es ; q=0.3", "es-ES"),
            ("es;q=0, de;q=0.1", "de-DE"),
            ("es;q=0", "en-GB"),
            ("es;q=1.5, de;q=0.1", "de-DE"),
            ("es;q=oh, de;q=-1, pt;q=0.001", "pt-BR"),
            ("est, dev, pt_BR, e", "en-GB"),
            ("-, ;q=1, de", "de-DE"),
        ] {
            let chosen = Language::choose(None, &wanting(wanted.as_bytes()));
            assert_eq!(chosen.tag(), tag, "{wanted}");
        }
    }

    #[test]
    fn hostile_wishes_are_passed_over() {
        let long = "x".repeat(10_000);
        let many = format!("{}es", "fr;q=1,".repeat(1500));
        let deep = format!("{}es", "-".repeat(10_000));
        for (wanted, tag) in [
            (long.as_bytes(), "en-GB"),
            (many.as_bytes(), "es-ES"),
            (deep.as_bytes(), "en-GB"),
            ("es, ñ".as_bytes(), "en-GB"),
            (b"es\xff", "en-GB"),
        ] {
            assert_eq!(Language::choose(None, &wanting(wanted)).tag(), tag);
        }
    }

    #[test]
    fn the_state_comes_before_the_browser() {
        for (locale, wanted, tag) in [
            ("de-DE", "es", "de-DE"),
            ("PT", "es", "pt-BR"),
            ("en-US", "es", "en-GB"),
            ("fr-FR", "es", "es-ES"),
            ("fr-FR", "it", "en-GB"),
            ("--", "de", "de-DE"),
        ] {
            let locale = Locale::parse(locale).unwrap();
            let chosen = Language::choose(Some(&locale), &wanting(wanted.as_bytes()));
            assert_eq!(chosen.tag(), tag, "{locale:?} {wanted}");
        }
        assert_eq!(Language::choose(None, &HeaderMap::new()), Language::EnGb);
    }

    #[test]
    fn all_lines_of_a_header_count() {
        let mut headers = wanting(b"es;q=0.1");
        headers.append(ACCEPT_LANGUAGE, HeaderValue::from_static("de;q=0.2"));
        assert_eq!(Language::choose(None, &headers), Language::DeDe);
    }
}
