//! `client_secret_basic` (RFC 6749 2.3.1): a secret that only we and Kernel know.

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::error::Error;
use zeroize::Zeroizing;

use super::Proof;

const MAX_SECRET_CHARS: usize = 1024;

/// The secret. It has no `Debug`.
pub(super) struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// The secret in this text, of the characters of RFC 6749 A.2. A line break at its end is the editor's.
    ///
    /// # Errors
    /// What it must be, without any of the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let fits = |byte: u8| matches!(byte, b' '..=b'~');
        if (1..=MAX_SECRET_CHARS).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            let rule = format!("1 to {MAX_SECRET_CHARS} printable ASCII characters in one line");
            Err(format!("not a client secret: {rule} are expected"))
        }
    }
}

/// Both parts are form-urlencoded before they are joined, so that a colon in one of them separates nothing.
///
/// # Errors
/// [`Error::Internal`], which a secret that was parsed does not come to.
pub(super) fn proof(client_id: &str, secret: &ClientSecret) -> Result<Proof, Error> {
    let encoded = |text: &str| -> Zeroizing<String> {
        Zeroizing::new(form_urlencoded::byte_serialize(text.as_bytes()).collect())
    };
    let pair = Zeroizing::new(format!("{}:{}", *encoded(client_id), *encoded(&secret.0)));
    let value = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    let value = HeaderValue::from_str(&value);
    let mut value = value.map_err(|_| Error::Internal("client secret: no header".into()))?;
    value.set_sensitive(true);
    Ok(Proof {
        authorization: Some(value),
        parameters: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_secret_is_one_line_of_1_to_1024_printable_characters() {
        for good in [" ", "~", "a b:c", "s3cret\n", &"x".repeat(1024)] {
            assert!(ClientSecret::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "\n",
            "s3\ncret",
            "s3cret\n\n",
            "s3cret\t",
            "s3crét",
            &"x".repeat(1025),
        ] {
            let told = ClientSecret::parse(bad).err().unwrap();
            assert!(!told.contains("s3cr"), "{told}");
        }
    }
}
