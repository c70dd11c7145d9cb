//! Transactions: all writes or none, each under its own condition.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::expression::Placeholders;
use super::items::projection;
use super::state::{lags, serving};
use super::table::PrimaryKey;
use super::throughput::{self, Kind};
use super::value::{Item, item_from_json, item_size, item_to_json};
use super::write::{Change, Refusal, Write};
use super::{Invalid, needed, text};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::world::World;

/// A transaction has so many entries and bytes at most.
const MAX_ENTRIES: usize = 100;
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// A client request token is good for this long after its first use.
const TOKEN_LIFETIME: Duration = Duration::from_mins(10);

/// An account, a Region and a client request token.
type TokenKey = (String, String, String);

/// The client request tokens in force.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Tokens {
    /// The entries that each token stood for, and when it lapses.
    by_token: BTreeMap<TokenKey, (Timestamp, Json)>,
    /// The tokens in the order in which they lapse.
    lapsing: VecDeque<(Timestamp, TokenKey)>,
}

/// `TransactWriteItems`.
pub(crate) fn write(world: &mut World, call: &Call) -> Answer {
    let entries = entries(&call.input)?;
    if already_done(world, call)? {
        return Ok(json!({}));
    }
    let mut writes = Vec::new();
    let mut seen: BTreeSet<(String, PrimaryKey)> = BTreeSet::new();
    for entry in entries {
        let (operation, request) = only_member(entry)?;
        let name = needed(request, "TableName")?;
        let table = serving(world, call, name)?;
        if operation == "ConditionCheck" && text(request, "ConditionExpression").is_none() {
            needed(request, "ConditionExpression")?;
        }
        let write = Write::read(operation, request, table)?;
        if !seen.insert((table.name.clone(), write.key.clone())) {
            let message = "Transaction request cannot include multiple operations on one item";
            return Err(Invalid::new(message).into());
        }
        writes.push((name.to_owned(), write));
    }
    conflict(world, writes.len())?;
    let changes = decide(world, call, &writes)?;
    let mut written = Vec::new();
    for ((name, write), change) in writes.iter().zip(changes) {
        let lags = lags(world);
        let table = serving(world, call, name)?;
        if let Some(after) = change.after {
            written.push((name.as_str(), after.as_ref().map_or(0, item_size)));
            table.store(&write.key, after, lags);
        }
    }
    remember(world, call);
    let mut answer = Map::new();
    throughput::report_all(&call.input, &mut answer, Kind::TransactionalWrite, written.into_iter());
    Ok(Json::Object(answer))
}

/// What each write does, or why none of them happens.
fn decide(world: &mut World, call: &Call, writes: &[(String, Write)]) -> Result<Vec<Change>, ApiError> {
    let mut decided = Vec::new();
    for (name, write) in writes {
        decided.push(write.decide(serving(world, call, name)?));
    }
    if decided.iter().any(Result::is_err) {
        return Err(cancelled(&decided));
    }
    let changes: Vec<Change> = decided.into_iter().flatten().collect();
    let bytes = changes.iter().flat_map(|change| &change.after).flatten().map(item_size).sum::<usize>();
    if bytes > MAX_BYTES {
        return Err(Invalid::new("Collection of items in this transaction exceeds the 4MB limit").into());
    }
    Ok(changes)
}

/// Cancels some transactions as if another one were under way on one of their items.
fn conflict(world: &mut World, entries: usize) -> Result<(), ApiError> {
    let percent = world.switches.dynamodb.transaction_conflicts;
    if percent == 0 || world.rng.u8(0..100) >= percent {
        return Ok(());
    }
    let met = world.rng.usize(0..entries);
    let reason = |entry: usize| match entry == met {
        true => json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" }),
        false => json!({ "Code": "None" }),
    };
    Err(cancellation((0..entries).map(reason).collect()))
}

fn cancelled(decided: &[Result<Change, Refusal>]) -> ApiError {
    cancellation(decided.iter().map(reason).collect())
}

fn cancellation(reasons: Vec<Json>) -> ApiError {
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| text(reason, "Code")).collect();
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    ApiError::new("TransactionCanceledException", message).with("CancellationReasons", reasons)
}

