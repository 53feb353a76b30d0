//! `<base>` (contract 3): the address that callers know this API by, which its own documents and redirects name.

use std::borrow::Cow;

use http::Extensions;

use crate::error::Error;
use crate::lambda::domain_name;
use crate::settings::BaseUrl;

/// What `<base>` is taken from. Never the `Host` header, which is the caller's word.
#[derive(Clone, Debug)]
pub struct Base(pub(crate) Option<BaseUrl>);

impl Base {
    /// The setting, else the domain name that the gateway took the request on, from the request's extensions.
    ///
    /// # Errors
    /// [`Error::Internal`] where there is neither.
    pub fn of(&self, extensions: &Extensions) -> Result<Cow<'_, str>, Error> {
        if let Some(base) = &self.0 {
            return Ok(Cow::Borrowed(&base.url));
        }
        let domain = domain_name(extensions).map(|domain| format!("https://{domain}"));
        let domain = domain.map(Cow::Owned);
        domain.ok_or_else(|| Error::Internal("neither BASE_URL nor a domain name".to_owned()))
    }
}
