//! What a chain remembers of strangers, and how fresh it is.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_chain::{
    exchange::Configuration,
    state::{ChainRecord, MOST_STRANGERS, MOST_SUSPECTS, Owner, PointRecord, SideRecord, SideState, freshness},
};
use chainwright_contracts::{
    flag::Flag,
    ids::{ChainId, Incarnation, PointId},
    jobs::Side,
    place::Place,
    policy::SourceKind,
};
use jiff::SignedDuration;

use super::at;

const ORDERS: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";

fn chain() -> ChainRecord {
    let incarnation = Incarnation("t-1".into());
    let resource = ORDERS.parse().unwrap();
    ChainRecord {
        owner: Owner::Chain(ChainId::of(&resource, &incarnation, "p")),
        source: SourceKind::Dynamodb,
        resource,
        incarnation,
        policy: None,
        places: BTreeSet::new(),
        waiting: BTreeMap::new(),
        orphaned: None,
        released: false,
        next_reconcile: Some(at("2026-01-05T12:00:00Z")),
        strangers: BTreeSet::new(),
        suspects: BTreeMap::new(),
        comparisons: 0,
        rpo: Some("1 day".parse().unwrap()),
        fresh_from: Some(at("2026-01-05T06:00:00Z")),
        at_risk: None,
        reconciled_at: None,
    }
}

#[test]
fn however_many_strangers_there_are_the_record_stays_small() {
    let mut chain = chain();
    let arn = |n: usize| format!("arn:aws:dynamodb:eu-west-1:111122223333:table/orders/backup/01767592800000-{n:08}");
    for n in 0..2 * MOST_STRANGERS {
        if n % 2 == 0 {
            chain.met_stranger(&arn(n));
        } else {
            chain.met_suspect(&arn(n), &"why ".repeat(1000));
        }
    }
    assert_eq!((chain.strangers.len(), chain.suspects.len()), (MOST_STRANGERS, MOST_SUSPECTS));
    let bytes = serde_json::to_string(&chain).unwrap().len();
    assert!(bytes < 120_000, "{bytes}");
    assert!(chain.is_stranger(&arn(0)) && !chain.is_stranger(&arn(2 * MOST_STRANGERS)));
    // What is not listed any more makes room.
    let listed = [arn(0), arn(1), arn(9_999)];
    chain.forget_strangers(listed.iter().map(String::as_str));
    assert!(chain.is_stranger(&arn(0)) && chain.is_stranger(&arn(1)) && !chain.is_stranger(&arn(9_999)));
    assert_eq!((chain.strangers.len(), chain.suspects.keys().cloned().collect::<Vec<_>>()), (2, vec![arn(1)]));
}

#[test]
fn a_chain_is_at_risk_from_the_instant_at_which_its_newest_point_is_too_old() {
    let mut chain = chain();
    assert!(!chain.judge_freshness(None, at("2026-01-06T05:59:59Z")));
    assert_eq!((chain.at_risk, chain.next_reconcile), (None, Some(at("2026-01-05T12:00:00Z"))));
    chain.next_reconcile = Some(at("2026-01-06T12:00:00Z"));
    assert!(!chain.judge_freshness(None, at("2026-01-06T05:59:59Z")));
    assert_eq!(chain.next_reconcile, Some(at("2026-01-06T06:00:00Z")), "the instant itself is looked at");
    assert!(chain.judge_freshness(None, at("2026-01-06T06:00:00Z")));
    assert!(!chain.judge_freshness(None, at("2026-01-06T07:00:00Z")), "it is told once");
    assert_eq!(chain.at_risk, Some(at("2026-01-06T06:00:00Z")));
    assert!(!chain.judge_freshness(Some(at("2026-01-06T06:00:00Z")), at("2026-01-06T07:00:00Z")));
    assert_eq!(chain.at_risk, None);
    chain.rpo = None;
    assert!(!chain.judge_freshness(None, at("2027-01-06T07:00:00Z")));
}

fn point(slot: &str, states: [SideState; 2]) -> PointRecord {
    let chain = chain();
    let slot = at(slot);
    let [regular, copy] = states.map(|state| {
        let (account, region) = ("111122223333".parse().unwrap(), "eu-west-1".parse().unwrap());
        let place = Place { account, region, vault: None };
        let mut side = SideRecord::wanted(place, BTreeMap::from([(Flag::Daily, at("2026-02-01T00:00:00Z"))]));
        side.state = state;
        side.opened_at = Some(slot);
        side
    });
    PointRecord {
        id: PointId::of_slot(chain.owner.chain().unwrap(), slot),
        owner: chain.owner,
        resource: chain.resource,
        incarnation: chain.incarnation.clone(),
        policy: None,
        revision: None,
        slot,
        requested_at: slot,
        created_before: None,
        sides: BTreeMap::from([(Side::Regular, regular), (away(), copy)]),
        keep_last: 1,
        keep_until: None,
        not_before: None,
        hold: None,
        seal_revision: 0,
        substituted: BTreeSet::new(),
        configuration: Configuration { incarnation: chain.incarnation, parts: Vec::new(), not_captured: Vec::new() },
        job: None,
        correlation: None,
    }
}

fn away() -> Side {
    Side::Copy("eu-central-1".parse().unwrap())
}

#[test]
fn freshness_is_that_of_the_newest_good_point_of_each_side() {
    use SideState::{Available, Failed, Wanted};
    let mut unproven = point("2026-01-09T06:00:00Z", [Available, Wanted]);
    unproven.sides.get_mut(&Side::Regular).unwrap().opened_at = None;
    let points = [
        point("2026-01-06T06:00:00Z", [Available, Available]),
        point("2026-01-08T06:00:00Z", [Available, Wanted]),
        point("2026-01-07T06:00:00Z", [Failed, Failed]),
        unproven,
    ];
    let fresh = freshness(&points, at("2026-01-09T12:00:00Z"));
    assert_eq!(fresh.newest_point, Some(at("2026-01-08T06:00:00Z")));
    assert_eq!(fresh.newest_point_age, Some(SignedDuration::from_hours(30)));
    assert_eq!(fresh.newest_copy_age, BTreeMap::from([(away(), Some(SignedDuration::from_hours(78)))]));
    assert_eq!(fresh.copy_lag(&away()), Some(SignedDuration::from_hours(48)));
    let none = freshness(&points[2..3], at("2026-01-09T12:00:00Z"));
    assert_eq!((none.newest_point_age, none.copy_lag(&away())), (None, None));
    assert_eq!(none.newest_copy_age, BTreeMap::from([(away(), None)]));
}
