//! Writing the ledger: all or nothing, each part on its condition.
//!
//! A transaction's token is derived from the caller's token and the writes themselves, so that a repeat of the same
//! commit is recognised and a different one under the same caller's token is not refused as a mismatch. DynamoDB
//! remembers tokens for ten minutes (API reference, TransactWriteItems), longer than all attempts of one call.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, ConditionCheck, Delete, Put, TransactWriteItem, error::TransactionCanceledException},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use chainwright_contracts::ids::derive;

use super::{
    Check, Item, Store, Write,
    item::{self, PK, VERSION, number},
};
use crate::error::{Class, SourceError, failed};

const PUT: &str = "dynamodb:PutItem";
const DELETE: &str = "dynamodb:DeleteItem";
const TRANSACT: &str = "dynamodb:TransactWriteItems";

/// The most writes in one transaction, and the most bytes of an item and of a transaction (DynamoDB developer guide,
/// "Quotas"). Names and numbers of an item are counted as [`ITEM_FRAME`].
const MAX_WRITES: usize = 100;
const MAX_ITEM: usize = 400 * 1024;
const MAX_TRANSACTION: usize = 4 * 1024 * 1024;
const ITEM_FRAME: usize = 256;

/// Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The conditions of these writes, by their positions, do not hold: somebody else was faster.
    #[error("the ledger changed meanwhile: writes {0:?} found another state than they expected")]
    Conflict(Vec<usize>),
    /// An item, or all of them together, is larger than DynamoDB takes.
    #[error("the ledger cannot take it: {0}")]
    TooLarge(String),
    /// DynamoDB did not do it, or its answer is lost. A transient failure may have had its effect.
    #[error(transparent)]
    Failed(#[from] SourceError),
}

/// A transaction that met another one in flight; the SDK leaves it to the caller to try again (DynamoDB API reference,
/// `TransactWriteItems`).
const CONFLICT: &str = "TransactionConflict";
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// An SDK error is large, and its transaction variant is looked into once.
type TransactError = SdkError<TransactWriteItemsError, HttpResponse>;

impl Store {
    /// Does all of `writes` or none. `token` names what is being done, such as an operation and its state: the same
    /// writes under the same token within ten minutes are one commit.
    ///
    /// # Errors
    /// [`CommitError`]; nothing at all is written then, save for a transient failure's lost answer.
    pub async fn commit(&self, writes: Vec<Write>, token: &str) -> Result<(), CommitError> {
        fits(&writes)?;
        match writes.as_slice() {
            [] => Ok(()),
            [Write::Put { item, expected }] => self.put(item, *expected).await,
            [Write::Delete { pk, sk, expected }] => self.delete(pk, sk, *expected).await,
            _ => self.transact(&writes, token).await,
        }
    }

    async fn put(&self, item: &Item, expected: Option<u64>) -> Result<(), CommitError> {
        let condition = Condition::of_put(expected);
        let call = self.client.put_item().table_name(&self.table).set_item(Some(item::write(item)));
        let call =
            call.condition_expression(condition.expression).expression_attribute_names("#a", condition.attribute);
        let answer = call.set_expression_attribute_values(condition.values()).send().await.map_err(failed(PUT));
        let Err(error) = answer else { return Ok(()) };
        if error.code != "ConditionalCheckFailedException" {
            return Err(error.into());
        }
        // Perhaps an earlier attempt of this very write was done and its answer lost.
        let stored = self.get(&item.pk, &item.sk).await?;
        let done = stored.is_some_and(|stored| stored.version == item.version && stored.body == item.body);
        if done { Ok(()) } else { Err(CommitError::Conflict(vec![0])) }
    }

    async fn delete(&self, pk: &str, sk: &str, expected: u64) -> Result<(), CommitError> {
        let condition = Condition::version(expected);
        let call = self.client.delete_item().table_name(&self.table).set_key(Some(item::key(pk, sk)));
        let call =
            call.condition_expression(condition.expression).expression_attribute_names("#a", condition.attribute);
        let answer = call.set_expression_attribute_values(condition.values()).send().await.map_err(failed(DELETE));
        let Err(error) = answer else { return Ok(()) };
        if error.code != "ConditionalCheckFailedException" {
            return Err(error.into());
        }
        // Gone is what was wanted, whoever did it.
        if self.get(pk, sk).await?.is_none() { Ok(()) } else { Err(CommitError::Conflict(vec![0])) }
    }

