//! Clients of other makers: against the published documents, through whole rotations of the signing key, and with the tokens of Direct
//! Line.
//!
//! They come from the package indexes of Python and Node, so that these tests are ignored where nobody has installed them: `.ci/run` does.

mod client;
mod direct_line;
mod rotation;
