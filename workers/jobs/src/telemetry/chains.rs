//! How fresh chains are, and whether policies still run.
//!
//! Any worker may come by any chain, and no worker sees all that the others did. So what is kept here is the newest that
//! this worker has seen, and what is reported is how old that is by now: ages grow while nobody looks, and the smallest
//! that any worker reports is the true one. What has not been seen for two days is forgotten.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_smithy_async::time::SharedTimeSource;
use chainwright_chain::{
    retention,
    state::{ChainRecord, PolicyHead},
};
use chainwright_contracts::{
    ids::ChainId,
    jobs::Side,
    policy::{Age, PolicyName},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use opentelemetry::{KeyValue, metrics::Meter};

use super::names;

const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(48);

/// Values with their attributes.
type Observed = Vec<(f64, Vec<KeyValue>)>;

/// What this worker has seen.
pub(crate) struct Chains {
    clock: SharedTimeSource,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    chains: BTreeMap<ChainId, Chain>,
    policies: BTreeMap<PolicyName, Policy>,
}

struct Chain {
    attributes: Vec<KeyValue>,
    /// The newest slot of which each side has a good point.
    newest: BTreeMap<Side, Timestamp>,
    rpo: Option<Age>,
    seen_at: Timestamp,
}

struct Policy {
    next_slot: Option<Timestamp>,
    seen_at: Timestamp,
}

impl Chains {
    pub(super) fn observed(meter: &Meter, clock: SharedTimeSource) -> Arc<Self> {
        let chains = Arc::new(Self { clock, seen: Mutex::default() });
        let gauge = |name, what: &'static str, unit: &'static str, read: fn(&Self) -> Observed| {
            let chains = Arc::clone(&chains);
            let gauge = meter.f64_observable_gauge(name).with_description(what).with_unit(unit);
            let observing = gauge.with_callback(move |observer| {
                read(&chains).iter().for_each(|(value, attributes)| observer.observe(*value, attributes));
            });
            observing.build();
        };
        gauge(names::NEWEST_AGE, "How old a chain's newest good point is.", "s", Self::ages);
        gauge(names::RPO_RATIO, "The age of the newest point as a share of the policy's RPO.", "1", Self::ratios);
        gauge(names::COPY_LAG, "By how much the newest copy is older than the newest point.", "s", Self::lags);
        gauge(names::OVERDUE, "For how long a policy's next session has been overdue.", "s", Self::overdue);
        chains
    }

    /// A chain has been looked at as a whole.
    pub(crate) fn saw(&self, chain: &ChainRecord, newest: BTreeMap<Side, Timestamp>) {
        let Some(id) = chain.owner.chain() else { return };
        let attributes = attributes(id, chain);
        let seen = Chain { attributes, newest, rpo: chain.rpo, seen_at: self.now() };
        self.lock().chains.insert(id.clone(), seen);
    }

    /// A point of a chain has become available on a side.
    pub(crate) fn arrived(&self, chain: &ChainRecord, side: &Side, slot: Timestamp) {
        let Some(id) = chain.owner.chain() else { return };
        let now = self.now();
        let mut seen = self.lock();
        let known = seen.chains.entry(id.clone()).or_insert_with(|| Chain {
            attributes: attributes(id, chain),
            newest: BTreeMap::new(),
            rpo: chain.rpo,
            seen_at: now,
        });
        let newest = known.newest.entry(side.clone()).or_insert(slot);
        *newest = slot.max(*newest);
        known.seen_at = now;
    }

    /// A policy's watermark has been looked at.
    pub(crate) fn policy(&self, head: &PolicyHead) {
        let next_slot = head.next_slot.filter(|_| !head.paused);
        self.lock().policies.insert(head.name.clone(), Policy { next_slot, seen_at: self.now() });
    }

    fn ages(&self) -> Observed {
        let now = self.now();
        self.each(|chain| {
            let ages = chain.newest.iter().map(|(side, slot)| (seconds(now.duration_since(*slot)), side));
            ages.map(|(age, side)| (age, on(&chain.attributes, side))).collect()
        })
    }

    fn ratios(&self) -> Observed {
        let now = self.now();
        self.each(|chain| {
            let ratio = chain.newest.get(&Side::Regular).zip(chain.rpo).map(|(slot, rpo)| {
                let allowed = retention::later(&TimeZone::UTC, *slot, rpo).duration_since(*slot);
                seconds(now.duration_since(*slot)) / seconds(allowed).max(1.0)
            });
            ratio.map(|ratio| (ratio, on(&chain.attributes, &Side::Regular))).into_iter().collect()
        })
    }

    fn lags(&self) -> Observed {
        self.each(|chain| {
            let Some(regular) = chain.newest.get(&Side::Regular) else { return Vec::new() };
            let copies = chain.newest.iter().filter(|(side, _)| **side != Side::Regular);
            copies.map(|(side, slot)| (seconds(regular.duration_since(*slot)), on(&chain.attributes, side))).collect()
        })
    }

    fn overdue(&self) -> Observed {
        let now = self.now();
        let mut seen = self.lock();
        seen.policies.retain(|_, policy| now.duration_since(policy.seen_at) < FORGOTTEN_AFTER);
        let overdue = |policy: &Policy| policy.next_slot.map_or(SignedDuration::ZERO, |next| now.duration_since(next));
        let each = seen
            .policies
            .iter()
            .map(|(name, policy)| (seconds(overdue(policy)), vec![KeyValue::new(names::POLICY, name.to_string())]));
        each.collect()
    }

    fn each(&self, read: impl Fn(&Chain) -> Observed) -> Observed {
        let now = self.now();
        let mut seen = self.lock();
        seen.chains.retain(|_, chain| now.duration_since(chain.seen_at) < FORGOTTEN_AFTER);
        seen.chains.values().flat_map(read).collect()
    }

    fn now(&self) -> Timestamp {
        Timestamp::try_from(self.clock.now()).unwrap_or(Timestamp::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn attributes(id: &ChainId, chain: &ChainRecord) -> Vec<KeyValue> {
    let mut attributes =
        vec![KeyValue::new(names::CHAIN, id.to_string()), KeyValue::new(names::RESOURCE, chain.resource.to_string())];
    attributes.extend(chain.policy.as_ref().map(|policy| KeyValue::new(names::POLICY, policy.to_string())));
    attributes
}

fn on(attributes: &[KeyValue], side: &Side) -> Vec<KeyValue> {
    attributes.iter().cloned().chain([KeyValue::new(names::SIDE, side.to_string())]).collect()
}

fn seconds(duration: SignedDuration) -> f64 {
    duration.max(SignedDuration::ZERO).as_secs_f64()
}
