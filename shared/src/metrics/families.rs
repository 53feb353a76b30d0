//! The metrics' names, labels and meanings: one table for what records them, what stores them and what shows them.

/// What a family's series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number that only grows.
    Counter,
    /// Durations in seconds, counted by [`BUCKETS`].
    Histogram,
}

/// Upper bounds of the buckets, in seconds, for 1 ms to 10 s; one more holds what took longer. Stored counts follow this order:
/// other bounds need another family.
pub const BUCKETS: [f64; 13] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
];

/// What is counted (contract 4.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Requests answered.
    Requests,
    /// Calls to what the functions depend on, each try of its own.
    Outgoing,
    /// Tries at upstreams that are not AWS that failed.
    UpstreamFailures,
    /// Token exchanges with Kernel.
    TokenExchanges,
    /// Keys refused.
    KeysRefused,
    /// Callback states refused.
    StatesRefused,
    /// Clients of Copilot Connect refused.
    ClientsRefused,
    /// Access tokens that a client asked about and that are not good.
    TokensRefused,
    /// Direct Line secrets refused by Direct Line.
    DirectLineSecretsRefused,
    /// Registrations that stored something new.
    UsersRegistered,
    /// Logins removed on request.
    UsersRemoved,
    /// Persons erased.
    UsersErased,
    /// Erasures that did not come to their end.
    ErasuresUnfinished,
    /// Instances started.
    ColdStarts,
    /// Refreshes of secrets and control data that failed.
    RefreshesFailed,
    /// Writes of these numbers that failed.
    FlushesFailed,
}

/// A family as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// Its name; a counter's ends in `_total` where it is shown.
    pub name: &'static str,
    /// What it counts, for people.
    pub help: &'static str,
    /// What its series are.
    pub kind: Kind,
    /// What tells its series apart.
    pub labels: &'static [&'static str],
}

impl Family {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 16] = [
        Self::Requests,
        Self::Outgoing,
        Self::UpstreamFailures,
        Self::TokenExchanges,
        Self::KeysRefused,
        Self::StatesRefused,
        Self::ClientsRefused,
        Self::TokensRefused,
        Self::DirectLineSecretsRefused,
        Self::UsersRegistered,
        Self::UsersRemoved,
        Self::UsersErased,
        Self::ErasuresUnfinished,
        Self::ColdStarts,
        Self::RefreshesFailed,
        Self::FlushesFailed,
    ];

    /// How it is shown.
    #[must_use]
    pub const fn description(self) -> &'static Description {
        &DESCRIPTIONS[self as usize]
    }
}

const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Description {
    Description {
        name,
        help,
        kind: Kind::Counter,
        labels,
    }
}

const fn histogram(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Description {
    Description {
        kind: Kind::Histogram,
        ..counter(name, labels, help)
    }
}

/// In the order of [`Family::ALL`].
const DESCRIPTIONS: [Description; Family::ALL.len()] = [
    histogram(
        "http_request_duration_seconds",
        &["method", "host", "path", "status_code"],
        "Requests answered, by route",
    ),
    histogram(
        "outgoing_request_duration_seconds",
        &["method", "host", "path", "status"],
        "Calls to what the functions depend on, each try of its own; path is the operation where all have one address",
    ),
    counter(
        "upstream_failures",
        &["upstream", "kind"],
        "Tries at Kernel and Direct Line that failed, by kind",
    ),
    histogram(
        "aura_token_generate",
        &["status"],
        "Token exchanges with Kernel, in seconds",
    ),
    counter(
        "api_keys_refused",
        &["reason"],
        "Requests refused for their APIKey",
    ),
    counter(
        "states_refused",
        &["reason"],
        "Callbacks refused for their state",
    ),
    counter(
        "copilot_clients_refused",
        &["reason"],
        "Requests refused for the client that made them",
    ),
    counter(
        "access_tokens_refused",
        &["reason"],
        "Access tokens that a client asked about and that are not good",
    ),
    counter(
        "direct_line_secrets_refused",
        &["slot"],
        "Direct Line secrets that Direct Line refused, by slot",
    ),
    counter(
        "users_registered",
        &[],
        "Registrations that stored something new",
    ),
    counter("users_removed", &[], "Logins removed on request"),
    counter("users_erased", &[], "Persons erased"),
    counter(
        "erasures_unfinished",
        &[],
        "Erasures that did not come to their end; repeating one goes on with it",
    ),
    counter("cold_starts", &["function"], "Instances started"),
    counter(
        "refreshes_failed",
        &["what"],
        "Refreshes of secrets and control data that failed",
    ),
    counter(
        "metrics_flushes_failed",
        &[],
        "Writes of an instance's numbers that failed; they are written with the next",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_shown_in_its_place() {
        for (place, family) in Family::ALL.into_iter().enumerate() {
            assert_eq!(family as usize, place);
        }
    }
}
