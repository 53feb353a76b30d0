//! Who asks: the one client proves itself by an assertion or by its secret (RFC 6749 2.3, RFC 7523).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use percent_encoding::percent_decode_str;

use super::refusal::{Refusal, invalid_client, invalid_request, temporarily_unavailable};
use super::{Kernel, assertion, jwk};
use crate::local_env::KERNEL_CLIENT_ID;
use crate::parameters::Parameters;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const FORM: &str = "application/x-www-form-urlencoded";

impl Kernel {
    /// The parameters of a request that our client made.
    ///
    /// # Errors
    /// The [`Refusal`] to answer with.
    pub(super) async fn admit(
        &self,
        headers: &HeaderMap,
        body: &str,
    ) -> Result<Parameters, Refusal> {
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next();
        if !kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM)) {
            return Err(invalid_request("the body must be a form"));
        }
        let parameters = Parameters::parse(body)
            .map_err(|_| invalid_request("a parameter is given more than once"))?;
        let by_secret = headers.get(AUTHORIZATION);
        let by_secret = by_secret.map(|header| header.to_str().unwrap_or_default());
        let client_id = match (by_secret, parameters.get("client_assertion")) {
            (Some(_), Some(_)) => {
                return Err(invalid_request("two ways to authenticate the client"));
            }
            (Some(header), None) => self.by_secret(header)?,
            (None, Some(assertion)) => self.by_assertion(assertion, &parameters).await?,
            (None, None) => return Err(invalid_client("the client does not authenticate itself")),
        };
        let named = parameters.get("client_id").unwrap_or(&client_id);
        if named != client_id || client_id != KERNEL_CLIENT_ID {
            return Err(invalid_client("the client is another one"));
        }
        Ok(parameters)
    }

    fn by_secret(&self, header: &str) -> Result<String, Refusal> {
        let (client_id, secret) = basic(header).ok_or(invalid_client("not Basic credentials"))?;
        let ours = self.desk.secrets.get(&self.desk.client_secret);
        if ours.is_none_or(|ours| ours != secret) {
            return Err(invalid_client("the secret is wrong"));
        }
        Ok(client_id)
    }

    async fn by_assertion(
        &self,
        assertion: &str,
        parameters: &Parameters,
    ) -> Result<String, Refusal> {
        if parameters.get("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(invalid_client("the client_assertion_type is another one"));
        }
        let keys = jwk::published(&self.desk.functions).await;
        let keys = keys.ok_or(temporarily_unavailable("the client's keys cannot be read"))?;
        let now = self.desk.clock.now();
        let claims =
            assertion::check(assertion, &keys, &self.audiences(), now).map_err(invalid_client)?;
        if !self.grants.is_new(&claims.jti, claims.expires, now) {
            return Err(invalid_client("the assertion's jti was used before"));
        }
        Ok(claims.client_id)
    }

    /// What an assertion may be made for: this server, or the endpoint that it is sent to.
    fn audiences(&self) -> Vec<String> {
        let endpoints = ["", "/token", "/introspect"];
        let of = |url: &String| endpoints.map(|endpoint| format!("{url}{endpoint}"));
        self.desk.urls.iter().flat_map(of).collect()
    }
}

/// Id and secret of a Basic header; both are form-encoded first (RFC 6749 2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, credentials) = header.split_once(' ')?;
    let decoded = STANDARD.decode(credentials.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |text: &str| {
        let spaced = text.replace('+', " ");
        let plain = percent_decode_str(&spaced).decode_utf8().ok()?;
        Some(plain.into_owned())
    };
    scheme
        .eq_ignore_ascii_case("Basic")
        .then_some((plain(id)?, plain(secret)?))
}
