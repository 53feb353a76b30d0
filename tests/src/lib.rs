//! The harness: the whole bundle in this process, on a real engine through the real SDK, with a clock and faults to play with.

pub mod answer;
pub mod desk;
pub mod keys;
pub mod proxy;
pub mod table;
pub mod test_clock;

pub use answer::Answer;
pub use desk::Desk;
pub use proxy::{Call, Fault, Proxy};
