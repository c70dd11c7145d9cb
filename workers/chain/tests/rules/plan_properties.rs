//! I3, I4 and I5 for chains of every make.

use std::collections::BTreeMap;

use chainwright_chain::{
    prune::{Chain, ChainPoint, Decision, Goodness, Kind, Lock, NotGood, Ownership, PointSide, plan},
    retention::{last_expiry, standing},
};
use chainwright_contracts::{flag::Flag, jobs::Side};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const HOUR: i64 = 3600;

fn any_side() -> impl Strategy<Value = PointSide> {
    let flags = prop::collection::btree_map(prop::sample::select(Flag::ALL.to_vec()), 0..400_i64, 0..4);
    let goodness = prop_oneof![
        6 => Just(Goodness::Good),
        1 => Just(Goodness::NotGood(NotGood::Unfinished)),
        1 => Just(Goodness::NotGood(NotGood::Failed)),
        1 => Just(Goodness::NotGood(NotGood::ServiceExpired)),
        1 => Just(Goodness::NotGood(NotGood::Unproven)),
        1 => Just(Goodness::Lost),
    ];
    let rare = || prop::bool::weighted(0.1);
    let lock = prop_oneof![8 => Just(None), 1 => Just(Some(Lock::Indefinite)), 1 => (0..400_i64).prop_map(|h| Some(Lock::Until(hours(h))))];
    let key = prop::option::of(prop::sample::select(vec!["k1".to_owned(), "k2".to_owned()]));
    (flags, goodness, (rare(), rare(), rare(), rare()), lock, key).prop_map(
        |(flags, goodness, (conflict, copying, restoring, deletion_requested), lock, fsx_key)| {
            let flags = flags.into_iter().map(|(flag, hour)| (flag, hours(hour))).collect();
            PointSide { flags, goodness, conflict, copying, restoring, lock, fsx_key, deletion_requested }
        },
    )
}

fn hours(hours: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + hours * HOUR).unwrap()
}

fn any_chain() -> impl Strategy<Value = Chain<usize>> {
    let kind = prop_oneof![8 => Just(Kind::Chained), 1 => Just(Kind::Manual), 1 => Just(Kind::Foreign), 1 => Just(Kind::Automatic)];
    let point = (kind, 1..4_u32, prop::bool::weighted(0.1), any_side(), prop::option::of(any_side()));
    let ownership =
        prop_oneof![4 => Just(Ownership::Owned), 1 => Just(Ownership::Orphaned), 1 => Just(Ownership::Released)];
    (prop::collection::vec(point, 0..24), ownership, 0..450_i64).prop_map(|(points, ownership, now)| {
        let copy = Side::Copy("eu-central-1".parse().unwrap());
        let point = |(id, (kind, keep_last, held, regular, copied)): (
            usize,
            (Kind, u32, bool, PointSide, Option<PointSide>),
        )| {
            let mut sides = BTreeMap::from([(Side::Regular, regular)]);
            sides.extend(copied.map(|side| (copy.clone(), side)));
            ChainPoint { id, slot: hours(i64::try_from(id).unwrap() * 6), kind, keep_last, held, sides }
        };
        Chain { points: points.into_iter().enumerate().map(point).collect(), ownership, now: hours(now) }
    })
}

/// Whether this side may keep others from being kept, said anew.
fn is_good(point: &ChainPoint<usize>, side: &PointSide) -> bool {
    point.kind == Kind::Chained && side.goodness == Goodness::Good && !side.conflict && !side.flags.is_empty()
}

