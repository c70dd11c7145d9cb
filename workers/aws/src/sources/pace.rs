//! Whether sessions leave the time that backups take: by what the last week's took.

use std::collections::BTreeMap;

use chainwright_chain::{finding::Obstacle, policy::Policy};
use chainwright_contracts::codes;
use jiff::{SignedDuration, Timestamp};

/// How far back the time that backups take is looked at.
pub(super) const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many slots ahead the shortest time between two of them is looked for.
const SLOTS_AHEAD: usize = 400;

/// How long backups and copies took at most, by resource.
#[derive(Debug, Default)]
pub(super) struct Took {
    by_resource: BTreeMap<String, [SignedDuration; 2]>,
}

impl Took {
    /// Takes in how long a backup took.
    pub(super) fn backup(&mut self, resource: &str, took: SignedDuration) {
        self.longest(resource, 0, took);
    }

    /// Takes in how long a copy took.
    pub(super) fn copy(&mut self, resource: &str, took: SignedDuration) {
        self.longest(resource, 1, took);
    }

    fn longest(&mut self, resource: &str, which: usize, took: SignedDuration) {
        let known = self.by_resource.entry(resource.to_owned()).or_default();
        if let Some(longest) = known.get_mut(which) {
            *longest = took.max(*longest);
        }
    }

    /// The finding where two sessions to come are closer than the slowest resource's backup with its copy took.
    pub(super) fn too_slow(&self, policy: &Policy, now: Timestamp) -> Option<Obstacle> {
        let both = |[backup, copy]: &[SignedDuration; 2]| backup.saturating_add(*copy);
        let (slowest, longest) =
            self.by_resource.iter().map(|(name, took)| (name, both(took))).max_by_key(|(_, took)| *took)?;
        let gap = shortest_gap(policy, now).filter(|gap| *gap < longest)?;
        let name = &policy.file().policy;
        let wrong = format!(
            "policy {name} has sessions {gap:#} apart, and a backup with its copy took {longest:#} of {slowest}"
        );
        Some(Obstacle::notice(codes::TOO_FREQUENT, wrong, "more time between two slots of `schedules`"))
    }
}

/// The shortest time between two sessions that are to come.
fn shortest_gap(policy: &Policy, now: Timestamp) -> Option<SignedDuration> {
    let slots: Vec<_> = policy.calendar().slots(now, Timestamp::MAX).take(SLOTS_AHEAD).map(|slot| slot.at).collect();
    let later = slots.iter().skip(1);
    slots.iter().zip(later).map(|(from, to)| to.duration_since(*from)).min()
}

/// Since when what is remembered counts.
pub(super) fn since(now: Timestamp) -> Timestamp {
    now.checked_sub(LOOKED_BACK).unwrap_or(now)
}
