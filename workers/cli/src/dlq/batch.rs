//! Batch calls whose entries may fail alone: those are tried again, alone in the end, and then named.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_sqs::{
    Client,
    error::BuildError,
    types::{
        BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
        SendMessageBatchRequestEntry,
    },
};
use chainwright_aws::error::said;
use futures_util::future::join_all;

use super::letter::Letter;

/// Entries per call, and bytes of them with their attributes (SQS API reference, `SendMessageBatch`).
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 1_048_576;
/// How often an entry is tried, and the pause before it is tried again.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);
/// Calls that show letters again at a time: nothing depends on their order.
const SHOWN_AT_ONCE: usize = 8;

/// A message to be sent: the letter's id, and the entry made of it.
pub(super) struct Entry {
    pub(super) id: String,
    request: SendMessageBatchRequestEntry,
    bytes: usize,
}

impl Entry {
    /// The letter as a replay sends it.
    ///
    /// # Errors
    /// Never for an entry that has an id and a body.
    pub(super) fn of(letter: &Letter) -> Result<Self, BuildError> {
        let body = letter.body_again();
        let mut bytes = body.len();
        let mut request = SendMessageBatchRequestEntry::builder().id("0").message_body(body);
        for (name, value) in letter.attributes_again() {
            let binary = value.binary_value().map_or(0, |blob| blob.as_ref().len());
            bytes += name.len() + value.data_type().len() + value.string_value().map_or(binary, str::len);
            request = request.message_attributes(name, value.clone());
        }
        let request = request.set_message_group_id(letter.group.clone()).build()?;
        Ok(Self { id: letter.facts.message_id.clone(), request, bytes })
    }
}

/// Sends entries; gives back the ids of those that were not taken, and why.
pub(super) async fn send(client: &Client, url: &str, entries: &[Entry]) -> BTreeMap<String, String> {
    let mut failed = BTreeMap::new();
    for part in parts(entries) {
        let call = async |some: &[usize]| {
            let chosen = some.iter().filter_map(|at| Some((at.to_string(), part.get(*at)?)));
            let requests = chosen.map(|(id, entry)| {
                let mut request = entry.request.clone();
                request.id = id;
                request
            });
            let call = client.send_message_batch().queue_url(url).set_entries(Some(requests.collect()));
            call.send().await.map(|answer| answer.failed).map_err(said)
        };
        let left = persistently(part.len(), call).await;
        failed.extend(left.into_iter().filter_map(|(at, why)| Some((part.get(at)?.id.clone(), why))));
    }
    failed
}

/// Deletes messages, given as ids and handles; gives back the ids of those that stay, and why.
pub(super) async fn delete(client: &Client, url: &str, messages: &[(String, String)]) -> BTreeMap<String, String> {
    let mut failed = BTreeMap::new();
    for part in messages.chunks(MAX_ENTRIES) {
        let call = async |some: &[usize]| {
            let chosen = some.iter().filter_map(|at| Some((at, &part.get(*at)?.1)));
            let entry = |(at, handle): (&usize, &String)| {
                DeleteMessageBatchRequestEntry::builder().id(at.to_string()).receipt_handle(handle).build().ok()
            };
            let entries: Vec<_> = chosen.filter_map(entry).collect();
            let call = client.delete_message_batch().queue_url(url).set_entries(Some(entries));
            call.send().await.map(|answer| answer.failed).map_err(said)
        };
        let left = persistently(part.len(), call).await;
        failed.extend(left.into_iter().filter_map(|(at, why)| Some((part.get(at)?.0.clone(), why))));
    }
    failed
}

/// Makes messages visible at once, as far as SQS does it; the others become visible in time.
pub(super) async fn show(client: &Client, url: &str, handles: &[String]) {
    let parts: Vec<_> = handles.chunks(MAX_ENTRIES).collect();
    for some in parts.chunks(SHOWN_AT_ONCE) {
        join_all(some.iter().map(|part| show_part(client, url, part))).await;
    }
}

async fn show_part(client: &Client, url: &str, handles: &[String]) {
    let call = async |some: &[usize]| {
        let chosen = some.iter().filter_map(|at| Some((at, handles.get(*at)?)));
        let entry = |(at, handle): (&usize, &String)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(at.to_string());
            entry.receipt_handle(handle).visibility_timeout(0).build().ok()
        };
        let entries: Vec<_> = chosen.filter_map(entry).collect();
        let call = client.change_message_visibility_batch().queue_url(url).set_entries(Some(entries));
        call.send().await.map(|answer| answer.failed).map_err(said)
    };
    // What fails here was hidden for a time anyway, and that time goes on.
    let _hidden = persistently(handles.len(), call).await;
}

/// Entries in parts that SQS takes in one call.
fn parts(entries: &[Entry]) -> Vec<&[Entry]> {
    let mut parts = Vec::new();
    let mut rest = entries;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |entry: &&Entry| {
            bytes += entry.bytes;
            bytes <= MAX_BYTES
        };
        // One entry that is too large by itself goes alone, for SQS to refuse it alone.
        let length = rest.iter().take(MAX_ENTRIES).take_while(fits).count().max(1);
        let (part, others) = rest.split_at(length);
        parts.push(part);
        rest = others;
    }
    parts
}

/// Makes a call with all of so many entries, again with those that failed by SQS's fault, and one by one where the call
/// as a whole is refused. Gives back which ones failed for good, and why.
async fn persistently(
    entries: usize,
    call: impl AsyncFn(&[usize]) -> Result<Vec<BatchResultErrorEntry>, String>,
) -> Vec<(usize, String)> {
    let mut open = vec![(0..entries).collect::<Vec<_>>()];
    let mut reasons = BTreeMap::new();
    let mut refused = Vec::new();
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(PAUSE * 2u32.pow(attempt - 1)).await;
        }
        for some in std::mem::take(&mut open) {
            match call(&some).await {
                Ok(failed) => {
                    let mut again = Vec::new();
                    for error in failed {
                        let Ok(at) = error.id().parse() else { continue };
                        let why = format!("{}: {}", error.code(), error.message().unwrap_or_default());
                        if error.sender_fault() {
                            refused.push((at, why));
                        } else {
                            reasons.insert(at, why);
                            again.push(at);
                        }
                    }
                    open.extend((!again.is_empty()).then_some(again));
                }
                Err(why) => {
                    reasons.extend(some.iter().map(|at| (*at, why.clone())));
                    open.extend(some.iter().map(|at| vec![*at]));
                }
            }
        }
        if open.is_empty() {
            break;
        }
    }
    let left = open.into_iter().flatten().map(|at| (at, reasons.remove(&at).unwrap_or_default()));
    refused.into_iter().chain(left).collect()
}
