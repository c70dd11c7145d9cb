//! `StartMessageMoveTask`, `ListMessageMoveTasks`, `CancelMessageMoveTask`: dead letters go back, so many a second.
//!
//! A message that is moved is a new one, with a new id and send time (Developer Guide, "Learn how to configure a
//! dead-letter queue redrive").

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::errors::invalid;
use super::{Later, QueueKey, put};
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// Messages per second, unless the caller asks for fewer.
const MAX_RATE: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
enum Status {
    Running,
    Completed,
    Cancelled,
    Failed(Reason),
}

/// Why a task failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
enum Reason {
    QueueGone,
    SourceUnknown,
}

impl Reason {
    /// `FailureReason`.
    fn name(self) -> &'static str {
        match self {
            Self::QueueGone => "AWS.SimpleQueueService.NonExistentQueue",
            Self::SourceUnknown => "CouldNotDetermineMessageSource",
        }
    }
}

/// One move of messages out of a dead-letter queue.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Task {
    handle: String,
    source: QueueKey,
    destination: Option<QueueKey>,
    rate: usize,
    started: Timestamp,
    status: Status,
    moved: usize,
    to_move: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Start {
    source_arn: String,
    destination_arn: Option<String>,
    max_number_of_messages_per_second: Option<usize>,
}

pub(super) fn start(world: &mut World, call: &Call) -> Answer {
    let input: Start = call.parse()?;
    let source = existing(world, &input.source_arn)?;
    let destination = input.destination_arn.as_deref().map(|arn| existing(world, arn)).transpose()?;
    if world.sqs.sources_of(&source).is_empty() {
        return Err(invalid("Source queue must be configured as a Dead Letter Queue."));
    }
    if world.sqs.moves.iter().any(|task| task.source == source && task.status == Status::Running) {
        return Err(invalid("There is already a task running. Only one active task is allowed for a source queue."));
    }
    let rate = input.max_number_of_messages_per_second.unwrap_or(MAX_RATE);
    if !(1..=MAX_RATE).contains(&rate) {
        return Err(invalid("MaxNumberOfMessagesPerSecond is 1 to 500."));
    }
    let (handle, started) = (world.uuid(), world.now());
    let to_move = world.sqs.queue(&source)?.depth().ready;
    let status = Status::Running;
    world.sqs.moves.push(Task {
        handle: handle.clone(),
        source,
        destination,
        rate,
        started,
        status,
        moved: 0,
        to_move,
    });
    schedule(world, handle.clone());
    Ok(json!({"TaskHandle": handle}))
}

fn existing(world: &World, arn: &str) -> Result<QueueKey, ApiError> {
    let missing =
        || ApiError::new("ResourceNotFoundException", "The resource that you specified doesn't exist.").status(404);
    let key = QueueKey::from_arn(arn).ok_or_else(missing)?;
    world.sqs.queue(&key).map_err(|_| missing())?;
    Ok(key)
}

fn schedule(world: &mut World, handle: String) {
    world.schedule_in(Duration::from_secs(1), Later::Move(handle));
}

/// Moves on, for another second.
pub(super) fn go_on(world: &mut World, handle: String) {
    let Some(index) = world.sqs.moves.iter().position(|task| task.handle == handle) else { return };
    let status = one_second(world, index);
    let Some(task) = world.sqs.moves.get_mut(index) else { return };
    task.status = status;
    if status == Status::Running {
        schedule(world, handle);
    }
}

/// What a task does within one second, and how it stands then.
fn one_second(world: &mut World, index: usize) -> Status {
    let Some(task) = world.sqs.moves.get(index) else { return Status::Completed };
    let (source, destination, rate) = (task.source.clone(), task.destination.clone(), task.rate);
    if task.status != Status::Running {
        return task.status;
    }
    for _ in 0..rate {
        let Some(queue) = world.sqs.queues.get(&source) else {
            return Status::Failed(Reason::QueueGone);
        };
        let Some((serial, (message, _))) = queue.head().and_then(|serial| Some((serial, queue.get(serial)?))) else {
            return Status::Completed;
        };
        let Some(target) = destination.clone().or_else(|| message.dead_from.clone()) else {
            return Status::Failed(Reason::SourceUnknown);
        };
        let renewed = message.clone().renewed();
        if put(world, &target, renewed).is_err() {
            return Status::Failed(Reason::QueueGone);
        }
        if let Some(queue) = world.sqs.queues.get_mut(&source) {
            queue.remove(serial);
        }
        if let Some(task) = world.sqs.moves.get_mut(index) {
            task.moved += 1;
        }
    }
    Status::Running
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    source_arn: String,
    max_results: Option<usize>,
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let input: List = call.parse()?;
    let source = existing(world, &input.source_arn)?;
    let newest_first = world.sqs.moves.iter().rev().filter(|task| task.source == source);
    let shown = newest_first.take(input.max_results.unwrap_or(1).clamp(1, 10));
    Ok(json!({"Results": shown.map(described).collect::<Vec<_>>()}))
}

fn described(task: &Task) -> Value {
    let status = match task.status {
        Status::Running => "RUNNING",
        Status::Completed => "COMPLETED",
        Status::Cancelled => "CANCELLED",
        Status::Failed(_) => "FAILED",
    };
    let mut output = json!({
        "Status": status,
        "SourceArn": task.source.arn(),
        "MaxNumberOfMessagesPerSecond": task.rate,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": task.started.as_millisecond(),
    });
    if let Value::Object(members) = &mut output {
        if let Some(destination) = &task.destination {
            members.insert("DestinationArn".to_owned(), json!(destination.arn()));
        }
        match task.status {
            Status::Running => _ = members.insert("TaskHandle".to_owned(), json!(task.handle)),
            Status::Failed(reason) => _ = members.insert("FailureReason".to_owned(), json!(reason.name())),
            Status::Completed | Status::Cancelled => {}
        }
    }
    output
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cancel {
    task_handle: String,
}

pub(super) fn cancel(world: &mut World, call: &Call) -> Answer {
    let input: Cancel = call.parse()?;
    let running = |task: &&mut Task| task.handle == input.task_handle && task.status == Status::Running;
    let task = world.sqs.moves.iter_mut().find(running).ok_or_else(|| {
        ApiError::new("ResourceNotFoundException", "There is no running task with this handle.").status(404)
    })?;
    task.status = Status::Cancelled;
    Ok(json!({"ApproximateNumberOfMessagesMoved": task.moved}))
}
