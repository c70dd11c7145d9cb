//! Warnings about a valid policy, found by looking at the slots it will have.
//!
//! Slots are looked at over a fixed stretch of four years with a leap day in it, not from now: the same policy has the
//! same warnings whenever and wherever it is judged.

use std::collections::BTreeSet;

use chainwright_contracts::{
    codes::Code,
    flag::Flag,
    policy::{Period, SourceKind, Unit},
};
use jiff::{Timestamp, civil::date};

use super::Policy;
use crate::{
    calendar::{Slot, instant},
    finding::Finding,
    retention::later,
};

/// The schedules cannot meet the `rpo`.
const RPO_UNREACHABLE: Code = Code::new(251);
/// An FSx period under a week.
const SHORT_FSX_PERIOD: Code = Code::new(252);
/// A Region without a copy target.
const NOT_COPIED: Code = Code::new(253);
/// Slots of a schedule that no more frequent one shares.
const NOT_HARMONIZED: Code = Code::new(254);

/// How the slots of one schedule meet those of the more frequent ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harmony {
    /// The schedule.
    pub flag: Flag,
    /// The more frequent schedules that it shares at least one slot with.
    pub with: BTreeSet<Flag>,
    /// Its slots in the stretch that was looked at.
    pub slots: usize,
    /// How many of them are shared: one point carries both flags.
    pub shared: usize,
    /// The first slot that is not shared and so makes a point of its own.
    pub first_alone: Option<Timestamp>,
}

impl Policy {
    /// What the policy's owner should know: an `rpo` out of reach, short FSx periods, Regions copied nowhere, schedules
    /// that do not harmonize.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<_> = self.rpo_finding().into_iter().collect();
        findings.extend(self.short_periods());
        findings.extend(self.uncopied_regions());
        findings.extend(self.harmony().iter().filter_map(not_harmonized));
        findings
    }

    /// For every schedule but the most frequent: whether its slots make one point with those of more frequent ones.
    #[must_use]
    pub fn harmony(&self) -> Vec<Harmony> {
        let slots: Vec<Slot> = self.sample().collect();
        self.keeps().keys().skip(1).map(|flag| harmony_of(*flag, &slots)).collect()
    }

    /// The slots of 2026 to 2029: every month in every position of the week that matters, and February 29, 2028.
    fn sample(&self) -> impl Iterator<Item = Slot> {
        let zone = self.calendar().zone();
        let midnight = |year| instant(zone, date(year, 1, 1).at(0, 0, 0, 0));
        let from = midnight(2026).unwrap_or(Timestamp::UNIX_EPOCH);
        self.calendar().slots(from, midnight(2030).unwrap_or(Timestamp::MAX))
    }

    fn rpo_finding(&self) -> Option<Finding> {
        let rpo = self.file().rpo?;
        let zone = self.calendar().zone();
        let mut before: Option<Timestamp> = None;
        let mut worst: Option<(Timestamp, Timestamp)> = None;
        for slot in self.sample() {
            if let Some(start) = before
                && later(zone, start, rpo) < slot.at
                && worst.is_none_or(|(from, to)| slot.at.duration_since(start) > to.duration_since(from))
            {
                worst = Some((start, slot.at));
            }
            before = Some(slot.at);
        }
        let (from, to) = worst?;
        let text = format!("no slot falls between {from} and {to}, which is longer than {rpo}");
        Some(Finding { code: RPO_UNREACHABLE, about: "rpo".to_owned(), text })
    }

    fn short_periods(&self) -> Vec<Finding> {
        if self.file().source != SourceKind::Fsx {
            return Vec::new();
        }
        let mut findings = Vec::new();
        for (flag, keeps) in self.keeps() {
            let periods = [("keep", Some(keeps.regular)), ("keep_copies", keeps.copies)];
            for (key, period) in periods.into_iter().filter_map(|(key, period)| Some((key, period?))) {
                if is_under_a_week(period) {
                    let text = format!("{period} is shorter than a week, and FSx backups may become full again");
                    findings.push(Finding { code: SHORT_FSX_PERIOD, about: format!("schedules.{flag}.{key}"), text });
                }
            }
        }
        findings
    }

    fn uncopied_regions(&self) -> Vec<Finding> {
        let file = self.file();
        let uncopied =
            file.regions.iter().filter(|region| !file.copy_to.is_empty() && !file.copy_to.contains_key(region));
        uncopied
            .map(|region| Finding {
                code: NOT_COPIED,
                about: "copy_to".to_owned(),
                text: format!("points of {region} are copied nowhere"),
            })
            .collect()
    }
}

fn is_under_a_week(period: Period) -> bool {
    period.unit() == Unit::Day && period.n() < 7
}

fn harmony_of(flag: Flag, slots: &[Slot]) -> Harmony {
    let mut harmony = Harmony { flag, with: BTreeSet::new(), slots: 0, shared: 0, first_alone: None };
    for slot in slots.iter().filter(|slot| slot.flags.contains(&flag)) {
        harmony.slots += 1;
        let more_frequent: Vec<Flag> = slot.flags.iter().copied().filter(|other| *other < flag).collect();
        if more_frequent.is_empty() {
            harmony.first_alone.get_or_insert(slot.at);
        } else {
            harmony.shared += 1;
            harmony.with.extend(more_frequent);
        }
    }
    harmony
}

fn not_harmonized(harmony: &Harmony) -> Option<Finding> {
    let alone = harmony.first_alone?;
    let flag = harmony.flag;
    let text = if harmony.shared == 0 {
        format!(
            "no slot falls on a slot of a more frequent schedule; each makes a point of its own, the first of 2026 to \
             2029 at {alone}"
        )
    } else {
        let with: Vec<_> = harmony.with.iter().map(|flag| flag.name()).collect();
        format!(
            "of the {} slots in 2026 to 2029, {} fall on no slot of a more frequent schedule and make points of their \
             own, the first at {alone}; the others fall on slots of {}",
            harmony.slots,
            harmony.slots - harmony.shared,
            with.join(", ")
        )
    };
    Some(Finding { code: NOT_HARMONIZED, about: format!("schedules.{flag}"), text })
}
