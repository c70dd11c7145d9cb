//! Release: a person gives an orphaned chain up, so that its newest point may go, too.

use chainwright_chain::state::{ChainRecord, Owner};
use chainwright_contracts::{codes, ids::ChainId};

use crate::{
    Context,
    error::JobError,
    ledger::{Change, Key, LedgerError},
};

/// How often a release is decided anew when the chain changes meanwhile.
const TRIES: usize = 5;

/// Releases an orphaned chain. What still has a flag, a hold or a lock stays as long as that; a new point of the policy
/// takes the release back.
///
/// # Errors
/// Where the chain is unknown or not orphaned, or the ledger does not take it.
pub async fn release(ctx: &Context, chain: &ChainId) -> Result<(), JobError> {
    let mut tries = 1;
    loop {
        let found = ctx.ledger().get::<ChainRecord>(&Key::chain(&Owner::Chain(chain.clone()))).await?;
        let unknown = || JobError::rejected(codes::NO_SUCH_CHAIN, format!("the ledger knows no chain {chain}"));
        let mut record = found.ok_or_else(unknown)?;
        if record.value.orphaned.is_none() {
            let reason = format!("chain {chain} is not orphaned: its policy and its resource are there");
            return Err(JobError::rejected(codes::DELETE_FORBIDDEN, reason));
        }
        record.value.released = true;
        match ctx.ledger().commit(Change::when_ready().update(&record)).await {
            Err(LedgerError::Conflict(_)) if tries < TRIES => tries += 1,
            ended => return Ok(ended?),
        }
    }
}
