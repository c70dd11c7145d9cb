//! The way through a dead-letter queue.
//!
//! Every letter received is hidden for as long as a walk of this length should take, so that the next receive brings
//! others; at the walk's end all are shown again. A walk has an end whatever happens: at an answer without letters to a
//! long poll, which asks all of SQS's servers (SQS developer guide, "Short and long polling"); when it comes upon the
//! same letters over and over; or when SQS lets no more be hidden at once.

use std::collections::BTreeMap;

use aws_sdk_sqs::{
    error::{ProvideErrorMetadata, SdkError},
    types::{MessageSystemAttributeName, QueueAttributeName},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use chainwright_aws::error::said;
use futures_util::future::join_all;

use super::{
    batch,
    letter::{Letter, Reader},
    queues::DeadQueue,
};
use crate::operator::Operator;

/// How long a receive waits for letters: long enough to ask every server.
const WAIT_SECONDS: i32 = 2;
/// The shortest and the longest time for which a walk hides what it has seen.
const HIDDEN_SECONDS: (u64, u64) = (60, 1800);
/// Letters that a walk surely passes in a second: a receive of ten in half of one.
const PASSED_PER_SECOND: u64 = 20;
/// Letters seen again, one after the other, after which there is nothing new: beyond those that are known.
const SLACK: usize = 20;

/// A walk.
pub(super) struct Walk<'a> {
    operator: &'a Operator,
    reader: &'a Reader,
    queue: &'a DeadQueue,
    visibility: i32,
    /// The newest receipt handles of what is hidden by this walk, by message id.
    held: BTreeMap<String, String>,
    /// Letters seen again since the last new one.
    repeats: usize,
    /// How many somebody else had hidden when the walk began.
    hidden: u64,
    full: bool,
}

impl<'a> Walk<'a> {
    /// Begins; nothing is hidden yet.
    ///
    /// # Errors
    /// In SQS's words.
    pub(super) async fn begin(
        operator: &'a Operator,
        reader: &'a Reader,
        queue: &'a DeadQueue,
    ) -> Result<Self, String> {
        const COUNTS: [QueueAttributeName; 2] = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let call = operator.sqs().get_queue_attributes().queue_url(&queue.url);
        let answer = call.set_attribute_names(Some(COUNTS.to_vec())).send().await;
        let attributes = answer.map_err(|error| in_words(queue, error))?.attributes.unwrap_or_default();
        let [visible, hidden] =
            COUNTS.map(|name| attributes.get(&name).and_then(|count| count.parse().ok()).unwrap_or(0u64));
        let seconds = (HIDDEN_SECONDS.0 + visible / PASSED_PER_SECOND).min(HIDDEN_SECONDS.1);
        let visibility = i32::try_from(seconds).unwrap_or(i32::MAX);
        Ok(Self { operator, reader, queue, visibility, held: BTreeMap::new(), repeats: 0, hidden, full: false })
    }

    /// The next letters, `most` at most and 10 at most; none at the end. A letter may come again.
    ///
    /// # Errors
    /// In SQS's words.
    pub(super) async fn next(&mut self, most: i32) -> Result<Option<Vec<Letter>>, String> {
        let call = self.operator.sqs().receive_message().queue_url(&self.queue.url).max_number_of_messages(most);
        let call = call.wait_time_seconds(WAIT_SECONDS).visibility_timeout(self.visibility);
        let call = call.message_attribute_names("All").message_system_attribute_names(MessageSystemAttributeName::All);
        let messages = match call.send().await {
            Ok(answer) => answer.messages.unwrap_or_default(),
            Err(error) if error.code() == Some("OverLimit") => {
                self.full = true;
                return Ok(None);
            }
            Err(error) => return Err(in_words(self.queue, error)),
        };
        if messages.is_empty() {
            return Ok(None);
        }
        let mut letters = Vec::with_capacity(messages.len());
        for (letter, handle) in messages.into_iter().filter_map(|message| self.reader.read(self.queue, message)) {
            let known = self.held.insert(letter.facts.message_id.clone(), handle).is_some();
            self.repeats = if known { self.repeats + 1 } else { 0 };
            letters.push(letter);
        }
        Ok((self.repeats <= self.held.len() + SLACK).then_some(letters))
    }

    /// Deletes letters of this walk; gives back the message ids of those that stay, and why.
    pub(super) async fn delete(&mut self, ids: &[String]) -> BTreeMap<String, String> {
        let entries: Vec<_> = ids.iter().filter_map(|id| Some((id.clone(), self.held.get(id)?.clone()))).collect();
        let failed = batch::delete(self.operator.sqs(), &self.queue.url, &entries).await;
        self.held.retain(|id, _| failed.contains_key(id) || !ids.contains(id));
        failed
    }

    /// Shows everything again that this walk has hidden; what SQS does not show now shows itself in time.
    pub(super) async fn end(self) -> Vec<String> {
        let handles: Vec<String> = self.held.into_values().collect();
        batch::show(self.operator.sqs(), &self.queue.url, &handles).await;
        let name = &self.queue.name;
        let minutes = self.visibility.unsigned_abs().div_ceil(60);
        let hidden = (self.hidden > 0).then(|| {
            let (hidden, longest) = (self.hidden, HIDDEN_SECONDS.1 / 60);
            format!(
                "{hidden} dead letters of {name} are hidden just now: somebody reads them, or a command was cut off; they \
                 show again after {minutes} to {longest} minutes"
            )
        });
        let full = self.full.then(|| format!("{name} holds more than SQS lets one see at once: repeat the command"));
        hidden.into_iter().chain(full).collect()
    }
}

/// Walks through queues, side by side, and keeps of each letter what `keep` makes of it, each letter once. The remarks
/// say what could not be seen.
///
/// # Errors
/// In SQS's words, or that somebody interrupted.
pub(super) async fn survey<T>(
    operator: &Operator,
    reader: &Reader,
    queues: &[DeadQueue],
    keep: impl Fn(Letter) -> Option<T>,
) -> Result<(Vec<T>, Vec<String>), String> {
    let results = join_all(queues.iter().map(|queue| one(operator, reader, queue, &keep))).await;
    let (mut kept, mut remarks) = (Vec::new(), Vec::new());
    for result in results {
        let (letters, said) = result?;
        kept.extend(letters);
        remarks.extend(said);
    }
    Ok((kept, remarks))
}

async fn one<T>(
    operator: &Operator,
    reader: &Reader,
    queue: &DeadQueue,
    keep: impl Fn(Letter) -> Option<T>,
) -> Result<(Vec<T>, Vec<String>), String> {
    let mut walk = Walk::begin(operator, reader, queue).await?;
    let mut kept = BTreeMap::new();
    let passed = async {
        while let Some(letters) = walk.next(10).await? {
            for letter in letters {
                let id = letter.facts.message_id.clone();
                kept.entry(id).or_insert_with(|| keep(letter));
            }
        }
        Ok(())
    };
    let result = tokio::select! {
        biased;
        () = operator.interrupted() => Err("interrupted".to_owned()),
        result = passed => result,
    };
    let remarks = walk.end().await;
    result.map(|()| (kept.into_values().flatten().collect(), remarks))
}

fn in_words<E>(queue: &DeadQueue, error: SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    format!("queue {}: {}", queue.name, said(error))
}
