//! The plan as the cloud's owner sees it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::gate::{Gate, GatePoint};
use super::rule::{CallMatcher, FaultRule};
use super::{Entry, Faults};
use crate::cloud::Inner;

/// Names a rule of one cloud's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FaultId(usize);

/// A rule and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleView {
    /// Its id.
    pub id: FaultId,
    /// What happens to whom.
    pub rule: FaultRule,
    /// How often it could have fired.
    pub seen: u64,
    /// How often it did.
    pub fired: u64,
    /// Whether it was ended.
    pub ended: bool,
}

/// The fault plan of a running cloud; changes take effect with the next call, event or job.
#[derive(Clone)]
pub struct FaultPlan {
    cloud: Arc<Inner>,
}

impl FaultPlan {
    pub(crate) fn new(cloud: Arc<Inner>) -> Self {
        Self { cloud }
    }

    /// Adds a rule behind the others.
    pub fn add(&self, rule: FaultRule) -> FaultId {
        self.with(|faults| {
            faults.rules.push(Entry { rule, seen: 0, fired: 0, removed: false });
            FaultId(faults.rules.len() - 1)
        })
    }

    /// Ends a rule. Its count stays.
    pub fn remove(&self, id: FaultId) {
        self.with(|faults| {
            if let Some(entry) = faults.rules.get_mut(id.0) {
                entry.removed = true;
            }
        });
    }

    /// Ends all rules. Their counts stay.
    pub fn clear(&self) {
        self.with(|faults| faults.rules.iter_mut().for_each(|entry| entry.removed = true));
    }

    /// How often a rule has fired.
    #[must_use]
    pub fn fired(&self, id: FaultId) -> u64 {
        self.with(|faults| faults.rules.get(id.0).map_or(0, |entry| entry.fired))
    }

    /// How often each rule has fired, the ended ones included.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<FaultId, u64> {
        self.with(|faults| faults.rules.iter().enumerate().map(|(id, entry)| (FaultId(id), entry.fired)).collect())
    }

    /// Every rule so far, the ended ones included.
    #[must_use]
    pub fn rules(&self) -> Vec<RuleView> {
        let view = |(id, entry): (usize, &Entry)| RuleView {
            id: FaultId(id),
            rule: entry.rule.clone(),
            seen: entry.seen,
            fired: entry.fired,
            ended: entry.removed,
        };
        self.with(|faults| faults.rules.iter().enumerate().map(view).collect())
    }

    /// Stops the next call that fits.
    #[must_use]
    pub fn gate(&self, on: CallMatcher, point: GatePoint) -> Gate {
        let (gate, handle) = Gate::pair();
        self.with(|faults| faults.gates.push((on, point, handle)));
        gate
    }

    fn with<T>(&self, act: impl FnOnce(&mut Faults) -> T) -> T {
        act(&mut self.cloud.world().faults)
    }
}
