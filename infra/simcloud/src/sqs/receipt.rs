//! Receipt handles: opaque to the client, here the message's serial number, its id and the number of the receive.

use data_encoding::BASE64URL_NOPAD;

/// What a handle says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) serial: u64,
    pub(super) message_id: String,
    /// The receive that gave it out, counted from 1.
    pub(super) receive: u32,
}

impl Receipt {
    pub(super) fn handle(&self) -> String {
        BASE64URL_NOPAD.encode(format!("{}/{}/{}", self.serial, self.receive, self.message_id).as_bytes())
    }

    /// The receipt behind a handle; none for a text that was never one.
    pub(super) fn parse(handle: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64URL_NOPAD.decode(handle.as_bytes()).ok()?).ok()?;
        let mut parts = text.splitn(3, '/');
        let (serial, receive) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { serial, receive, message_id: parts.next()?.to_owned() })
    }
}
