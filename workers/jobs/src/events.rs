//! AWS's own events: hints that an operation may be over, turned into looks.

use std::collections::BTreeSet;

use chainwright_chain::state::OperationRecord;
use chainwright_contracts::{
    events::incoming::{self, Incoming, JobChange},
    ids::is_snapshot_name,
};
use chainwright_engine::{Outcome, Outgoing};

use crate::{
    Context,
    error::{JobError, conclude},
    follow_up,
    telemetry::names,
};

/// States after which nothing more comes; a job in any other has nothing to be settled yet.
const TERMINAL: [&str; 5] = ["COMPLETED", "FAILED", "ABORTED", "EXPIRED", "PARTIAL"];

/// Reads one event and sends the looks that it suggests.
pub async fn run(body: String, ctx: Context) -> Outcome {
    let result = wake(&body, &ctx).await;
    conclude(&ctx, result).await
}

async fn wake(body: &str, ctx: &Context) -> Result<Outcome, JobError> {
    let ids = match incoming::read(body) {
        Ok(Incoming::BackupJob(change) | Incoming::CopyJob(change) | Incoming::RestoreJob(change)) => {
            over(change).into_iter().collect()
        }
        Ok(Incoming::RecoveryPoint { arn, .. }) => BTreeSet::from([arn]),
        Ok(Incoming::RedshiftServerless { words }) => words.iter().flat_map(|word| snapshots_in(word)).collect(),
        Ok(Incoming::Redshift { source_id, .. }) => source_id.iter().flat_map(|id| snapshots_in(id)).collect(),
        Ok(Incoming::Other { .. }) => BTreeSet::new(),
        Err(error) => return Ok(Outcome::reject(chainwright_contracts::codes::Code::NOT_A_MESSAGE, error)),
    };
    let mut found = Vec::new();
    for id in ids {
        found.extend(ctx.ledger().by_aws_id(&id).await?);
    }
    let looks = found.iter().map(|operation| &operation.value).filter(|operation| !operation.is_over());
    let look = |operation: &OperationRecord| {
        ctx.span_of(names::EVENT, &operation.point).on(&operation.side).sends(follow_up::settle(operation))
    };
    let jobs: Vec<Outgoing> = looks.map(look).collect();
    Ok(if jobs.is_empty() { Outcome::Done } else { Outcome::Continue(jobs) })
}

/// The names of our snapshots in a text: where such an event names its snapshot is not documented.
fn snapshots_in(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.filter(|word| is_snapshot_name(word)).map(str::to_owned)
}

fn over(change: JobChange) -> Option<String> {
    let terminal = change.state.as_deref().is_some_and(|state| TERMINAL.contains(&state));
    if terminal { change.id } else { None }
}