fn side_of<'c>(chain: &'c Chain<usize>, id: usize, side: &Side) -> (&'c ChainPoint<usize>, &'c PointSide) {
    let point = chain.points.iter().find(|point| point.id == id).unwrap();
    (point, &point.sides[side])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, max_global_rejects: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_point_and_side_gets_one_decision(chain in any_chain()) {
        let plan = plan(&chain);
        let decided: Vec<_> = plan.decisions.iter().map(|planned| (*planned.id, planned.side)).collect();
        let there: Vec<_> = chain.points.iter().flat_map(|point| point.sides.keys().map(|side| (point.id, side))).collect();
        prop_assert_eq!(decided, there);
        for planned in &plan.decisions {
            let groundless = matches!(&planned.decision, Decision::Kept(reasons) if reasons.is_empty());
            prop_assert!(!groundless);
        }
    }

    #[test]
    fn i3_the_newest_good_point_of_a_side_is_never_removed(chain in any_chain()) {
        prop_assume!(chain.ownership != Ownership::Released);
        let plan = plan(&chain);
        for side in [Side::Regular, Side::Copy("eu-central-1".parse().unwrap())] {
            let good = |sound: bool| chain.points.iter().rev().filter_map(|point| Some((point, point.sides.get(&side)?)))
                .filter(|(point, state)| is_good(point, state) && state.deletion_requested != sound).map(|(point, _)| point.id).collect::<Vec<_>>();
            let (sound, doomed) = (good(true), good(false));
            let Some(newest) = sound.first().or(doomed.first()) else { continue };
            let keep_last = usize::try_from(side_of(&chain, *newest, &side).0.keep_last).unwrap();
            for id in sound.iter().chain(&doomed).take(keep_last) {
                let decision = &plan.decisions.iter().find(|planned| planned.id == id && *planned.side == side).unwrap().decision;
                prop_assert!(matches!(decision, Decision::Kept(_)), "{id} {side}: {decision}");
            }
        }
    }

    #[test]
    fn i4_held_locked_unfinished_and_strange_points_are_never_removed(chain in any_chain()) {
        for planned in plan(&chain).removals() {
            let (point, side) = side_of(&chain, *planned.id, planned.side);
            prop_assert_eq!(point.kind, Kind::Chained);
            prop_assert!(!point.held && !side.copying && !side.restoring && !side.conflict);
            let locked = match side.lock {
                None => false,
                Some(Lock::Indefinite) => true,
                Some(Lock::Until(until)) => chain.now < until,
            };
            prop_assert!(!locked);
            let shaky = matches!(side.goodness, Goodness::NotGood(NotGood::Unfinished | NotGood::Unproven) | Goodness::Lost);
            prop_assert!(!shaky);
        }
    }

    #[test]
    fn i5_nothing_is_removed_before_its_expiry(chain in any_chain()) {
        for planned in plan(&chain).removals() {
            let (_, side) = side_of(&chain, *planned.id, planned.side);
            prop_assert!(standing(&side.flags, chain.now).is_empty());
            let Decision::Removed { since } = planned.decision else { unreachable!() };
            prop_assert!(last_expiry(&side.flags).is_none_or(|expiry| expiry <= since));
        }
    }

    #[test]
    fn i5_what_is_expired_and_unprotected_is_removed(chain in any_chain()) {
        let plan = plan(&chain);
        for planned in &plan.decisions {
            let (point, side) = side_of(&chain, *planned.id, planned.side);
            let newer = chain.points.iter().filter(|other| other.slot > point.slot)
                .filter(|other| other.sides.get(planned.side).is_some_and(|state| is_good(other, state) && !state.deletion_requested)).count();
            // No setting in these chains keeps more than three, and none of the newer good ones is under way out.
            let outranked = newer >= 3 || chain.ownership == Ownership::Released || !is_good(point, side);
            let protected = point.kind != Kind::Chained || point.held || side.copying || side.restoring || side.conflict
                || side.fsx_key.is_some() || side.lock.is_some()
                || matches!(side.goodness, Goodness::NotGood(NotGood::Unfinished | NotGood::Unproven) | Goodness::Lost);
            let expired = standing(&side.flags, chain.now).is_empty();
            if outranked && !protected && expired {
                let is_removed = matches!(planned.decision, Decision::Removed { .. });
                prop_assert!(is_removed, "{}", planned.decision);
            }
        }
    }

    #[test]
    fn a_removal_that_was_planned_stays_planned_as_time_goes_on(chain in any_chain(), more in 0..200_i64) {
        let later = Chain { now: chain.now + SignedDuration::from_hours(more), ..chain.clone() };
        let after: Vec<_> = plan(&later).removals().map(|planned| (*planned.id, planned.side.clone())).collect();
        for planned in plan(&chain).removals() {
            prop_assert!(after.contains(&(*planned.id, planned.side.clone())));
        }
    }
}
