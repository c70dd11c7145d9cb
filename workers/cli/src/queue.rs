//! `queue`: the hub's queues and what waits in them.

use aws_sdk_sqs::types::QueueAttributeName;
use chainwright_aws::error::said;
use chainwright_contracts::queues;
use clap::Subcommand;
use serde::Serialize;

use crate::{
    operator::Operator,
    output::{self, Answer, Format},
};

/// What can be asked of the queues.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List the queues: how much waits, is in hand, is delayed, and lies among the dead letters. SQS's counts are
    /// approximate.
    List,
}

/// One queue.
#[derive(Debug, Serialize)]
struct Row {
    queue: String,
    waiting: u64,
    in_hand: u64,
    delayed: u64,
    dead_letters: u64,
}

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Answer {
    match verb {
        Verb::List => match list(operator).await {
            Ok(rows) => show(&rows, format),
            Err(reason) => Answer::failed(reason),
        },
    }
}

async fn list(operator: &Operator) -> Result<Vec<Row>, String> {
    let mut rows = Vec::with_capacity(queues::ALL.len());
    for queue in queues::ALL {
        let [waiting, in_hand, delayed] = depths(operator, queue.as_str()).await?;
        let dead = depths(operator, &format!("{queue}-dlq")).await?;
        let queue = format!("{}{queue}", operator.hub().prefix);
        rows.push(Row { queue, waiting, in_hand, delayed, dead_letters: dead.iter().sum() });
    }
    Ok(rows)
}

pub(crate) async fn depths(operator: &Operator, queue: &str) -> Result<[u64; 3], String> {
    const COUNTS: [QueueAttributeName; 3] = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let url = operator.queue_url(queue).await?;
    let call = operator.sqs().get_queue_attributes().queue_url(url).set_attribute_names(Some(COUNTS.to_vec()));
    let answer = call.send().await.map_err(|error| format!("queue {queue}: {}", said(error)))?;
    let attributes = answer.attributes.unwrap_or_default();
    Ok(COUNTS.map(|name| attributes.get(&name).and_then(|count| count.parse().ok()).unwrap_or_default()))
}

fn show(rows: &[Row], format: Format) -> Answer {
    match format {
        Format::Json => output::json(&serde_json::json!({ "queues": rows })),
        Format::Table => {
            let cells = rows.iter().map(|row| {
                let [waiting, in_hand, delayed, dead] =
                    [row.waiting, row.in_hand, row.delayed, row.dead_letters].map(|count| count.to_string());
                [row.queue.clone(), waiting, in_hand, delayed, dead]
            });
            Answer::done(output::table(["QUEUE", "WAITING", "IN HAND", "DELAYED", "DEAD LETTERS"], cells))
        }
    }
}
