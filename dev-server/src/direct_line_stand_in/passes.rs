//! What opens a conversation: tokens for the API, and tickets for one connection to a stream. Both end by the clock.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use shared::clock::Timestamp;

use super::refusal::{EXPIRED, INVALID, Refusal};
use crate::random;

/// How long a token is good.
pub(super) const TOKEN_LIFE: Duration = Duration::from_mins(30);
/// How long a stream can be opened.
pub(super) const STREAM_LIFE: Duration = Duration::from_mins(1);
/// How long it is known that one has expired.
const KNOWN_FOR: Duration = Duration::from_mins(30);

/// What a pass opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// The API.
    Token,
    /// The stream.
    Stream,
}

struct Pass {
    conversation: String,
    opens: Use,
    until: Timestamp,
}

/// Every pass that was made.
#[derive(Default)]
pub(super) struct Passes(Mutex<Made>);

#[derive(Default)]
struct Made {
    by_text: BTreeMap<String, Pass>,
    /// Expired ones are cleared away when there are so many.
    clear_at: usize,
}

impl Passes {
    /// A new pass for this conversation.
    pub(super) fn make(&self, conversation: &str, opens: Use, now: Timestamp) -> String {
        let life = match opens {
            Use::Token => TOKEN_LIFE,
            Use::Stream => STREAM_LIFE,
        };
        let pass = Pass {
            conversation: conversation.to_owned(),
            opens,
            until: now.plus(life),
        };
        let text = format!("stand-in.{}", random::text());
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if made.by_text.len() >= made.clear_at {
            made.by_text
                .retain(|_, pass| now < pass.until.plus(KNOWN_FOR));
            made.clear_at = 2 * made.by_text.len() + 1000;
        }
        made.by_text.insert(text.clone(), pass);
        text
    }

    /// The conversation that this pass opens.
    pub(super) fn conversation(
        &self,
        text: &str,
        opens: Use,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pass = made.by_text.get(text).filter(|pass| pass.opens == opens);
        let pass = pass.ok_or(INVALID)?;
        if now < pass.until {
            Ok(pass.conversation.clone())
        } else {
            Err(EXPIRED)
        }
    }
}
