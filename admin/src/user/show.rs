//! `user show`: persons with the latest login of each channel.

use clap::Args;
use serde::Serialize;
use shared::user::{AuraId, PhoneNumber, UserId};
use shared::user_store::{PersonView, UserStore};

use crate::argument;
use crate::console::Console;
use crate::deployment::Target;
use crate::failure::{Answer, Failure};
use crate::table::{self, table};

/// The options of `user show`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 1 when nobody is found. An auraId finds its person only while its login is valid.\n\n\
    Example:\n  aura-admin --local user show --phone-number +34600000001"
)]
pub(crate) struct Show {
    #[command(flatten)]
    by: By,
}

/// Exactly one of them.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct By {
    /// The id of one of the person's valid logins
    #[arg(long, value_name = "ID", value_parser = argument::parsed::<AuraId>)]
    aura_id: Option<AuraId>,
    /// The person's id at the operator
    #[arg(long, value_name = "ID", value_parser = argument::parsed::<UserId>)]
    user_id: Option<UserId>,
    /// The latest number, which several persons may have
    #[arg(long, value_name = "NUMBER", value_parser = argument::parsed::<PhoneNumber>)]
    phone_number: Option<PhoneNumber>,
}

#[derive(Serialize)]
struct Found {
    persons: Vec<PersonView>,
}

impl Show {
    pub(super) async fn run(
        self,
        target: &Target<'_>,
        console: &mut Console<'_>,
    ) -> Result<Answer, Failure> {
        let users = target.connect().await?.users();
        let persons = self.by.find(&users).await?;
        let found = Found { persons };
        console.answer(&found, || found.told())?;
        Ok(if found.persons.is_empty() {
            Answer::No
        } else {
            Answer::Yes
        })
    }
}

impl By {
    async fn find(&self, users: &UserStore) -> Result<Vec<PersonView>, Failure> {
        if let Some(number) = &self.phone_number {
            return Ok(users.get_persons_by_phone_number(number).await?);
        }
        let login = match &self.aura_id {
            Some(aura_id) => users.get_user(aura_id).await?,
            None => None,
        };
        let of_login = login
            .and_then(|login| login.internal)
            .map(|internal| internal.user_id);
        match self.user_id.as_ref().or(of_login.as_ref()) {
            Some(user_id) => Ok(users.get_person(user_id).await?.into_iter().collect()),
            None => Ok(Vec::new()),
        }
    }
}

impl Found {
    fn told(&self) -> String {
        if self.persons.is_empty() {
            return "Nobody was found.".to_owned();
        }
        let persons: Vec<_> = self.persons.iter().map(person).collect();
        persons.join("\n")
    }
}

fn person(person: &PersonView) -> String {
    let number = person.phone_number.as_ref();
    let facts = table::facts(&[
        ("userId", person.user_id.as_str().to_owned()),
        ("auraIdGlobal", person.aura_id_global.as_str().to_owned()),
        (
            "phone number",
            number.map_or_else(|| "unknown".to_owned(), |number| number.as_str().to_owned()),
        ),
        ("kept until", person.retained_until.clone()),
    ]);
    if person.logins.is_empty() {
        return format!("{facts}No logins.\n");
    }
    let logins: Vec<_> = person
        .logins
        .iter()
        .map(|login| {
            [
                login.channel_id.as_str().to_owned(),
                login.aura_id.as_str().to_owned(),
                login.authorization_id.as_str().to_owned(),
                login.created_at.clone(),
                login.expires_at.clone(),
                if login.valid { "yes" } else { "no" }.to_owned(),
            ]
        })
        .collect();
    let headings = [
        "CHANNEL",
        "AURAID",
        "AUTHORIZATION",
        "CREATED",
        "EXPIRES",
        "VALID",
    ];
    facts + &table(headings, &logins)
}
