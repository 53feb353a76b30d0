//! What the page says, once in every language. Each says all of it, or it does not compile.
//!
//! The words are for customers. They name no part of the system but the assistant, and blame nobody.

use super::{Language, Told};

mod de_de;
mod en_gb;
mod es_es;
mod pt_br;

/// What a page says of one outcome.
pub(super) struct Said {
    /// What happened, in a few words; the title too.
    pub(super) heading: &'static str,
    /// What happened.
    pub(super) lead: &'static str,
    /// What to do now.
    pub(super) next: &'static str,
}

/// All words of one language.
pub(super) struct Words {
    linked: Said,
    logged_out: Said,
    bad_link: Said,
    bad_code: Said,
    refused: Said,
    not_vouched: Said,
    taken: Said,
    try_again: Said,
    failed: Said,
    /// Stands before the channel's name.
    pub(super) channel: &'static str,
    /// Stands before the masked account.
    pub(super) account: &'static str,
    /// The account by the end of its number.
    pub(super) phone_number: fn(&str) -> String,
    /// The account by the end of its id.
    pub(super) user_id: fn(&str) -> String,
    /// The account, where nothing of it can be shown.
    pub(super) hidden: &'static str,
    /// The link that tries once more.
    pub(super) again: &'static str,
    /// Asks those who did not want the link to read on.
    pub(super) unwanted: &'static str,
    /// How to undo it in one's own conversation in this channel.
    pub(super) undo: fn(&str) -> String,
    /// How to undo it in a stranger's: one's own next login in the channel supersedes theirs (contract 4.2).
    pub(super) stranger: fn(&str) -> String,
}

impl Words {
    /// Those for what is told.
    pub(super) fn said(&self, told: &Told<'_>) -> &Said {
        match told {
            Told::Linked { .. } => &self.linked,
            Told::LoggedOut { .. } => &self.logged_out,
            Told::BadLink => &self.bad_link,
            Told::BadCode => &self.bad_code,
            Told::Refused => &self.refused,
            Told::NotVouched => &self.not_vouched,
            Told::Taken => &self.taken,
            Told::TryAgain => &self.try_again,
            Told::Failed => &self.failed,
        }
    }
}

/// The words of this language.
pub(super) fn of(language: Language) -> &'static Words {
    match language {
        Language::EnGb => &en_gb::WORDS,
        Language::EsEs => &es_es::WORDS,
        Language::DeDe => &de_de::WORDS,
        Language::PtBr => &pt_br::WORDS,
    }
}
