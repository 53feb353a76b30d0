//! The page in British English.

use super::{Said, Words};

pub(super) const WORDS: Words = Words {
    linked: Said {
        heading: "You are logged in",
        lead: "A conversation with the assistant is now linked to your account:",
        next: "You can close this page and go back to the conversation.",
    },
    logged_out: Said {
        heading: "You are logged out",
        lead: "The conversation with the assistant is no longer linked to an account:",
        next: "You can close this page. To log in again, ask the assistant for a new link.",
    },
    bad_link: Said {
        heading: "This link is no longer valid",
        lead: "It is too old, or it has already been used. If you have just logged in or out with it, \
               that still holds, and there is nothing more to do.",
        next: "Otherwise, go back to the conversation and ask the assistant for a new link.",
    },
    bad_code: Said {
        heading: "The login could not be completed",
        lead: "The confirmation of your login was missing or no longer valid. Nothing has been linked.",
        next: "Go back to the conversation and ask the assistant for a new link.",
    },
    refused: Said {
        heading: "You are not logged in",
        lead: "The login was cancelled or declined. Nothing has been linked.",
        next: "If you want to log in after all, go back to the conversation and ask the assistant for a new link.",
    },
    not_vouched: Said {
        heading: "Your login could not be confirmed",
        lead: "We were not able to confirm who you are, so nothing has been linked.",
        next: "Go back to the conversation and ask the assistant for a new link. \
               If this happens again, please contact customer service.",
    },
    taken: Said {
        heading: "This conversation belongs to another account",
        lead: "The conversation that this link comes from is linked to another account, or was until recently. \
               Your account has not been linked.",
        next: "If it is your own conversation, tell the assistant there that you want to log out, and ask for a \
               new link later. If somebody else sent you the link, there is nothing you need to do.",
    },
    try_again: Said {
        heading: "That did not work just now",
        lead: "We cannot complete your request at the moment. The link may still be valid for a few minutes.",
        next: "Please wait a moment and try again. If it still does not work, ask the assistant for a new link.",
    },
    failed: Said {
        heading: "Something went wrong",
        lead: "The fault is ours, not yours.",
        next: "Go back to the conversation and ask the assistant for a new link. \
               If this happens again, please contact customer service.",
    },
    channel: "Channel",
    account: "Account",
    phone_number: |tail| format!("Phone number ending in {tail}"),
    user_id: |tail| format!("User ID ending in {tail}"),
    hidden: "Not shown",
    again: "Try again",
    unwanted: "Did you not want this?",
    undo: |channel| {
        format!("To undo it, tell the assistant in the channel {channel} that you want to log out.")
    },
    stranger: |channel| {
        format!(
            "If somebody else sent you the link, it may be their conversation that is now linked to your account. In \
             that case, ask the assistant in the channel {channel} for a link of your own and log in with it: this \
             ends the other person’s access at once. You can also contact customer service."
        )
    },
};
