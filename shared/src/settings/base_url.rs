//! An address to append paths to: the settings `BASE_URL`, `KERNEL_URL` and `DIRECT_LINE_URL`.

/// An address to append paths to, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// The whole of it.
    pub url: String,
    /// Its host, with the port where one is given.
    pub authority: String,
}

impl BaseUrl {
    /// What it must be, for people.
    pub const RULE: &'static str =
        "an http or https address without a slash at its end, a query or a fragment";

    /// The address in `text`; `None` when it is no address to append paths to.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: http::Uri = text.parse().ok()?;
        let sound = matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.query().is_none()
            && !text.contains(['#', '@'])
            && !text.ends_with('/');
        let authority = uri.authority().filter(|_| sound)?.to_string();
        Some(Self {
            url: text.to_owned(),
            authority,
        })
    }

    /// Whether what is sent there is encrypted on its way.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        let scheme = self.url.split(':').next();
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_an_address_to_append_paths_to() {
        let base = BaseUrl::parse("https://api.example:8443/aura-services/v1").unwrap();
        assert_eq!(base.authority, "api.example:8443");
        assert_eq!(base.url, "https://api.example:8443/aura-services/v1");
        for bad in [
            "api.example",
            "ftp://api.example",
            "https://api.example/",
            "https://api.example/v1?x=1",
            "https://api.example/v1#x",
            "https://user@api.example",
        ] {
            assert_eq!(BaseUrl::parse(bad), None, "{bad}");
        }
    }
}
