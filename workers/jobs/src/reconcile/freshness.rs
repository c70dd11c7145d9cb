//! Whether the newest good point of a chain is younger than its policy asks.
//!
//! It is judged by the ledger alone before AWS is asked, so that a place that cannot be listed does not hide it.

use chainwright_chain::state::{ChainRecord, freshness};
use chainwright_contracts::{
    codes,
    events::outgoing::{Detail, DetailType},
};

use crate::{
    Context, conditions,
    conditions::Condition,
    error::JobError,
    ledger::{Change, Family},
    news, policies,
};

/// Judges the chain as the ledger has it, tells it where it has become too old, and writes it down.
pub(super) async fn watch(ctx: &Context, family: &mut Family) -> Result<(), JobError> {
    let mut chain = family.chain.clone();
    chain.value.rpo = match &chain.value.policy {
        Some(name) => policies::present(ctx, name).await?.and_then(|policy| policy.file().rpo),
        None => None,
    };
    let newest = freshness(family.points.iter().map(|point| &point.value), ctx.now()).newest_point;
    let risen = chain.value.judge_freshness(newest, ctx.now());
    if let Some(Condition { code, subject, reason }) = condition(&chain.value) {
        conditions::of_chain(ctx, &chain.value.owner, code, subject, reason);
    }
    if chain.value != family.chain.value {
        if risen {
            news::tell(ctx, news_of(&chain.value).into_iter().collect()).await?;
        }
        ctx.ledger().commit(Change::new().update(&chain)).await?;
        chain.version += 1;
        family.chain = chain;
    }
    Ok(())
}

/// What health reports while a chain is too old.
pub(super) fn condition(chain: &ChainRecord) -> Option<Condition> {
    chain.at_risk?;
    let subject = chain.owner.chain()?.to_string();
    Some(Condition { code: codes::CHAIN_STALE, subject, reason: reason(chain)? })
}

/// The news that it has become so: one piece of news per newest point.
pub(super) fn news_of(chain: &ChainRecord) -> Option<(DetailType, Detail)> {
    let from = chain.fresh_from?;
    let (detail_type, mut detail) = news::of_risk(chain, codes::CHAIN_STALE, &from.to_string(), &reason(chain)?);
    detail.slot = Some(from);
    Some((detail_type, detail))
}

fn reason(chain: &ChainRecord) -> Option<String> {
    let (rpo, from) = (chain.rpo?, chain.fresh_from?);
    Some(format!("the newest good point of {} is of {from}, and may be {rpo} old", chain.resource))
}
