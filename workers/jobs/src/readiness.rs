//! A worker whose ledger is not whole takes no jobs: an emptied table must not look like a new installation.

use std::{convert::Infallible, time::Duration};

use chainwright_contracts::codes;
use chainwright_engine::Handle;

use crate::{Context, ledger::LedgerError};

/// How often a worker that waits for its ledger asks whether it is whole.
const ASK_EVERY: Duration = Duration::from_mins(1);

/// Pauses the engine whenever a job has met a ledger without the ready mark, and lets it go on once the mark is there.
/// Runs beside the engine, for as long as it.
pub async fn keep_ready(ctx: Context, engine: Handle) -> Infallible {
    loop {
        ctx.conditions().standing(codes::LEDGER_NOT_READY).await;
        engine.pause(format!("{}: {}", codes::LEDGER_NOT_READY, LedgerError::NotReady));
        while !ctx.ledger().is_ready().await.unwrap_or(false) {
            tokio::time::sleep(ASK_EVERY).await;
        }
        ctx.conditions().clear(codes::LEDGER_NOT_READY, "ledger");
        engine.resume();
    }
}
