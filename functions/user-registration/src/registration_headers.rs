//! The headers that both registrations take.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use shared::api::Parameter;
use shared::error::Error;
use shared::extract::{Header, OptionalHeader};
use shared::user::{AuraId, AuthorizationId, ChannelId, PhoneNumber, UserId};
use shared::user_store::Registration;

use crate::UserRegistration;

/// `x-user-id`, `x-authorization-id`, `x-channel-id` and, if it is known, `x-phone-number`.
pub(crate) struct RegistrationHeaders {
    user_id: UserId,
    authorization_id: AuthorizationId,
    channel_id: ChannelId,
    phone_number: Option<PhoneNumber>,
}

/// What the documents say of them.
pub(crate) const PARAMETERS: [Parameter; 4] = [
    Parameter::header::<UserId>(),
    Parameter::header::<AuthorizationId>(),
    Parameter::header::<ChannelId>(),
    Parameter::optional_header::<PhoneNumber>(),
];

impl<S: Send + Sync> FromRequestParts<S> for RegistrationHeaders {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let Header(user_id) = Header::from_request_parts(parts, state).await?;
        let Header(authorization_id) = Header::from_request_parts(parts, state).await?;
        let Header(channel_id) = Header::from_request_parts(parts, state).await?;
        let OptionalHeader(phone_number) = OptionalHeader::from_request_parts(parts, state).await?;
        Ok(Self {
            user_id,
            authorization_id,
            channel_id,
            phone_number,
        })
    }
}

impl RegistrationHeaders {
    /// The registration they ask for, under `aura_id` where the caller chooses it.
    pub(crate) async fn registration(
        self,
        state: &UserRegistration,
        aura_id: Option<AuraId>,
    ) -> Result<Registration, Error> {
        let channel = state.control.channel(&self.channel_id).await?;
        let Self {
            user_id,
            authorization_id,
            phone_number,
            ..
        } = self;
        Ok(Registration {
            user_id,
            authorization_id,
            channel,
            phone_number,
            retention: state.retention,
            aura_id,
            claim: None,
        })
    }
}
