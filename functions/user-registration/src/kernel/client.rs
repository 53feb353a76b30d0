//! This API as a client of Kernel's authorization server: how it authenticates itself there (contract 4.17).

use std::sync::Arc;

use axum::http::HeaderValue;
use shared::clock::Clock;
use shared::error::Error;
use shared::function::Function;
use shared::secrets::{Secret, shown};
use shared::settings::{BadSetting, BaseUrl};
use shared::signing_keys::{SigningKey, SigningKeys};

use super::TOKEN;

mod assertion;
mod basic;

use basic::ClientSecret;

const MAX_ID_CHARS: usize = 128;

/// The client as Kernel registered it.
pub(super) struct Client {
    id: String,
    /// What an assertion is for, whichever endpoint gets it: the address of the token endpoint stands for the whole
    /// authorization server (RFC 7523 3), which has the introspection endpoint too.
    audience: String,
    method: Method,
}

enum Method {
    PrivateKeyJwt(Secret<SigningKeys>),
    ClientSecretBasic(Secret<ClientSecret>),
}

/// The client with its secret at hand.
pub(super) struct Credentials<'a> {
    client: &'a Client,
    held: Held,
}

enum Held {
    Keys(Arc<SigningKeys>),
    Secret(Arc<ClientSecret>),
}

/// What a call carries so that Kernel knows who calls; for one call.
pub(super) struct Proof {
    /// The header `Authorization`.
    pub(super) authorization: Option<HeaderValue>,
    /// Parameters of the form.
    pub(super) parameters: Vec<(&'static str, String)>,
}

impl Client {
    /// The client by the function's variables.
    ///
    /// # Errors
    /// [`BadSetting`] that names the variable.
    pub(super) fn from_function(function: &Function, kernel: &BaseUrl) -> Result<Self, BadSetting> {
        let rule = "1 to 128 visible ASCII characters";
        let id = function.env.parsed("KERNEL_CLIENT_ID", rule, |text| {
            let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
            (text.len() <= MAX_ID_CHARS && visible).then(|| text.to_owned())
        })?;
        Ok(Self {
            id,
            audience: format!("{}{}", kernel.url, TOKEN.path),
            method: Method::from_function(function)?,
        })
    }

    /// Its id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The client with what it authenticates itself with.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when that cannot be read, or no key was made the current one yet.
    pub(super) async fn credentials(&self) -> Result<Credentials<'_>, Error> {
        let held = match &self.method {
            Method::PrivateKeyJwt(keys) => Held::Keys(keys.get().await?),
            Method::ClientSecretBasic(secret) => Held::Secret(secret.get().await?),
        };
        if let Held::Keys(keys) = &held {
            current(keys)?;
        }
        let client = self;
        Ok(Credentials { client, held })
    }
}

impl Method {
    fn from_function(function: &Function) -> Result<Self, BadSetting> {
        type Of = fn(&Function) -> Result<Method, BadSetting>;
        let rule = "private_key_jwt or client_secret_basic";
        let parse = |text: &str| match text {
            "private_key_jwt" => Some(Self::private_key_jwt as Of),
            "client_secret_basic" => Some(Self::client_secret_basic as Of),
            _ => None,
        };
        let name = "KERNEL_CLIENT_AUTHENTICATION";
        let method = function.env.parsed(name, rule, parse)?;
        method(function)
    }

    fn private_key_jwt(function: &Function) -> Result<Self, BadSetting> {
        let rule = "the name or ARN of the secret that holds the signing keys";
        let id = function.env.text("SIGNING_KEYS_SECRET", rule)?;
        let keys = function.secret("signing keys", id, |text| shown(SigningKeys::parse(text)));
        Ok(Self::PrivateKeyJwt(keys))
    }

    fn client_secret_basic(function: &Function) -> Result<Self, BadSetting> {
        let rule = "the name or ARN of the secret that holds the client secret at Kernel";
        let id = function.env.text("KERNEL_CLIENT_SECRET", rule)?;
        let secret = function.secret("Kernel client secret", id, ClientSecret::parse);
        Ok(Self::ClientSecretBasic(secret))
    }
}

/// Whether a text is a client secret as this function reads it: for the operators, who put it there.
///
/// # Errors
/// What it must be, without any of the text.
pub fn check_client_secret(text: &str) -> Result<(), String> {
    ClientSecret::parse(text).map(drop)
}

fn current(keys: &SigningKeys) -> Result<&SigningKey, Error> {
    let current = keys.current();
    current.ok_or_else(|| Error::unavailable("signing keys: none is current"))
}

impl Credentials<'_> {
    /// What one call carries.
    ///
    /// # Errors
    /// [`Error::Internal`], which credentials that were parsed do not come to.
    pub(super) fn proof(&self, clock: &Clock) -> Result<Proof, Error> {
        let Client { id, audience, .. } = self.client;
        match &self.held {
            Held::Keys(keys) => assertion::proof(id, audience, current(keys)?, clock),
            Held::Secret(secret) => basic::proof(id, secret),
        }
    }
}
