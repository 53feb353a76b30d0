//! The harness: the whole bundle in this process, on a real engine through the real SDK, with a clock and faults to play with.

pub mod answer;
pub mod binaries;
pub mod bootstrap;
pub mod copilot;
pub mod desk;
pub mod events;
pub mod keys;
pub mod login;
pub mod operator;
pub mod payload;
pub mod proxy;
pub mod runtime_api;
pub mod samples;
pub mod table;
pub mod test_clock;

pub use answer::Answer;
pub use bootstrap::Bootstrap;
pub use desk::Desk;
pub use operator::Operator;
pub use proxy::{Call, Fault, Proxy};
