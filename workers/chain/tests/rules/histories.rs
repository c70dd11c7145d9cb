//! I3, I4 and I5 over whole histories: policies of every source, with outages, failures, holds and locks, pruned after every
//! slot as the worker prunes.

use std::collections::BTreeMap;

use chainwright_chain::{
    policy::Policy,
    prune::{Chain, ChainPoint, Kind, Lock, Ownership, PointSide, plan},
    retention::{last_expiry, standing},
};
use chainwright_contracts::jobs::Side;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::{at, ireland, policy_of};

/// What a slot came to.
#[derive(Debug, Clone)]
struct Session {
    /// Nothing: all workers were out, or the backup failed for good.
    missed: bool,
    /// The backup is there and its copy failed.
    copy_failed: bool,
    held: bool,
    /// A lock on the regular side, until so many hours after the slot.
    locked: Option<i64>,
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let source = prop::sample::select(vec!["dynamodb", "fsx", "redshift-serverless", "redshift"]);
    (source, 1..6_u32, 1..9_u32, 1..4_u32, prop::bool::ANY).prop_map(|(source, keep, copies, keep_last, weekly)| {
        let weekly =
            if weekly { ", weekly: {at: \"06:00\", on: monday, keep: 2 weeks, keep_copies: 1 week}" } else { "" };
        let vault = if source.starts_with("redshift") { "" } else { ", vault: dr" };
        let schedules = format!("{{daily: {{at: \"06:00\", keep: {keep} days, keep_copies: {copies} days}}{weekly}}}");
        let more = format!("copy_to: {{eu-west-1: {{region: eu-central-1{vault}}}}}\nkeep_last: {keep_last}\n");
        policy_of(source, &schedules, &more)
    })
}

fn any_session() -> impl Strategy<Value = Session> {
    let locked = prop::option::weighted(0.1, 1..400_i64);
    let chance = |chance: f64| prop::bool::weighted(chance);
    (chance(0.3), chance(0.2), chance(0.1), locked).prop_map(|(missed, copy_failed, held, locked)| Session {
        missed,
        copy_failed,
        held,
        locked,
    })
}

/// The point of a slot, if its session made one.
fn point(policy: &Policy, slot: Timestamp, session: &Session) -> Option<ChainPoint<Timestamp>> {
    let mut sides = BTreeMap::new();
    for (side, flags) in policy.sides(&ireland(), slot, &policy.calendar().flags_due(slot)) {
        let regular = side == Side::Regular;
        let until = |hours: i64| Lock::Until(slot + SignedDuration::from_hours(hours));
        let made = PointSide { lock: session.locked.filter(|_| regular).map(until), ..PointSide::good(flags) };
        if regular || !session.copy_failed {
            sides.insert(side, made);
        }
    }
    let keep_last = policy.file().keep_last;
    (!session.missed).then_some(ChainPoint {
        id: slot,
        slot,
        kind: Kind::Chained,
        keep_last,
        held: session.held,
        sides,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_newest_stays_nothing_protected_goes_and_nothing_goes_early_or_stays_for_nothing(
        policy in any_policy(),
        sessions in prop::collection::vec(any_session(), 1..16),
    ) {
        let slots = policy.calendar().slots(at("2026-01-05T00:00:00Z"), Timestamp::MAX);
        let mut chain = Chain { points: Vec::new(), ownership: Ownership::Owned, now: Timestamp::MIN };
        let mut newest: BTreeMap<Side, Timestamp> = BTreeMap::new();
        for (slot, session) in slots.map(|slot| slot.at).zip(&sessions) {
            chain.now = slot;
            if let Some(point) = point(&policy, slot, session) {
                newest.extend(point.sides.keys().map(|side| (side.clone(), slot)));
                chain.points.push(point);
            }
            let removals: Vec<(Timestamp, Side)> =
                plan(&chain).removals().map(|planned| (*planned.id, planned.side.clone())).collect();
            for (id, side) in &removals {
                let point = chain.points.iter().find(|point| point.id == *id).unwrap();
                let state = &point.sides[side];
                prop_assert!(newest.get(side) != Some(id), "I3: the newest of {side} goes");
                let locked = matches!(state.lock, Some(Lock::Until(until)) if slot < until);
                prop_assert!(!point.held && !locked, "I4: {id} {side} is protected");
                prop_assert!(last_expiry(&state.flags).is_none_or(|expiry| expiry <= slot), "I5: {id} {side} goes early");
            }
            for point in &mut chain.points {
                point.sides.retain(|side, _| !removals.contains(&(point.id, side.clone())));
            }
            for (side, id) in &newest {
                let there = chain.points.iter().any(|point| point.id == *id && point.sides.contains_key(side));
                prop_assert!(there, "I3: {side} has lost its newest, {id}");
            }
            for (index, point) in chain.points.iter().enumerate() {
                for (side, state) in &point.sides {
                    let newer = chain.points.iter().skip(index + 1).filter(|other| other.sides.contains_key(side)).count();
                    let outranked = newer >= usize::try_from(policy.file().keep_last).unwrap();
                    let locked = matches!(state.lock, Some(Lock::Until(until)) if slot < until);
                    let free = standing(&state.flags, slot).is_empty() && !point.held && !locked;
                    prop_assert!(!(outranked && free), "I5: {} {side} stays for nothing", point.id);
                }
            }
        }
    }
}
