//! The page in the Spanish of Spain.

use super::{Said, Words};

pub(super) const WORDS: Words = Words {
    linked: Said {
        heading: "Ha iniciado sesión",
        lead: "Una conversación con el asistente ha quedado vinculada a su cuenta:",
        next: "Puede cerrar esta página y volver a la conversación.",
    },
    logged_out: Said {
        heading: "Ha cerrado sesión",
        lead: "La conversación con el asistente ya no está vinculada a ninguna cuenta:",
        next: "Puede cerrar esta página. Para volver a iniciar sesión, pida al asistente un enlace nuevo.",
    },
    bad_link: Said {
        heading: "Este enlace ya no es válido",
        lead: "Ha caducado o ya se ha utilizado. Si acaba de iniciar o cerrar sesión con él, \
               el cambio sigue en vigor y no tiene que hacer nada más.",
        next: "De lo contrario, vuelva a la conversación y pida al asistente un enlace nuevo.",
    },
    bad_code: Said {
        heading: "No se ha podido completar el inicio de sesión",
        lead: "La confirmación del inicio de sesión falta o ya no es válida. No se ha vinculado nada.",
        next: "Vuelva a la conversación y pida al asistente un enlace nuevo.",
    },
    refused: Said {
        heading: "No ha iniciado sesión",
        lead: "El inicio de sesión se ha cancelado o se ha rechazado. No se ha vinculado nada.",
        next: "Si finalmente desea iniciar sesión, vuelva a la conversación y pida al asistente un enlace nuevo.",
    },
    not_vouched: Said {
        heading: "No se ha podido confirmar el inicio de sesión",
        lead: "No hemos podido confirmar su identidad, por lo que no se ha vinculado nada.",
        next: "Vuelva a la conversación y pida al asistente un enlace nuevo. \
               Si vuelve a ocurrir, póngase en contacto con atención al cliente.",
    },
    taken: Said {
        heading: "Esta conversación pertenece a otra cuenta",
        lead: "La conversación de la que procede este enlace está vinculada a otra cuenta, o lo ha estado hasta hace \
               poco. Su cuenta no se ha vinculado.",
        next: "Si la conversación es suya, diga en ella al asistente que quiere cerrar sesión y pida más tarde un enlace \
               nuevo. Si el enlace se lo ha enviado otra persona, no tiene que hacer nada.",
    },
    try_again: Said {
        heading: "No ha funcionado esta vez",
        lead: "En este momento no podemos completar su solicitud. Es posible que el enlace siga siendo válido durante unos minutos.",
        next: "Espere un momento e inténtelo de nuevo. Si sigue sin funcionar, pida al asistente un enlace nuevo.",
    },
    failed: Said {
        heading: "Se ha producido un error",
        lead: "El error es nuestro, no suyo.",
        next: "Vuelva a la conversación y pida al asistente un enlace nuevo. \
               Si vuelve a ocurrir, póngase en contacto con atención al cliente.",
    },
    channel: "Canal",
    account: "Cuenta",
    phone_number: |tail| format!("Número de teléfono terminado en {tail}"),
    user_id: |tail| format!("Identificador de usuario terminado en {tail}"),
    hidden: "No se muestra",
    again: "Intentar de nuevo",
    unwanted: "¿No quería hacer esto?",
    undo: |channel| {
        format!(
            "Para deshacerlo, diga al asistente en el canal {channel} que quiere cerrar sesión."
        )
    },
    stranger: |channel| {
        format!(
            "Si el enlace se lo ha enviado otra persona, es posible que la conversación vinculada a su cuenta sea la de \
             esa persona. En ese caso, pida al asistente en el canal {channel} un enlace propio e inicie sesión \
             con él: así se anula de inmediato el acceso de la otra persona. También puede ponerse en contacto con \
             atención al cliente."
        )
    },
};
