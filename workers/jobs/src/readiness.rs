//! A worker that is not fit to work takes no jobs: one whose ledger is not whole, since an emptied table must not look
//! like a new installation, and one whose clock is wrong, since every instant that it wrote down would be wrong, too.

use std::{convert::Infallible, time::Duration};

use chainwright_contracts::codes;
use chainwright_engine::Handle;
use jiff::{SignedDuration, Timestamp};

use crate::{Context, error::raise_not_ready};

/// How often a worker that may not work asks whether it may again.
const ASK_EVERY: Duration = Duration::from_mins(1);

/// How far this worker's clock and AWS's may differ before nothing is done by it any more. It is shorter than the life of
/// a tick: a worker that is further ahead would throw away every tick as too old, and nobody would hear of it.
const MOST_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// How far a listing's date may lie from this worker's clock: long listings take their time.
pub(crate) const MOST_SKEW_OF_A_LISTING: SignedDuration = SignedDuration::from_mins(5);

/// What a worker does not work with.
const UNFIT: [codes::Code; 2] = [codes::LEDGER_NOT_READY, codes::CLOCK_SKEW];

/// Pauses the engine whenever a job has met a ledger without the ready mark or a clock that is wrong, and lets it go on
/// once that is mended. Runs beside the engine, for as long as it.
pub async fn keep_ready(ctx: Context, engine: Handle) -> Infallible {
    loop {
        ctx.conditions().standing(&UNFIT).await;
        let standing = ctx.conditions().all().into_iter().filter(|condition| UNFIT.contains(&condition.code));
        let reasons: Vec<String> = standing.map(|found| format!("{}: {}", found.code, found.reason)).collect();
        engine.pause(reasons.join("; "));
        while !is_ready(&ctx).await {
            tokio::time::sleep(ASK_EVERY).await;
        }
        engine.resume();
    }
}

/// Asks the ledger whether it is whole and what time it is, and raises and clears the conditions accordingly. False also
/// where it does not answer.
pub async fn is_ready(ctx: &Context) -> bool {
    let (whole, date) = match ctx.ledger().heartbeat().await {
        Ok(answer) => answer,
        Err(error) => {
            ctx.conditions().raise(codes::LEDGER_UNAVAILABLE, "ledger", error.to_string());
            return false;
        }
    };
    ctx.conditions().clear(codes::LEDGER_UNAVAILABLE, "ledger");
    if whole {
        ctx.conditions().clear(codes::LEDGER_NOT_READY, "ledger");
    } else {
        raise_not_ready(ctx);
    }
    clock_agrees(ctx, date, MOST_SKEW) && whole
}

/// Whether this worker's clock and AWS's agree well enough to work by them; raises and clears the condition.
pub(crate) fn clock_agrees(ctx: &Context, date: Timestamp, most: SignedDuration) -> bool {
    let skew = ctx.now().duration_since(date).abs();
    if skew <= most {
        ctx.conditions().clear(codes::CLOCK_SKEW, "clock");
        return true;
    }
    let reason = format!("this worker's clock and AWS's differ by {skew:#}; nothing is started or removed");
    ctx.conditions().raise(codes::CLOCK_SKEW, "clock", reason);
    false
}
