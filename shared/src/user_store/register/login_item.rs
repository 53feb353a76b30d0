//! The new login's own item, and who may have its id.

use aws_sdk_dynamodb::types::AttributeValue;

use super::plan::Plan;
use crate::user::AuraId;
use crate::user_store::condition::Condition;
use crate::user_store::items::{LiveLogin, LoginItem, Person, PersonLogin};
use crate::user_store::transaction::{Part, Transaction};
use crate::user_store::ttl;

impl Plan<'_> {
    pub(super) fn put_login(
        &self,
        person: &Person,
        login: &PersonLogin,
        transaction: &mut Transaction,
    ) {
        let channel = &self.registration.channel.id;
        let live = LiveLogin {
            user_id: person.user_id.clone(),
            authorization_id: login.authorization_id.clone(),
            aura_id: login.aura_id.clone(),
            aura_id_global: person.aura_id_global.clone(),
            channel_id: channel.clone(),
            phone_number: person.phone_number.clone(),
            created_at: login.created_at,
            expires_at: login.expires_at,
        };
        let reusable_at = login.expires_at.plus(self.rules.quarantine);
        let item = LoginItem {
            login: Some(live),
            reusable_at,
            ttl: ttl(reusable_at),
        };
        let free = self.id_is_free(person, &login.aura_id);
        transaction.put(
            Part::Login,
            &self.store.table,
            &self.keys.login(&login.aura_id),
            &item,
            Some(free),
        );
    }

    /// An id is free that nobody has or had, or not for a while, or that is or was this person's own.
    fn id_is_free(&self, person: &Person, id: &AuraId) -> Condition {
        if self.registration.aura_id.is_none() {
            return Condition::new("attribute_not_exists(pk)", vec![]);
        }
        let removed = person.removed.get(&self.keys.login_digest(id));
        let own_mark = removed.is_some_and(|until| *until > self.now);
        let expression = "attribute_not_exists(pk) OR reusableAt <= :now \
            OR (userId = :user AND (channelId = :channel OR expiresAt <= :now))";
        let or_own_mark = if own_mark {
            " OR attribute_not_exists(userId)"
        } else {
            ""
        };
        let text = |value: &str| AttributeValue::S(value.to_owned());
        Condition::new(
            &format!("{expression}{or_own_mark}"),
            vec![
                (":now", AttributeValue::N(self.now.millis().to_string())),
                (":user", text(person.user_id.as_str())),
                (":channel", text(self.registration.channel.id.as_str())),
            ],
        )
    }
}
