//! What Kernel sends the browser back with (RFC 6749 4.1.2): a code, or an error.

use std::borrow::Cow;

use shared::api::Parameter;
use shared::callback::Visit;
use shared::error::Error;

/// The authorization code.
pub(crate) const CODE: Parameter = Parameter::query(
    "code",
    false,
    "Kernel's authorization code, 1 to 2048 ASCII characters, unless there is an error",
    r"^[ -~]{1,2048}$",
);
/// Why there is none.
pub(crate) const ERROR: Parameter = Parameter::query(
    "error",
    false,
    "Kernel's error code, when the login was refused",
    r"^[\s\S]*$",
);
/// Kernel's words for it.
pub(crate) const ERROR_DESCRIPTION: Parameter = Parameter::query(
    "error_description",
    false,
    "Kernel's words for the error; looked at by nobody",
    r"^[\s\S]*$",
);

const MAX_CODE_CHARS: usize = 2048;

/// How the login ended at Kernel.
pub(crate) enum FromKernel<'a> {
    /// With a code, to be exchanged.
    Code(&'a str),
    /// With an error. Which one it is, and in what words, is the caller's to say: it is not repeated anywhere.
    Refused,
}

impl<'a> FromKernel<'a> {
    /// What the visit's query says.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when it has neither or both, a member twice, or a code that cannot be one.
    pub(crate) fn of(visit: &'a Visit) -> Result<Self, Error> {
        let (code, error) = (visit.member(CODE.name)?, visit.member(ERROR.name)?);
        visit.member(ERROR_DESCRIPTION.name)?;
        let is_code = |code: &str| {
            let visible = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
            (1..=MAX_CODE_CHARS).contains(&code.len()) && code.bytes().all(visible)
        };
        match (code, error) {
            (Some(code), None) if is_code(code) => Ok(Self::Code(code)),
            (None, Some(_)) => Ok(Self::Refused),
            _ => Err(Error::InvalidArgument {
                place: "query parameter",
                name: Cow::Borrowed(CODE.name),
                rule: Cow::Borrowed(CODE.rule),
            }),
        }
    }
}
