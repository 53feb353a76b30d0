//! Ids that were a person's and have passed to others, learnt from refused transactions.

use std::collections::HashSet;

use super::items::Person;
use super::transaction::Part;
use crate::user::{AuraId, AuraIdGlobal};

/// What was learnt of one state of a person: with the next state it is forgotten, for an id can come back.
#[derive(Debug, Default)]
pub(super) struct Lost {
    pub(super) ids: HashSet<AuraId>,
    seen: Option<(AuraIdGlobal, u64)>,
}

impl Lost {
    /// The person was read in this state.
    pub(super) fn read(&mut self, person: Option<&Person>) {
        let state = person.map(|person| (person.aura_id_global.clone(), person.version));
        if state != self.seen {
            self.ids.clear();
            self.seen = state;
        }
    }

    /// A transaction was refused because of these parts.
    pub(super) fn learn(&mut self, parts: Vec<Part>) {
        self.ids
            .extend(parts.into_iter().filter_map(|part| match part {
                Part::Former(id) => Some(id),
                _ => None,
            }));
    }
}
