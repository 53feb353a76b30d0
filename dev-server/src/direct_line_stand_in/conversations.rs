//! The conversations that were started, with everything that was said in them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};
use shared::clock::Timestamp;
use tokio::sync::watch;

use super::refusal::{Refusal, UNKNOWN};

/// Who answers.
const BOT: &str = "bot";

/// All of them, by id.
#[derive(Default)]
pub(super) struct Conversations(Mutex<BTreeMap<String, Conversation>>);

#[derive(Default)]
struct Conversation {
    activities: Vec<Value>,
    /// How many there are.
    count: watch::Sender<usize>,
}

impl Conversations {
    /// Starts it; `false` when somebody has.
    pub(super) fn start(&self, id: &str) -> bool {
        let mut all = self.lock();
        let is_new = !all.contains_key(id);
        all.entry(id.to_owned()).or_default();
        is_new
    }

    /// How many activities it has, and will have.
    pub(super) fn count(&self, id: &str) -> Result<watch::Receiver<usize>, Refusal> {
        let all = self.lock();
        let conversation = all.get(id).ok_or(UNKNOWN)?;
        Ok(conversation.count.subscribe())
    }

    /// Its activities after the first so many, and the mark to go on from.
    pub(super) fn since(&self, id: &str, seen: usize) -> Result<(Vec<Value>, usize), Refusal> {
        let all = self.lock();
        let conversation = all.get(id).ok_or(UNKNOWN)?;
        let activities = conversation.activities.iter().skip(seen).cloned().collect();
        Ok((activities, conversation.activities.len().max(seen)))
    }

    /// Adds what somebody says and, where that is a message, the bot's answer to it; returns the id.
    pub(super) fn add(
        &self,
        id: &str,
        said: Map<String, Value>,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let mut all = self.lock();
        let conversation = all.get_mut(id).ok_or(UNKNOWN)?;
        let is_message = said.get("type") == Some(&json!("message"));
        let text = said.get("text").and_then(Value::as_str).unwrap_or_default();
        let answer = format!("You said: {text}");
        let activity = conversation.add(id, said, now);
        if is_message {
            let answer = json!({ "type": "message", "text": answer, "replyToId": activity, "from": { "id": BOT, "role": BOT } });
            if let Value::Object(answer) = answer {
                conversation.add(id, answer, now);
            }
        }
        conversation
            .count
            .send_replace(conversation.activities.len());
        Ok(activity)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Conversation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Conversation {
    fn add(&mut self, id: &str, mut activity: Map<String, Value>, now: Timestamp) -> String {
        let own = format!("{id}|{:07}", self.activities.len());
        activity.insert("id".into(), own.clone().into());
        activity.insert("channelId".into(), "directline".into());
        activity.insert("conversation".into(), json!({ "id": id }));
        activity.insert("timestamp".into(), now.rfc3339().into());
        self.activities.push(activity.into());
        own
    }
}
