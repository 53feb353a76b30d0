//! The page in the German of Germany.

use super::{Said, Words};

pub(super) const WORDS: Words = Words {
    linked: Said {
        heading: "Sie sind angemeldet",
        lead: "Eine Unterhaltung mit dem Assistenten ist jetzt mit Ihrem Konto verknüpft:",
        next: "Sie können diese Seite schließen und zur Unterhaltung zurückkehren.",
    },
    logged_out: Said {
        heading: "Sie sind abgemeldet",
        lead: "Die Unterhaltung mit dem Assistenten ist mit keinem Konto mehr verknüpft:",
        next: "Sie können diese Seite schließen. Um sich wieder anzumelden, bitten Sie den Assistenten um einen neuen Link.",
    },
    bad_link: Said {
        heading: "Dieser Link ist nicht mehr gültig",
        lead: "Er ist zu alt oder wurde bereits verwendet. Falls Sie sich gerade damit an- oder abgemeldet haben, \
               gilt das weiterhin, und Sie müssen nichts weiter tun.",
        next: "Kehren Sie andernfalls zur Unterhaltung zurück und bitten Sie den Assistenten um einen neuen Link.",
    },
    bad_code: Said {
        heading: "Die Anmeldung konnte nicht abgeschlossen werden",
        lead: "Die Bestätigung Ihrer Anmeldung fehlt oder ist nicht mehr gültig. Es wurde nichts verknüpft.",
        next: "Kehren Sie zur Unterhaltung zurück und bitten Sie den Assistenten um einen neuen Link.",
    },
    refused: Said {
        heading: "Sie sind nicht angemeldet",
        lead: "Die Anmeldung wurde abgebrochen oder abgelehnt. Es wurde nichts verknüpft.",
        next: "Wenn Sie sich doch anmelden möchten, kehren Sie zur Unterhaltung zurück und bitten Sie den Assistenten \
               um einen neuen Link.",
    },
    not_vouched: Said {
        heading: "Ihre Anmeldung konnte nicht bestätigt werden",
        lead: "Wir konnten Ihre Identität nicht bestätigen. Deshalb wurde nichts verknüpft.",
        next: "Kehren Sie zur Unterhaltung zurück und bitten Sie den Assistenten um einen neuen Link. \
               Falls das wieder passiert, wenden Sie sich bitte an den Kundenservice.",
    },
    taken: Said {
        heading: "Diese Unterhaltung gehört zu einem anderen Konto",
        lead: "Die Unterhaltung, aus der dieser Link stammt, ist mit einem anderen Konto verknüpft oder war es bis vor \
               Kurzem. Ihr Konto wurde nicht verknüpft.",
        next: "Wenn es Ihre eigene Unterhaltung ist, teilen Sie dem Assistenten dort mit, dass Sie sich abmelden möchten, \
               und bitten Sie ihn später um einen neuen Link. Falls Ihnen jemand anderes den Link geschickt hat, müssen \
               Sie nichts tun.",
    },
    try_again: Said {
        heading: "Das hat gerade nicht geklappt",
        lead: "Wir können Ihre Anfrage im Moment nicht abschließen. Der Link ist möglicherweise noch einige Minuten gültig.",
        next: "Bitte warten Sie einen Moment und versuchen Sie es erneut. Wenn es weiterhin nicht klappt, bitten Sie den \
               Assistenten um einen neuen Link.",
    },
    failed: Said {
        heading: "Es ist ein Fehler aufgetreten",
        lead: "Der Fehler liegt bei uns, nicht bei Ihnen.",
        next: "Kehren Sie zur Unterhaltung zurück und bitten Sie den Assistenten um einen neuen Link. \
               Falls das wieder passiert, wenden Sie sich bitte an den Kundenservice.",
    },
    channel: "Kanal",
    account: "Konto",
    phone_number: |tail| format!("Telefonnummer mit der Endung {tail}"),
    user_id: |tail| format!("Benutzerkennung mit der Endung {tail}"),
    hidden: "Wird nicht angezeigt",
    again: "Erneut versuchen",
    unwanted: "Wollten Sie das nicht?",
    undo: |channel| {
        format!(
            "Um dies rückgängig zu machen, teilen Sie dem Assistenten im Kanal {channel} mit, dass Sie sich abmelden möchten."
        )
    },
    stranger: |channel| {
        format!(
            "Falls Ihnen jemand anderes den Link geschickt hat, ist jetzt möglicherweise dessen Unterhaltung mit Ihrem \
             Konto verknüpft. Bitten Sie dann den Assistenten im Kanal {channel} um einen eigenen Link und melden Sie \
             sich damit an: Dadurch endet der Zugriff der anderen Person sofort. Sie können sich auch an den \
             Kundenservice wenden."
        )
    },
};
