//! Writes to items: put, update, delete and condition check, alone, in batches and in transactions.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Invalid;
use super::expression::Placeholders;
use super::expression::condition::Condition;
use super::expression::update::Update;
use super::table::{PrimaryKey, Table};
use super::value::{Item, item_from_json, item_size, item_to_json};
use crate::call::ApiError;

/// The largest item, names and values together ("Service, account, and table quotas").
const MAX_ITEM: usize = 400 * 1024;

/// Parameters that expressions replaced; they are not simulated.
const LEGACY: [&str; 9] = [
    "AttributeUpdates",
    "AttributesToGet",
    "ConditionalOperator",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
    "ExpectedValues",
    "Exists",
];

/// What a write does to its item.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Put(Item),
    Update(Update),
    Delete,
    Check,
}

/// A write, read from its request and checked as far as that goes without the item.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) key: PrimaryKey,
    pub(crate) action: Action,
    condition: Option<Condition>,
    return_on_failure: bool,
}

/// An item before and after a write.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) before: Option<Arc<Item>>,
    /// `None` within `Some` deletes; the outer `None` leaves the item alone.
    pub(crate) after: Option<Option<Item>>,
}

/// Why a write did not happen.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// The condition does not hold; with the item, if the request wants it.
    Condition(Option<Arc<Item>>),
    Invalid(Invalid),
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(invalid) => invalid.into(),
            Refusal::Condition(item) => {
                let error = Self::new("ConditionalCheckFailedException", "The conditional request failed");
                match item {
                    Some(item) => error.with("Item", item_to_json(&item)),
                    None => error,
                }
            }
        }
    }
}

impl Write {
    /// Reads `PutItem`, `UpdateItem`, `DeleteItem`, or the entry of a transaction with the same members.
    pub(crate) fn read(operation: &str, input: &Json, table: &Table) -> Result<Self, Invalid> {
        refuse_legacy(input)?;
        let mut placeholders = Placeholders::read(input)?;
        let member = |name: &str| item_from_json(input.get(name).unwrap_or(&Json::Null));
        let (key, action) = match operation {
            "Put" | "PutItem" => {
                let item = member("Item")?;
                let key = table.schema.key_of_item(&item)?;
                table.check_index_keys(&item)?;
                if item_size(&item) > MAX_ITEM {
                    return Err(Invalid::new("Item size has exceeded the maximum allowed size"));
                }
                (key, Action::Put(item))
            }
            "Update" | "UpdateItem" => {
                let key = table.schema.key_alone(&member("Key")?)?;
                let update = match super::text(input, "UpdateExpression") {
                    Some(text) => Update::parse(text, &mut placeholders)?,
                    None => Update::default(),
                };
                keys_stay(&update, table)?;
                (key, Action::Update(update))
            }
            "Delete" | "DeleteItem" => (table.schema.key_alone(&member("Key")?)?, Action::Delete),
            _ => (table.schema.key_alone(&member("Key")?)?, Action::Check),
        };
        let condition = match super::text(input, "ConditionExpression") {
            Some(text) => Some(Condition::parse("ConditionExpression", text, &mut placeholders)?),
            None => None,
        };
        placeholders.all_used()?;
        let return_on_failure = super::text(input, "ReturnValuesOnConditionCheckFailure") == Some("ALL_OLD");
        Ok(Self { key, action, condition, return_on_failure })
    }

    /// What the write would do to the table as it is.
    pub(crate) fn decide(&self, table: &Table) -> Result<Change, Refusal> {
        let before = table.get(&self.key).cloned();
        let empty = Item::new();
        let current = before.as_deref().unwrap_or(&empty);
        if self.condition.as_ref().is_some_and(|condition| !condition.holds(current)) {
            return Err(Refusal::Condition(before.filter(|_| self.return_on_failure)));
        }
        let after = match &self.action {
            Action::Put(item) => Some(Some(item.clone())),
            Action::Delete => Some(None),
            Action::Check => None,
            Action::Update(update) => {
                let key_only = table.schema.item_of(&self.key);
                let item = update.apply(before.as_deref().unwrap_or(&key_only))?;
                table.check_index_keys(&item)?;
                if item_size(&item) > MAX_ITEM {
                    let message = "Item size to update has exceeded the maximum allowed size";
                    return Err(Invalid::new(message).into());
                }
                Some(Some(item))
            }
        };
        Ok(Change { before, after })
    }
}

/// Refuses requests in the style from before expressions, rather than answering them wrongly.
pub(crate) fn refuse_legacy(input: &Json) -> Result<(), Invalid> {
    match LEGACY.into_iter().find(|member| input.get(member).is_some()) {
        Some(member) => Err(Invalid::new(format!("simcloud does not simulate the legacy parameter {member}"))),
        None => Ok(()),
    }
}

fn keys_stay(update: &Update, table: &Table) -> Result<(), Invalid> {
    match update.targets().find(|path| table.schema.has(&path.attribute)) {
        Some(path) => Err(Invalid::new(format!(
            "One or more parameter values were invalid: Cannot update attribute {}. This attribute is part of the key",
            path.attribute
        ))),
        None => Ok(()),
    }
}
