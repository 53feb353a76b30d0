//! Clients of other makers against the published documents, through whole rotations of the signing key.
//!
//! They come from the package indexes of Python and Node, so that these tests are ignored where nobody has installed them: `.ci/run` does.

mod rotation;
