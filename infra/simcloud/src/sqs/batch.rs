//! What the three batch operations have in common.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::QueueKey;
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// One entry and its id within the batch.
#[derive(Deserialize)]
pub(super) struct Entry<T> {
    #[serde(rename = "Id")]
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) item: T,
}

/// Reads the entries and checks what concerns the batch as a whole.
pub(super) fn entries<T: DeserializeOwned>(call: &Call) -> Result<Vec<Entry<T>>, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", bound = "T: DeserializeOwned")]
    struct Batch<T> {
        entries: Vec<Entry<T>>,
    }
    let Batch { entries } = call.parse::<Batch<T>>()?;
    let refuse = |code, why: &str| Err(ApiError::new(code, why));
    if entries.is_empty() {
        return refuse("EmptyBatchRequest", "There should be at least one entry in the request.");
    }
    if entries.len() > 10 {
        return refuse("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10.");
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if entries.iter().any(|entry| entry.id.is_empty() || entry.id.len() > 80 || !entry.id.chars().all(legal)) {
        let rule = "A batch entry id can only contain alphanumeric characters, hyphens and underscores, 80 at most.";
        return refuse("InvalidBatchEntryId", rule);
    }
    let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    if ids.len() < entries.len() {
        return refuse("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
    }
    Ok(entries)
}

/// Carries out each entry by itself.
pub(super) fn each<T>(
    world: &mut World,
    key: &QueueKey,
    entries: Vec<Entry<T>>,
    mut act: impl FnMut(&mut World, T) -> Result<Value, ApiError>,
) -> Answer {
    world.sqs.queue(key)?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for Entry { id, item } in entries {
        let result = if world.faults.fails_entry(&key.name) {
            Err(ApiError::new("InternalError", "The entry failed by a fault of the service.").status(500))
        } else {
            act(world, item)
        };
        match result {
            Ok(mut output) => {
                if let Value::Object(members) = &mut output {
                    members.insert("Id".to_owned(), json!(id));
                }
                successful.push(output);
            }
            Err(ApiError { code, message, status, .. }) => {
                failed.push(json!({"Id": id, "Code": code, "Message": message, "SenderFault": status < 500}));
            }
        }
    }
    let mut output = json!({"Successful": successful});
    if let (false, Value::Object(members)) = (failed.is_empty(), &mut output) {
        members.insert("Failed".to_owned(), Value::Array(failed));
    }
    Ok(output)
}
