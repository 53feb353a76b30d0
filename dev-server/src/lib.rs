//! The whole API on one desk: every function behind one port, on an embedded DynamoDB and a stand-ins for Secrets Manager and
//! Kernel.
//!
//! The functions are the ones that ship, started from the variables that the template sets; only `AWS_ENDPOINT_URL` differs.

pub mod aws_endpoint;
pub mod bundle;
pub mod copilot;
pub mod credentials;
pub mod data_dir;
pub mod desk;
pub mod direct_line_stand_in;
pub mod gateway;
pub mod kernel_stand_in;
pub mod listen;
pub mod local_env;
mod local_name;
pub mod openapi;
pub mod options;
mod page;
pub mod parameters;
pub mod places;
mod random;
pub mod reference_page;
pub mod secrets_stand_in;
pub mod seed;
pub mod serve;
pub mod try_login;
pub mod upstreams;
pub mod walk;
