//! What a point says of itself, made a record of: what its seals hold, and what has been found of its sides.

use std::collections::BTreeSet;

use chainwright_chain::{
    exchange::{Configuration, ObservedPoint},
    retention,
    state::{ChainRecord, Owner, PointRecord, SideRecord, SideState},
};
use chainwright_contracts::{
    codes,
    events::outgoing::{Detail, DetailType},
    jobs::Side,
};
use jiff::Timestamp;

use crate::{Context, claim::Seal, conditions, hold, news};

/// Reports what was taken in on its own word alone, on one side or all, where that word did not suffice.
pub(crate) fn doubts(
    ctx: &Context,
    chain: &ChainRecord,
    point: &PointRecord,
    only: Option<&Side>,
) -> Vec<(DetailType, Detail)> {
    let mut news = Vec::new();
    let doubtful = point.sides.iter().filter(|(side, record)| record.doubtful && only.is_none_or(|only| only == *side));
    for (side, record) in doubtful {
        for rival in &record.rivals {
            let reason = format!("{rival} claims to be point {} on its side {side}, too", point.id);
            conditions::of_chain(ctx, &point.owner, codes::TWO_CLAIMANTS, rival.clone(), reason.clone());
            news.push(news::of_risk(chain, codes::TWO_CLAIMANTS, rival, &reason));
        }
        let (subject, reason) = (format!("{} {side}", point.id), doubt_of(record));
        conditions::of_chain(ctx, &point.owner, codes::DOUBTFUL_POINT, subject.clone(), reason.clone());
        news.push(news::of_risk(chain, codes::DOUBTFUL_POINT, &subject, &reason));
    }
    news
}

/// Why a doubtful side is kept.
pub(crate) fn doubt_of(record: &SideRecord) -> String {
    let arn = record.arn.as_deref().unwrap_or_default();
    format!(
        "{arn} came to light after its end, or with another claimant: it is kept until a person asks for its removal"
    )
}

/// A point's record, from a seal of it. A side that nobody has found yet is gone if its flags are, and else lost
/// (the backup) or still wanted (a copy), unless nobody would begin a copy any more.
pub(crate) fn point_record(seal: &Seal, now: Timestamp) -> PointRecord {
    let record = &seal.record;
    let owner = match &record.chain {
        Some(chain) => Owner::Chain(chain.clone()),
        None => Owner::Manual(record.resource.clone(), record.incarnation.clone()),
    };
    let source = record.side(&Side::Regular).map(|sealed| sealed.flags.clone()).unwrap_or_default();
    let sides = record.sides.iter().map(|sealed| {
        let mut side = SideRecord::wanted(sealed.place.clone(), sealed.flags.clone());
        let standing = side.last_expiry().is_none_or(|last| now < last);
        let wanted = retention::copy_wanted_until(&sealed.flags, &source).is_some_and(|until| now < until);
        side.state = match (&sealed.side, standing) {
            (_, false) => SideState::Removed,
            (Side::Regular, true) => SideState::Lost,
            (Side::Copy(_), true) if wanted => SideState::Wanted,
            (Side::Copy(_), true) => SideState::Failed,
        };
        (sealed.side.clone(), side)
    });
    PointRecord {
        id: record.point.clone(),
        owner,
        resource: record.resource.clone(),
        incarnation: record.incarnation.clone(),
        policy: record.policy.clone(),
        revision: record.revision,
        slot: record.slot,
        requested_at: record.requested_at,
        created_before: record.created_before,
        sides: sides.collect(),
        keep_last: record.keep_last.unwrap_or_default(),
        keep_until: record.keep_until,
        not_before: None,
        hold: None,
        seal_revision: seal.revision,
        substituted: record.substituted.iter().copied().collect::<BTreeSet<_>>(),
        configuration: Configuration {
            incarnation: record.incarnation.clone(),
            parts: record.configuration.clone(),
            not_captured: record.not_captured.clone(),
        },
        job: None,
        correlation: None,
    }
}

/// Of the seals that a point's sides bear the latest tells what applies to all of them: whoever sealed the point anew may
/// have stopped in between. What has been found of the point stays found.
fn supersede(point: &mut PointRecord, seal: &Seal, now: Timestamp) {
    let earlier = std::mem::replace(point, point_record(seal, now));
    point.hold = earlier.hold;
    for (side, known) in earlier.sides.into_iter().filter(|(_, known)| known.arn.is_some()) {
        let Some(anew) = point.sides.get_mut(&side) else { continue };
        let flags = std::mem::take(&mut anew.flags);
        *anew = SideRecord { flags, ..known };
        if point.sides.get(&side).is_some_and(|side| point.has_ended(side, now)) {
            doubt(point, &side);
        }
    }
}

/// One side of a point that the ledger did not know was found at AWS. Of several claimants none can be told to be it.
pub(crate) fn found(point: &mut PointRecord, side: &Side, observed: &ObservedPoint, seal: &Seal, now: Timestamp) {
    if seal.revision > point.seal_revision {
        supersede(point, seal, now);
    }
    if seal.held {
        hold::found(point, now);
    }
    match point.sides.get_mut(side).map(|record| (record.arn.clone(), record)) {
        Some((Some(known), record)) if known != observed.arn => {
            record.rivals.insert(observed.arn.clone());
            doubt(point, side);
        }
        Some(_) => there(point, side, observed, now),
        None => {}
    }
    if seal.record.created_before.is_none() {
        doubt(point, side);
    }
}

/// A side of which the ledger did not know that it is there has been found, and its seal opens. Past its end that proves
/// nothing: the true one has been removed then, and what bears its seal may have been given it.
pub(crate) fn there(point: &mut PointRecord, side: &Side, observed: &ObservedPoint, now: Timestamp) {
    let ended = point.sides.get(side).is_some_and(|record| point.has_ended(record, now));
    if let Some(record) = point.sides.get_mut(side) {
        record.is_there(observed, Some(now));
    }
    if ended {
        doubt(point, side);
    }
}

/// What is there is taken in, unproven for good.
fn doubt(point: &mut PointRecord, side: &Side) {
    if let Some(record) = point.sides.get_mut(side) {
        record.doubtful = true;
        record.opened_at = None;
    }
}
