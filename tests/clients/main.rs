//! Clients of other makers: against the published documents, through whole rotations of the signing key, with the tokens of Direct
//! Line, and as makers of access tokens.
//!
//! They come from the package indexes of Python and Node, so that these tests are ignored where nobody has installed them: `.ci/run` does.

mod access_tokens;
mod client;
mod direct_line;
mod rotation;
