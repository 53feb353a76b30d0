//! What an operation is: its route, who may call it, whether it writes, and what the documents say of it.

use http::Method;

use crate::api_key::Scope;
use crate::error::Dialect;
use crate::extract::Argument;

/// Who may call an operation (contract 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// APIKeys made for aura-groot and aura-bot.
    Internal,
    /// APIKeys made for Kernel.
    Kernel,
    /// Either of the two.
    InternalOrKernel,
    /// Every valid APIKey of this environment.
    Public,
    /// Clients of Copilot Connect by id and secret, in HTTP's Basic scheme (contract 5.1, 5.3).
    Client,
    /// Clients of Copilot Connect by the token of a management session (contract 5.2).
    Session,
    /// Everybody: no key is looked at.
    None,
}

impl Access {
    /// Whether a valid key of this scope may call.
    #[must_use]
    pub fn admits(self, scope: Scope) -> bool {
        match self {
            Self::Internal => scope == Scope::Internal,
            Self::Kernel => scope == Scope::Kernel,
            Self::InternalOrKernel => scope != Scope::Public,
            Self::Public | Self::None => true,
            Self::Client | Self::Session => false,
        }
    }
}

/// Whether an operation changes anything: keys of mode `r` may call only those that read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Reads,
    /// May change something.
    Writes,
}

/// Where a parameter stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A header.
    Header,
    /// The path.
    Path,
    /// The query.
    Query,
}

/// One parameter, as the documents describe it.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Whether the call is refused without it.
    pub required: bool,
    /// What it must be, for people.
    pub rule: &'static str,
    /// What it must be, as an ECMA-262 pattern.
    pub pattern: &'static str,
}

impl Parameter {
    /// A required header.
    #[must_use]
    pub const fn header<T: Argument>() -> Self {
        Self {
            name: T::HEADER,
            place: Place::Header,
            required: true,
            rule: T::RULE,
            pattern: T::PATTERN,
        }
    }

    /// A header that may be absent.
    #[must_use]
    pub const fn optional_header<T: Argument>() -> Self {
        Self {
            required: false,
            ..Self::header::<T>()
        }
    }

    /// The path parameter of this name.
    #[must_use]
    pub const fn path<T: Argument>(name: &'static str) -> Self {
        Self {
            name,
            place: Place::Path,
            ..Self::header::<T>()
        }
    }

    /// A member of the query.
    #[must_use]
    pub const fn query(
        name: &'static str,
        required: bool,
        rule: &'static str,
        pattern: &'static str,
    ) -> Self {
        Self {
            name,
            place: Place::Query,
            required,
            rule,
            pattern,
        }
    }
}

/// A request's body, as the documents describe it.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// The name of its schema.
    pub schema: &'static str,
    /// What it may come as.
    pub media_types: &'static [&'static str],
}

/// What the documents say of an operation, beside its route.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    /// The operation's one name, everywhere: `<verb>_<resource>[_<modifier>]`.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What to know when calling it.
    pub description: &'static str,
    /// Its headers, path parameters and query.
    pub parameters: &'static [Parameter],
    /// Its body, where it takes one.
    pub body: Option<Body>,
    /// The status of success, and the name of the body's schema.
    pub success: (u16, Option<&'static str>),
    /// The statuses it answers beside those that every operation has.
    pub errors: &'static [u16],
}

/// A row of the route table.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The function that serves it.
    pub function: &'static str,
    /// The method; HEAD and OPTIONS are never answered in its place.
    pub method: Method,
    /// The path, in the syntax that API Gateway and axum share.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether it writes.
    pub effect: Effect,
    /// How its errors are told.
    pub dialect: Dialect,
    /// The rest.
    pub doc: Doc,
}

impl Operation {
    /// The paths that it is served under: its own, and for a POST also that with a slash at its end (contract 5).
    pub fn paths(&self) -> impl Iterator<Item = String> + use<> {
        let with_slash = (self.method == Method::POST).then(|| format!("{}/", self.path));
        [Some(self.path.to_owned()), with_slash]
            .into_iter()
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_admit_whom_the_contract_says() {
        let table = [
            (Access::Internal, [true, false, false]),
            (Access::Kernel, [false, true, false]),
            (Access::InternalOrKernel, [true, true, false]),
            (Access::Public, [true, true, true]),
            (Access::None, [true, true, true]),
            (Access::Client, [false, false, false]),
            (Access::Session, [false, false, false]),
        ];
        for (access, admitted) in table {
            let answers =
                [Scope::Internal, Scope::Kernel, Scope::Public].map(|scope| access.admits(scope));
            assert_eq!(answers, admitted, "{access:?}");
        }
    }
}
