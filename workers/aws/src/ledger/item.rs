//! Items as DynamoDB has them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::Item;
use crate::error::SourceError;

pub(super) const PK: &str = "pk";
pub(super) const SK: &str = "sk";
pub(super) const VERSION: &str = "version";
pub(super) const BODY: &str = "body";
pub(super) const DUE: &str = "due";
pub(super) const DUE_AT: &str = "due_at";
pub(super) const AWS_ID: &str = "aws_id";
pub(super) const EXPIRES_AT: &str = "expires_at";

/// The index of what is due, whose one partition is [`DUE_PARTITION`].
pub(super) const DUE_INDEX: &str = "due";
pub(super) const DUE_PARTITION: &str = "due";
/// The index by AWS's ids.
pub(super) const AWS_ID_INDEX: &str = "aws-id";

pub(super) type Attributes = HashMap<String, AttributeValue>;

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// An instant whose text sorts as it does: nine digits of fraction, always.
pub(super) fn sortable(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

pub(super) fn key(pk: &str, sk: &str) -> Attributes {
    [(PK, text(pk)), (SK, text(sk))].map(|(name, value)| (name.to_owned(), value)).into()
}

pub(super) fn write(item: &Item) -> Attributes {
    let mut attributes = key(&item.pk, &item.sk);
    let mut add = |name: &str, value| attributes.insert(name.to_owned(), value);
    add(VERSION, number(item.version));
    add(BODY, text(&item.body));
    if let Some(at) = item.due_at {
        add(DUE, text(DUE_PARTITION));
        add(DUE_AT, text(sortable(at)));
    }
    if let Some(id) = &item.aws_id {
        add(AWS_ID, text(id));
    }
    if let Some(at) = item.expires_at {
        add(EXPIRES_AT, number(at.as_second()));
    }
    attributes
}

/// Reads an item that this store wrote.
pub(super) fn read(operation: &'static str, attributes: &Attributes) -> Result<Item, SourceError> {
    let unreadable = |name: &str| SourceError::unreadable(operation, format!("an item has no readable {name}"));
    let optional = |name: &str| attributes.get(name).and_then(|value| value.as_s().ok()).cloned();
    let due_at = optional(DUE_AT).map(|at| at.parse().map_err(|_| unreadable(DUE_AT))).transpose()?;
    let seconds = match attributes.get(EXPIRES_AT) {
        Some(_) => Some(integer::<i64>(attributes, EXPIRES_AT).ok_or_else(|| unreadable(EXPIRES_AT))?),
        None => None,
    };
    Ok(Item {
        pk: optional(PK).ok_or_else(|| unreadable(PK))?,
        sk: optional(SK).ok_or_else(|| unreadable(SK))?,
        version: integer(attributes, VERSION).ok_or_else(|| unreadable(VERSION))?,
        due_at,
        aws_id: optional(AWS_ID),
        expires_at: seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()),
        body: optional(BODY).ok_or_else(|| unreadable(BODY))?,
    })
}

pub(super) fn integer<T: std::str::FromStr>(attributes: &Attributes, name: &str) -> Option<T> {
    attributes.get(name)?.as_n().ok()?.parse().ok()
}

pub(super) fn string(attributes: &Attributes, name: &str) -> Option<String> {
    attributes.get(name)?.as_s().ok().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_reads_as_it_was_written() {
        let item = Item {
            pk: "chain".into(),
            sk: "op#1".into(),
            version: 7,
            due_at: Some("2026-01-05T06:00:00.000000001Z".parse().unwrap()),
            aws_id: Some("job-1".into()),
            expires_at: Some("2026-02-05T06:00:00Z".parse().unwrap()),
            body: "{}".into(),
        };
        assert_eq!(read("test", &write(&item)), Ok(item.clone()));
        let bare = Item { due_at: None, aws_id: None, expires_at: None, ..item };
        assert_eq!(read("test", &write(&bare)), Ok(bare.clone()));
        assert_eq!(write(&bare).len(), 4);
    }

    #[test]
    fn instants_sort_as_their_texts() {
        let texts = [
            "2026-01-05T06:00:00Z",
            "2026-01-05T06:00:00.000000001Z",
            "2026-01-05T06:00:00.1Z",
            "2026-01-05T06:00:01Z",
        ];
        let written: Vec<String> = texts.iter().map(|text| sortable(text.parse().unwrap())).collect();
        assert!(written.is_sorted() && written.iter().all(|text| text.len() == 30), "{written:?}");
    }
}
