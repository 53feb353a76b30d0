//! What a browser says it would like: lists with weights (RFC 9110 12.4.2), and whether they ask for a page.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderName};

/// The weight of what has none, in thousandths.
const FULL: u16 = 1000;
const PAGES: [&str; 2] = ["text/html", "application/xhtml+xml"];
const DOCUMENTS: [&str; 2] = ["application/json", "application/problem+json"];

/// Whether a page is asked for: it is named, and no JSON is named before it. `*/*` alone, which programs send, is not enough.
#[must_use]
pub fn is_asked_for(headers: &HeaderMap) -> bool {
    let wish = |kinds: [&str; 2]| {
        weighted(headers, ACCEPT)
            .filter(|(named, _)| kinds.iter().any(|kind| kind.eq_ignore_ascii_case(named)))
            .map(|(_, weight)| weight)
            .max()
            .unwrap_or(0)
    };
    let page = wish(PAGES);
    page > 0 && page >= wish(DOCUMENTS)
}

/// The items of a list with their weights in thousandths, in their order, without parameters. An item whose weight is none
/// is left out, and so is a whole line that is not ASCII.
pub(super) fn weighted(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = (&str, u16)> {
    let lines = headers.get_all(name).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(item)
}

fn item(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';');
    let named = parts.next()?.trim();
    let mut parameters = parts.filter_map(|part| part.split_once('='));
    match parameters.find(|(key, _)| key.trim().eq_ignore_ascii_case("q")) {
        Some((_, value)) => Some((named, weight(value.trim())?)),
        None => Some((named, FULL)),
    }
}

/// A `qvalue` of RFC 9110 12.4.2, in thousandths: 0 to 1 with up to three decimals.
fn weight(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let places = decimals.bytes().zip([100, 10, 1]);
    let thousandths = places.map(|(digit, place)| u16::from(digit - b'0') * place);
    match (whole, thousandths.sum()) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(FULL),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(lines: &[&str]) -> HeaderMap {
        let lines = lines.iter().map(|line| (ACCEPT, line.parse().unwrap()));
        lines.collect()
    }

    #[test]
    fn a_page_is_asked_for_by_name_and_not_after_json() {
        let chrome =
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
        for asked in [
            chrome,
            "text/html",
            "TEXT/HTML ; Q=0.001",
            "application/xhtml+xml",
            "text/html;charset=utf-8;q=0.5",
            "text/html, application/json",
            "text/html;q=0.4, application/json;q=0.3",
            "text/html;q=0.1, */*;q=0.9",
            "application/json;q=0, text/html;q=0.2",
            "application/json;q=oh, text/html;q=0.2",
            ",, text/html ,",
        ] {
            assert!(is_asked_for(&accepting(&[asked])), "{asked}");
        }
        for not in [
            "",
            "*/*",
            "text/*",
            "application/json",
            "application/json, text/plain, */*",
            "text/html;q=0",
            "text/html;q=0.000",
            "text/html;q=high",
            "text/html;q=2",
            "text/html;q=0.9, application/json",
            "text/html;q=0.899, application/problem+json;q=0.9",
            "text/htmlx",
            "x-text/html",
            "text/plain;for=text/html",
        ] {
            assert!(!is_asked_for(&accepting(&[not])), "{not}");
        }
    }

    #[test]
    fn accept_may_be_absent_in_many_lines_or_long() {
        assert!(!is_asked_for(&HeaderMap::new()));
        assert!(is_asked_for(&accepting(&["*/*", "text/html"])));
        assert!(!is_asked_for(&accepting(&[
            "text/html;q=0.5",
            "application/json"
        ])));
        assert!(is_asked_for(&accepting(&[&format!(
            "{}text/html",
            ";,".repeat(5000)
        )])));
        let mut foreign = accepting(&["text/html"]);
        assert!(is_asked_for(&foreign));
        foreign.insert(ACCEPT, "text/html, é".parse().unwrap());
        assert!(!is_asked_for(&foreign));
    }

    #[test]
    fn weights_are_those_of_the_standard() {
        for (text, thousandths) in [
            ("0", 0),
            ("0.", 0),
            ("0.5", 500),
            ("0.05", 50),
            ("0.999", 999),
            ("1", 1000),
            ("1.000", 1000),
        ] {
            assert_eq!(weight(text), Some(thousandths), "{text}");
        }
        for bad in [
            "", ".5", "1.001", "2", "-1", "+1", "0.1234", "0,5", "0.5.5", "NaN", "1e0", "00", "0.x",
        ] {
            assert_eq!(weight(bad), None, "{bad}");
        }
    }
}
