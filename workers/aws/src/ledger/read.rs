//! Reading the ledger: items consistently, indexes as they come.

use aws_sdk_dynamodb::types::Select;
use jiff::Timestamp;

use super::{
    Due, Item, Key, Store,
    item::{self, AWS_ID, AWS_ID_INDEX, Attributes, DUE, DUE_AT, DUE_INDEX, DUE_PARTITION, PK, SK, VERSION, text},
};
use crate::{
    date::AnswerDate,
    error::{SourceError, failed},
    page::Page,
};

const GET: &str = "dynamodb:GetItem";
const QUERY: &str = "dynamodb:Query";
const SCAN: &str = "dynamodb:Scan";

impl Store {
    /// One item as it is now; none where there is none.
    ///
    /// # Errors
    /// As DynamoDB answers.
    pub async fn get(&self, pk: &str, sk: &str) -> Result<Option<Item>, SourceError> {
        let call = self.client.get_item().table_name(&self.table).set_key(Some(item::key(pk, sk)));
        let answer = call.consistent_read(true).send().await.map_err(failed(GET))?;
        answer.item.map(|found| item::read(GET, &found)).transpose()
    }

    /// As [`Store::get`], with the `Date` that DynamoDB puts on its answer, in whole seconds.
    ///
    /// # Errors
    /// As DynamoDB answers; an answer without a readable `Date` is transient.
    pub async fn get_dated(&self, pk: &str, sk: &str) -> Result<(Option<Item>, Timestamp), SourceError> {
        let date = AnswerDate::default();
        let call = self.client.get_item().table_name(&self.table).set_key(Some(item::key(pk, sk)));
        let call = call.consistent_read(true).customize().interceptor(date.clone());
        let answer = call.send().await.map_err(failed(GET))?;
        let found = answer.item.map(|found| item::read(GET, &found)).transpose()?;
        Ok((found, date.get(GET)?))
    }

    /// The items of a partition whose sort keys begin with `prefix`, as they are now, in the order of those keys,
    /// behind the sort key `after`; `limit` at most, and fewer where they are large.
    ///
    /// # Errors
    /// As DynamoDB answers.
    pub async fn query(
        &self,
        pk: &str,
        prefix: &str,
        after: Option<String>,
        limit: u32,
    ) -> Result<Page<Item>, SourceError> {
        let call = self.client.query().table_name(&self.table).consistent_read(true).limit(clamp(limit));
        let call = call.expression_attribute_names("#pk", PK).expression_attribute_values(":pk", text(pk));
        let call = if prefix.is_empty() {
            call.key_condition_expression("#pk = :pk")
        } else {
            call.key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_names("#sk", SK)
                .expression_attribute_values(":prefix", text(prefix))
        };
        let call = call.set_exclusive_start_key(after.map(|sk| item::key(pk, &sk)));
        let answer = call.send().await.map_err(failed(QUERY))?;
        let next = answer.last_evaluated_key.as_ref().and_then(|last| item::string(last, SK));
        let items =
            answer.items.unwrap_or_default().iter().map(|found| item::read(QUERY, found)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// What was due at `until` or before, the longest due first.
    ///
    /// # Errors
    /// As DynamoDB answers; where `after` is none of this store's.
    pub async fn due(&self, until: Timestamp, after: Option<String>, limit: u32) -> Result<Page<Due>, SourceError> {
        let start = after.map(|cursor| due_start(&cursor)).transpose()?;
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(DUE_INDEX)
            .key_condition_expression("#due = :due AND #at <= :until")
            .expression_attribute_names("#due", DUE)
            .expression_attribute_names("#at", DUE_AT)
            .expression_attribute_values(":due", text(DUE_PARTITION))
            .expression_attribute_values(":until", text(item::sortable(until)))
            .set_exclusive_start_key(start)
            .limit(clamp(limit))
            .send()
            .await
            .map_err(failed(QUERY))?;
        let next = answer.last_evaluated_key.as_ref().and_then(|last| cursor(last, &[DUE_AT, PK, SK]));
        let items = answer.items.unwrap_or_default().iter().map(due).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// The items about something that AWS knows by this id.
    ///
    /// # Errors
    /// As DynamoDB answers.
    pub async fn by_aws_id(&self, id: &str) -> Result<Vec<Key>, SourceError> {
        let (mut keys, mut start) = (Vec::new(), None);
        loop {
            let call = self.client.query().table_name(&self.table).index_name(AWS_ID_INDEX);
            let call = call.key_condition_expression("#id = :id").expression_attribute_names("#id", AWS_ID);
            let call = call.expression_attribute_values(":id", text(id)).set_exclusive_start_key(start);
            let answer = call.send().await.map_err(failed(QUERY))?;
            for found in answer.items.unwrap_or_default() {
                keys.extend(key(&found));
            }
            start = answer.last_evaluated_key.filter(|last| !last.is_empty());
            if start.is_none() {
                return Ok(keys);
            }
        }
    }

    /// Every item, in no promised order, each as it is when its page is read.
    ///
    /// # Errors
    /// As DynamoDB answers; where `after` is none of this store's.
    pub async fn scan(&self, after: Option<String>, limit: u32) -> Result<Page<Item>, SourceError> {
        let start = after.map(|cursor| fields(SCAN, &cursor, [PK, SK])).transpose()?;
        let call = self.client.scan().table_name(&self.table).consistent_read(true).select(Select::AllAttributes);
        let answer = call.limit(clamp(limit)).set_exclusive_start_key(start).send().await.map_err(failed(SCAN))?;
        let next = answer.last_evaluated_key.as_ref().and_then(|last| cursor(last, &[PK, SK]));
        let items =
            answer.items.unwrap_or_default().iter().map(|found| item::read(SCAN, found)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }
}

fn clamp(limit: u32) -> i32 {
    i32::try_from(limit.max(1)).unwrap_or(i32::MAX)
}

fn key(found: &Attributes) -> Option<Key> {
    Some(Key { pk: item::string(found, PK)?, sk: item::string(found, SK)? })
}

fn due(found: &Attributes) -> Result<Due, SourceError> {
    let read = || {
        let Key { pk, sk } = key(found)?;
        let due_at = item::string(found, DUE_AT)?.parse().ok()?;
        Some(Due { pk, sk, version: item::integer(found, VERSION)?, due_at })
    };
    read().ok_or_else(|| SourceError::unreadable(QUERY, "an entry of the index of what is due cannot be read"))
}

/// Where a page ended, as text that the caller hands back: a JSON array of the key's values.
fn cursor(last: &Attributes, names: &[&str]) -> Option<String> {
    let values: Option<Vec<String>> = names.iter().map(|name| item::string(last, name)).collect();
    serde_json::to_string(&values?).ok()
}

fn fields<const N: usize>(operation: &'static str, cursor: &str, names: [&str; N]) -> Result<Attributes, SourceError> {
    let values: Vec<String> = serde_json::from_str(cursor).unwrap_or_default();
    if values.len() != N {
        return Err(SourceError::refused(operation, format!("{cursor:?} is not the end of a page")));
    }
    Ok(names.into_iter().zip(values).map(|(name, value)| (name.to_owned(), text(value))).collect())
}

fn due_start(cursor: &str) -> Result<Attributes, SourceError> {
    let mut start = fields(QUERY, cursor, [DUE_AT, PK, SK])?;
    start.insert(DUE.to_owned(), text(DUE_PARTITION));
    Ok(start)
}
