//! The MD5 digests by which a client checks that SQS understood its message.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};

use super::message::{AttributeValue, MessageAttribute};

/// The digest of a body.
pub(super) fn of_body(body: &str) -> String {
    HEXLOWER.encode(&Md5::digest(body.as_bytes()))
}

/// The digest of attributes, as the Developer Guide's page "Amazon SQS message metadata" defines it: sorted by name,
/// each name, type and value led by its length in four bytes, and the value by one byte for its transport type.
pub(super) fn of_attributes<'a>(
    attributes: impl IntoIterator<Item = (&'a String, &'a MessageAttribute)>,
) -> Option<String> {
    let sorted: BTreeMap<_, _> = attributes.into_iter().collect();
    if sorted.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, attribute) in sorted {
        update(&mut digest, name.as_bytes());
        update(&mut digest, attribute.data_type.as_bytes());
        let (transport, value) = match &attribute.value {
            AttributeValue::Text(text) => (1, text.as_bytes()),
            AttributeValue::Binary(bytes) => (2, bytes.as_slice()),
        };
        digest.update([transport]);
        update(&mut digest, value);
    }
    Some(HEXLOWER.encode(&digest.finalize()))
}

fn update(digest: &mut Md5, bytes: &[u8]) {
    // A message is at most 1 MiB, so that every length fits.
    digest.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    digest.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::{of_attributes, of_body};
    use crate::sqs::message::{AttributeValue, MessageAttribute};

    #[test]
    fn the_digest_of_a_body_is_plain_md5() {
        assert_eq!(of_body("hello"), "5d41402abc4b2a76b9719d911017c592");
    }

    #[test]
    fn the_digest_of_attributes_covers_name_type_and_value() {
        let value = AttributeValue::Text("30".to_owned());
        let attribute = MessageAttribute { data_type: "Number".to_owned(), value };
        let digest = of_attributes([(&"age".to_owned(), &attribute)]).unwrap();
        // MD5 over 00000003 "age" 00000006 "Number" 01 00000002 "30".
        let by_hand = b"\0\0\0\x03age\0\0\0\x06Number\x01\0\0\0\x0230";
        assert_eq!(digest, of_body(std::str::from_utf8(by_hand).unwrap()));
        assert_eq!(of_attributes([]), None);
    }
}
