//! Which format a scraper prefers: the `Accept` header of RFC 9110 12.5.1. Whoever takes neither gets the older one.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};

/// A format of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Prometheus' text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

/// How well a range of media types fits a format: its weight in thousandths, and how many of type and subtype it names.
type Fit = (u16, u8);

impl Format {
    /// The better one for these headers.
    pub(crate) fn preferred(headers: &HeaderMap) -> Self {
        let fields = headers.get_all(ACCEPT).iter();
        let texts = fields.filter_map(|value| value.to_str().ok());
        let ranges: Vec<Range> = texts
            .flat_map(|text| text.split(','))
            .map(Range::parse)
            .collect();
        if Self::OpenMetrics.fit(&ranges) > Self::Text.fit(&ranges) {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }

    /// The media type of an answer in this format.
    pub(crate) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        })
    }

    /// Type, subtype and version.
    fn names(self) -> [&'static str; 3] {
        match self {
            Self::Text => ["text", "plain", "0.0.4"],
            Self::OpenMetrics => ["application", "openmetrics-text", "1.0.0"],
        }
    }

    /// The weight of the most specific range that fits; nothing where none does.
    fn fit(self, ranges: &[Range]) -> Fit {
        let fits = ranges.iter().filter_map(|range| range.fit(self));
        let best = fits.max_by_key(|(_, specific)| *specific);
        best.filter(|(weight, _)| *weight > 0).unwrap_or_default()
    }
}

/// One range of media types: `text/*;version=0.0.4;q=0.5`.
struct Range<'a> {
    names: Option<(&'a str, &'a str)>,
    version: Option<&'a str>,
    weight: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let mut range = Self {
            names: parts.next().and_then(|names| names.split_once('/')),
            version: None,
            weight: 1000,
        };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim_matches('"');
            if name.eq_ignore_ascii_case("version") {
                range.version = Some(value);
            } else if name.eq_ignore_ascii_case("q") {
                range.weight = weight(value);
            }
        }
        range
    }

    /// How it fits, if it does. Other parameters, such as how names are escaped, are no matter: our names need none.
    fn fit(&self, format: Format) -> Option<Fit> {
        let [kind, subtype, version] = format.names();
        let specific = match self.names? {
            ("*", "*") => 0,
            (range, "*") if range.eq_ignore_ascii_case(kind) => 1,
            (range, sub)
                if range.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) =>
            {
                2
            }
            _ => return None,
        };
        let fits = self.version.is_none_or(|asked| asked == version);
        fits.then_some((self.weight, specific))
    }
}

/// A weight from 0 to 1 in thousandths; what is none is as good as 0.
fn weight(text: &str) -> u16 {
    let number = text
        .parse()
        .ok()
        .filter(|number| (0.0..=1.0).contains(number));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 1000"
    )]
    let thousandths = number.map_or(0, |number: f32| (number * 1000.0).round() as u16);
    thousandths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferred(accept: &[&str]) -> Format {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, value.parse().unwrap());
        }
        Format::preferred(&headers)
    }

    #[test]
    fn prometheus_gets_openmetrics() {
        for accept in [
            // 2.42
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            // 2.49 and later
            "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            // 3
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            // 3 with native histograms
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        ] {
            assert_eq!(preferred(&[accept]), Format::OpenMetrics, "{accept}");
        }
    }

    #[test]
    fn the_heavier_fit_wins_and_the_older_format_where_none_does() {
        let cases: [(&[&str], Format); 16] = [
            (&[], Format::Text),
            (&[""], Format::Text),
            (&["*/*"], Format::Text),
            (&["text/html, application/json;q=0.9"], Format::Text),
            (&["application/openmetrics-text"], Format::OpenMetrics),
            (
                &["APPLICATION/OpenMetrics-Text; Version=\"1.0.0\""],
                Format::OpenMetrics,
            ),
            (&["application/*"], Format::OpenMetrics),
            (&["application/openmetrics-text, */*"], Format::OpenMetrics),
            (&["application/openmetrics-text, text/plain"], Format::Text),
            (
                &["text/plain;q=0.8", "application/openmetrics-text;q=0.9"],
                Format::OpenMetrics,
            ),
            (
                &["text/plain;q=0.9, application/openmetrics-text;q=0.8"],
                Format::Text,
            ),
            (&["application/openmetrics-text;q=0, */*"], Format::Text),
            (&["application/openmetrics-text;q=2"], Format::Text),
            (&["application/openmetrics-text;q=nan"], Format::Text),
            (
                &["application/openmetrics-text;version=0.0.1"],
                Format::Text,
            ),
            (
                &["text/plain;version=1.0.0, application/openmetrics-text;q=0.1"],
                Format::OpenMetrics,
            ),
        ];
        for (accept, expected) in cases {
            assert_eq!(preferred(accept), expected, "{accept:?}");
        }
    }
}