    async fn transact(&self, writes: &[Write], token: &str) -> Result<(), CommitError> {
        let unwritable = |error: &dyn std::fmt::Display| SourceError::refused(TRANSACT, error.to_string());
        let items: Result<Vec<_>, _> = writes.iter().map(|write| self.part(write)).collect();
        let content = serde_json::to_string(writes).map_err(|error| unwritable(&error))?;
        let call =
            self.client.transact_write_items().set_transact_items(Some(items.map_err(|error| unwritable(&error))?));
        let call = call.client_request_token(derive("commit", &[token, &content]));
        let mut wait = FIRST_WAIT;
        loop {
            match call.clone().send().await.map(drop).map_err(refused) {
                Err(CommitError::Failed(error)) if error.code == CONFLICT && wait <= LONGEST_WAIT => {
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
                answer => return answer,
            }
        }
    }

    /// One write as a part of a transaction.
    fn part(&self, write: &Write) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let part = TransactWriteItem::builder();
        let part = match write {
            Write::Put { item, expected } => {
                let condition = Condition::of_put(*expected);
                let put = Put::builder().table_name(&self.table).set_item(Some(item::write(item)));
                let put = put.condition_expression(condition.expression);
                let put = put.expression_attribute_names("#a", condition.attribute);
                part.put(put.set_expression_attribute_values(condition.values()).build()?)
            }
            Write::Check { pk, sk, expected } => {
                let condition = Condition::of_check(*expected);
                let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(item::key(pk, sk)));
                let check = check.condition_expression(condition.expression);
                let check = check.expression_attribute_names("#a", condition.attribute);
                part.condition_check(check.set_expression_attribute_values(condition.values()).build()?)
            }
            Write::Delete { pk, sk, expected } => {
                let condition = Condition::version(*expected);
                let delete = Delete::builder().table_name(&self.table).set_key(Some(item::key(pk, sk)));
                let delete = delete.condition_expression(condition.expression);
                let delete = delete.expression_attribute_names("#a", condition.attribute);
                part.delete(delete.set_expression_attribute_values(condition.values()).build()?)
            }
        };
        Ok(part.build())
    }
}

/// A condition on one attribute.
struct Condition {
    expression: &'static str,
    attribute: &'static str,
    version: Option<u64>,
}

impl Condition {
    fn of_put(expected: Option<u64>) -> Self {
        expected.map_or_else(Self::absent, Self::version)
    }

    fn of_check(check: Check) -> Self {
        match check {
            Check::Exists => Self { expression: "attribute_exists(#a)", attribute: PK, version: None },
            Check::Version(version) => Self::version(version),
            Check::Absent => Self::absent(),
        }
    }

    fn absent() -> Self {
        Self { expression: "attribute_not_exists(#a)", attribute: PK, version: None }
    }

    fn version(version: u64) -> Self {
        Self { expression: "#a = :expected", attribute: VERSION, version: Some(version) }
    }

    fn values(&self) -> Option<item::Attributes> {
        self.version.map(|version| [(":expected".to_owned(), number(version))].into())
    }
}

/// Why a transaction was not done.
fn refused(error: TransactError) -> CommitError {
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
        return by_reasons(cancelled);
    }
    failed(TRANSACT)(error).into()
}

/// A cancelled transaction says of each write whether it was the reason. One that lost to another transaction in flight
/// is no conflict yet: that other one may fail.
fn by_reasons(cancelled: &TransactionCanceledException) -> CommitError {
    let code = |reason: &CancellationReason| reason.code().unwrap_or("None").to_owned();
    let codes: Vec<String> = cancelled.cancellation_reasons().iter().map(code).collect();
    let failed: Vec<usize> =
        codes.iter().enumerate().filter(|(_, code)| *code == "ConditionalCheckFailed").map(|(at, _)| at).collect();
    if !failed.is_empty() {
        return CommitError::Conflict(failed);
    }
    let reasons = cancelled.cancellation_reasons().iter().filter_map(CancellationReason::message);
    let message = reasons.collect::<Vec<_>>().join("; ");
    let refused =
        codes.iter().find(|code| matches!(code.as_str(), "ValidationError" | "ItemCollectionSizeLimitExceeded"));
    match (refused, codes.iter().find(|code| *code != "None")) {
        (Some(code), _) => SourceError::new(Class::Refused, TRANSACT, code, message).into(),
        (None, code) => {
            let code = code.map_or("TransactionCanceledException", String::as_str);
            SourceError::new(Class::Transient, TRANSACT, code, message).into()
        }
    }
}

/// Refuses here what DynamoDB would refuse in words that differ by the kind of write.
fn fits(writes: &[Write]) -> Result<(), CommitError> {
    if writes.len() > MAX_WRITES {
        return Err(CommitError::TooLarge(format!("{} writes, and {MAX_WRITES} are the most", writes.len())));
    }
    let mut total = 0;
    for write in writes {
        let Write::Put { item, .. } = write else { continue };
        let size =
            ITEM_FRAME + item.pk.len() + item.sk.len() + item.body.len() + item.aws_id.as_ref().map_or(0, String::len);
        total += size;
        if size > MAX_ITEM {
            return Err(CommitError::TooLarge(format!("item {}/{} has {size} bytes", item.pk, item.sk)));
        }
    }
    if total > MAX_TRANSACTION {
        return Err(CommitError::TooLarge(format!("the items have {total} bytes together")));
    }
    Ok(())
}
