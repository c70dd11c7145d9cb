//! How a job fails, and what becomes of its message.

use std::time::Duration;

use chainwright_aws::{
    error::SourceError,
    sealing::{OpenError, SealError},
};
use chainwright_contracts::codes::{self, Code};
use chainwright_engine::Outcome;

use crate::{Context, ledger::LedgerError};

/// How long a job waits for a ledger that is being rebuilt before it asks again.
const UNTIL_REBUILT: Duration = Duration::from_mins(5);

/// The codes by which a job is rejected when the ledger does not know what it names.
const UNKNOWN: [Code; 4] =
    [codes::NO_SUCH_POLICY, codes::NO_SUCH_CHAIN, codes::NO_SUCH_POINT, codes::NO_SUCH_OPERATION];

/// Why a job did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It never can.
    #[error("{code}: {reason}")]
    Rejected {
        /// The code for the dead letter.
        code: Code,
        /// The reason for the dead letter.
        reason: String,
    },
    /// The ledger did not take a change.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// An AWS call failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Metadata could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Metadata could not be opened just now.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl JobError {
    /// A rejection.
    pub fn rejected(code: Code, reason: impl Into<String>) -> Self {
        Self::Rejected { code, reason: reason.into() }
    }
}

/// What becomes of the message of a job that ended so.
///
/// What a job names may be unknown only because the ledger is lost: such a job waits until it is rebuilt.
pub(crate) async fn conclude(ctx: &Context, result: Result<Outcome, JobError>) -> Outcome {
    if let Err(JobError::Ledger(error @ LedgerError::Unavailable(_))) = &result {
        ctx.conditions().raise(codes::LEDGER_UNAVAILABLE, "ledger", error.to_string());
    } else {
        ctx.conditions().clear(codes::LEDGER_UNAVAILABLE, "ledger");
    }
    match result {
        Ok(outcome) => outcome,
        Err(JobError::Rejected { code, reason }) if !UNKNOWN.contains(&code) => Outcome::Reject(code, reason),
        Err(JobError::Rejected { code, reason }) => match ctx.ledger().is_ready().await {
            Ok(true) => Outcome::Reject(code, reason),
            Ok(false) => not_ready(ctx),
            Err(error) => Outcome::retry(error),
        },
        Err(JobError::Ledger(LedgerError::NotReady)) => not_ready(ctx),
        Err(JobError::Seal(error @ SealError::TooLarge { .. })) => Outcome::reject(codes::SEAL_TOO_LARGE, error),
        Err(error) => Outcome::retry(error),
    }
}

fn not_ready(ctx: &Context) -> Outcome {
    raise_not_ready(ctx);
    Outcome::Snooze(UNTIL_REBUILT)
}

/// Says that the ledger is not whole, which pauses this worker.
pub(crate) fn raise_not_ready(ctx: &Context) {
    ctx.conditions().raise(codes::LEDGER_NOT_READY, "ledger", LedgerError::NotReady.to_string());
}
