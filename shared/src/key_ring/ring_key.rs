//! One key of a ring.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::{Zeroize, Zeroizing};

use crate::jwe::{TagMac, tag_mac};

/// The length of a ring key in bytes: half for the MAC, half for the cipher (RFC 7518 5.2.5).
pub const KEY_BYTES: usize = 64;

/// One key, taken apart and with its MAC prepared.
#[derive(Clone)]
pub struct RingKey {
    encryption: Zeroizing<[u8; 32]>,
    mac: TagMac,
    pub(super) text: Zeroizing<String>,
}

impl RingKey {
    pub(super) fn parse(text: &Zeroizing<String>) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.as_bytes()).ok()?);
        let (mac, encryption) = bytes.split_at_checked(KEY_BYTES / 2)?;
        let mut mac: [u8; 32] = mac.try_into().ok()?;
        let encryption = Zeroizing::new(encryption.try_into().ok()?);
        let key = Self {
            encryption,
            mac: tag_mac(&mac),
            text: text.clone(),
        };
        mac.zeroize();
        Some(key)
    }

    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *bytes)?;
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes));
        Self::parse(&text).ok_or(getrandom::Error::UNEXPECTED)
    }

    pub(crate) fn encryption(&self) -> &[u8; 32] {
        &self.encryption
    }

    pub(crate) fn mac(&self) -> &TagMac {
        &self.mac
    }
}