fn reason(decided: &Result<Change, Refusal>) -> Json {
    match decided {
        Ok(_) => json!({ "Code": "None" }),
        Err(Refusal::Invalid(invalid)) => json!({ "Code": "ValidationError", "Message": invalid.message() }),
        Err(Refusal::Condition(item)) => {
            let mut reason = json!({ "Code": "ConditionalCheckFailed", "Message": "The conditional request failed" });
            if let (Some(item), Some(members)) = (item, reason.as_object_mut()) {
                members.insert("Item".into(), item_to_json(item));
            }
            reason
        }
    }
}

/// `TransactGetItems`.
pub(crate) fn get(world: &mut World, call: &Call) -> Answer {
    let mut responses = Vec::new();
    let mut read = Vec::new();
    for entry in entries(&call.input)? {
        let (_, request) = only_member(entry)?;
        let name = needed(request, "TableName")?;
        let table = serving(world, call, name)?;
        let mut placeholders = Placeholders::read(request)?;
        let projection = projection(request, &mut placeholders)?;
        placeholders.all_used()?;
        let key = table.schema.key_alone(&item_from_json(request.get("Key").unwrap_or(&Json::Null))?)?;
        let found = table.get(&key);
        read.push((name, found.map_or(0, |item| item_size(item))));
        responses.push(match found {
            None => json!({}),
            Some(item) => {
                let shown = projection.map_or_else(|| Item::clone(item), |projection| projection.of(item));
                json!({ "Item": item_to_json(&shown) })
            }
        });
    }
    let mut answer = Map::new();
    answer.insert("Responses".into(), Json::Array(responses));
    throughput::report_all(&call.input, &mut answer, Kind::TransactionalRead, read.into_iter());
    Ok(Json::Object(answer))
}

fn entries(input: &Json) -> Result<&Vec<Json>, Invalid> {
    let entries = input.get("TransactItems").and_then(Json::as_array);
    entries.filter(|entries| (1..=MAX_ENTRIES).contains(&entries.len())).ok_or_else(|| {
        Invalid::new("1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100")
    })
}

fn only_member(entry: &Json) -> Result<(&str, &Json), Invalid> {
    let mut members = entry.as_object().into_iter().flatten();
    match (members.next(), members.next()) {
        (Some((operation, request)), None)
            if ["ConditionCheck", "Put", "Update", "Delete", "Get"].contains(&operation.as_str()) =>
        {
            Ok((operation, request))
        }
        _ => Err(Invalid::new("TransactItems can only contain one of Check, Put, Update or Delete")),
    }
}

fn token_key(call: &Call) -> Option<TokenKey> {
    let token = text(&call.input, "ClientRequestToken")?;
    Some((call.account.clone(), call.region.clone(), token.to_owned()))
}

/// Whether the same request with the same token succeeded within the token's lifetime.
fn already_done(world: &mut World, call: &Call) -> Result<bool, ApiError> {
    let now = world.now();
    let Some(key) = token_key(call) else { return Ok(false) };
    match world.dynamodb.tokens.by_token.get(&key).filter(|(lapses, _)| now < *lapses) {
        None => Ok(false),
        Some((_, entries)) if Some(entries) == call.input.get("TransactItems") => Ok(true),
        Some(_) => Err(ApiError::new(
            "IdempotentParameterMismatchException",
            "Request with the same client token has different parameters",
        )),
    }
}

fn remember(world: &mut World, call: &Call) {
    let now = world.now();
    let tokens = &mut world.dynamodb.tokens;
    while let Some((_, lapsed)) = tokens.lapsing.pop_front_if(|(lapses, _)| *lapses <= now) {
        tokens.by_token.remove(&lapsed);
    }
    if let (Some(key), Some(entries)) = (token_key(call), call.input.get("TransactItems")) {
        let lapses = after(now, TOKEN_LIFETIME);
        tokens.by_token.insert(key.clone(), (lapses, entries.clone()));
        tokens.lapsing.push_back((lapses, key));
    }
}
