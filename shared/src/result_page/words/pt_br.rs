//! The page in the Portuguese of Brazil.

use super::{Said, Words};

pub(super) const WORDS: Words = Words {
    linked: Said {
        heading: "Você entrou na sua conta",
        lead: "Uma conversa com o assistente agora está vinculada à sua conta:",
        next: "Você pode fechar esta página e voltar à conversa.",
    },
    logged_out: Said {
        heading: "Você saiu da sua conta",
        lead: "A conversa com o assistente não está mais vinculada a nenhuma conta:",
        next: "Você pode fechar esta página. Para entrar novamente, peça um novo link ao assistente.",
    },
    bad_link: Said {
        heading: "Este link não é mais válido",
        lead: "Ele expirou ou já foi usado. Se você acabou de entrar ou sair da sua conta com ele, \
               isso continua valendo e não é preciso fazer mais nada.",
        next: "Caso contrário, volte à conversa e peça um novo link ao assistente.",
    },
    bad_code: Said {
        heading: "Não foi possível concluir o login",
        lead: "A confirmação do seu login está faltando ou não é mais válida. Nada foi vinculado.",
        next: "Volte à conversa e peça um novo link ao assistente.",
    },
    refused: Said {
        heading: "Você não entrou na sua conta",
        lead: "O login foi cancelado ou recusado. Nada foi vinculado.",
        next: "Se ainda quiser entrar, volte à conversa e peça um novo link ao assistente.",
    },
    not_vouched: Said {
        heading: "Não foi possível confirmar o seu login",
        lead: "Não conseguimos confirmar a sua identidade, por isso nada foi vinculado.",
        next: "Volte à conversa e peça um novo link ao assistente. \
               Se isso acontecer de novo, entre em contato com o atendimento ao cliente.",
    },
    taken: Said {
        heading: "Esta conversa pertence a outra conta",
        lead: "A conversa de onde veio este link está vinculada a outra conta, ou estava até pouco tempo atrás. \
               A sua conta não foi vinculada.",
        next: "Se a conversa for sua, diga nela ao assistente que você quer sair da conta e peça um novo link mais tarde. \
               Se outra pessoa enviou o link para você, não é preciso fazer nada.",
    },
    try_again: Said {
        heading: "Não deu certo desta vez",
        lead: "Não conseguimos concluir a sua solicitação no momento. O link pode continuar válido por alguns minutos.",
        next: "Aguarde um momento e tente de novo. Se ainda não der certo, peça um novo link ao assistente.",
    },
    failed: Said {
        heading: "Ocorreu um erro",
        lead: "O erro é nosso, não seu.",
        next: "Volte à conversa e peça um novo link ao assistente. \
               Se isso acontecer de novo, entre em contato com o atendimento ao cliente.",
    },
    channel: "Canal",
    account: "Conta",
    phone_number: |tail| format!("Número de telefone com final {tail}"),
    user_id: |tail| format!("Identificador de usuário com final {tail}"),
    hidden: "Não exibida",
    again: "Tentar de novo",
    unwanted: "Não queria fazer isso?",
    undo: |channel| {
        format!("Para desfazer, diga ao assistente no canal {channel} que você quer sair da conta.")
    },
    stranger: |channel| {
        format!(
            "Se outra pessoa enviou o link para você, talvez seja a conversa dela que agora esteja vinculada à sua \
             conta. Nesse caso, peça ao assistente no canal {channel} um link só seu e entre com ele: isso encerra na hora o \
             acesso da outra pessoa. Você também pode entrar em contato com o atendimento ao cliente."
        )
    },
};
