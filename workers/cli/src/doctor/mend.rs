//! The commands that mend what a worker misses at its start.

use chainwright_aws::sealing::keys;
use chainwright_engine::Problem;

use crate::{
    checks::Missing,
    hub::{DEAD_RETENTION_SECONDS, MAX_RECEIVE_COUNT, RETENTION_SECONDS},
    operator::Operator,
};

/// What mends one thing that a worker misses.
pub(super) fn missing(operator: &Operator, missing: &Missing) -> String {
    match missing {
        Missing::Table { table, problem } => of_table(table, problem),
        Missing::Key { key, .. } => keys::create_command(key),
        Missing::Bus { bus, .. } => format!("aws events create-event-bus --name {bus}"),
        Missing::Queue(problem) => of_queue(operator, problem),
    }
}

fn of_table(table: &str, problem: &str) -> String {
    if problem.starts_with("there is no table") {
        return create_table(table);
    }
    if problem.starts_with("deletion protection") {
        return format!("aws dynamodb update-table --table-name {table} --deletion-protection-enabled");
    }
    if problem.starts_with("time to live") {
        return format!(
            "aws dynamodb update-time-to-live --table-name {table} --time-to-live-specification \
             Enabled=true,AttributeName=expires_at"
        );
    }
    if problem.starts_with("point-in-time recovery") {
        return format!(
            "aws dynamodb update-continuous-backups --table-name {table} --point-in-time-recovery-specification \
             PointInTimeRecoveryEnabled=true"
        );
    }
    format!(
        "this table is not as a ledger's; CHAINWRIGHT_LEDGER_TABLE names another, and for that: {}",
        create_table("NAME")
    )
}

fn create_table(table: &str) -> String {
    let attributes =
        ["pk", "sk", "due", "due_at", "aws_id"].map(|name| format!("AttributeName={name},AttributeType=S"));
    let due = r#"{"IndexName":"due","KeySchema":[{"AttributeName":"due","KeyType":"HASH"},{"AttributeName":"due_at","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["version"]}}"#;
    let aws_id = r#"{"IndexName":"aws-id","KeySchema":[{"AttributeName":"aws_id","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}"#;
    format!(
        "aws dynamodb create-table --table-name {table} --billing-mode PAY_PER_REQUEST --deletion-protection-enabled \
         --key-schema AttributeName=pk,KeyType=HASH AttributeName=sk,KeyType=RANGE --attribute-definitions {} \
         --global-secondary-indexes '[{due},{aws_id}]'",
        attributes.join(" ")
    )
}

fn of_queue(operator: &Operator, problem: &Problem) -> String {
    match problem {
        Problem::NoQueue { queue } => {
            format!("aws sqs create-queue --queue-name {queue} --attributes '{}'", attributes(operator, queue))
        }
        Problem::Attribute { queue, .. } => format!(
            "aws sqs set-queue-attributes --queue-url $(aws sqs get-queue-url --queue-name {queue} --query QueueUrl \
             --output text) --attributes '{}'",
            attributes(operator, queue)
        ),
        Problem::Unreachable { queue, .. } => {
            format!(
                "aws sqs get-queue-attributes --attribute-names All --queue-url $(aws sqs get-queue-url --queue-name {queue} --query QueueUrl --output text)"
            )
        }
        // What the settings and handlers of this release say against each other, no command can mend.
        Problem::Setting { .. }
        | Problem::NoHandler { .. }
        | Problem::KindTwice { .. }
        | Problem::RawTwice { .. }
        | Problem::JobsAmongRaw { .. } => "chainwright explain CW0602".to_owned(),
    }
}

/// The attributes that a queue should have, as the AWS CLI takes them.
fn attributes(operator: &Operator, queue: &str) -> String {
    if queue.ends_with("-dlq") {
        return format!(r#"{{"MessageRetentionPeriod":"{DEAD_RETENTION_SECONDS}"}}"#);
    }
    let (account, region) = (operator.clients().own_account(), operator.clients().home_region());
    let partition = region.partition();
    let redrive = format!(
        r#"{{\"deadLetterTargetArn\":\"arn:{partition}:sqs:{region}:{account}:{queue}-dlq\",\"maxReceiveCount\":\"{MAX_RECEIVE_COUNT}\"}}"#
    );
    format!(r#"{{"MessageRetentionPeriod":"{RETENTION_SECONDS}","RedrivePolicy":"{redrive}"}}"#)
}
