//! What holds of the operators' command line, against a running deployment: what it says is what the API then does.

mod apikey;
mod channel;
mod copilot;
mod doctor;
mod event;
mod keyring;
mod replay;
mod signing_key;
mod state;
mod user;
