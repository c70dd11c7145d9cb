//! Which session is due: the watermark, slots missed in an outage, sessions by hand.
//!
//! A policy's watermark is the newest slot that has been decided on. It starts at the instant at which the policy is
//! applied, unpaused, or its schedule edited, and moves only forward, never past the tick's now. A tick looks at the
//! slots between watermark and now:
//!
//! * none: nothing to do;
//! * one: its session is due;
//! * several: ticks were missing. With `catch_up: newest` one session runs for the newest of them and carries the flags
//!   of all; with `catch_up: none` the older ones are passed over, and the newest runs only while it is not late.

use std::collections::BTreeSet;

use chainwright_contracts::{flag::Flag, policy::CatchUp};
use jiff::{SignedDuration, Timestamp};

use crate::{calendar::Slot, policy::Policy};

/// With `catch_up: none`, how long after its slot a session may still begin after an outage: the start window of its
/// backups.
pub const START_WINDOW: SignedDuration = SignedDuration::from_mins(60);

/// A session to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueSession {
    /// Its slot, from which all its flags expire.
    pub slot: Timestamp,
    /// The flags of its points: due at the slot, and taken over from missed slots.
    pub flags: BTreeSet<Flag>,
    /// Whether it stands for missed slots too.
    pub catch_up: bool,
    /// The older slots that get no session of their own.
    pub missed: Vec<Timestamp>,
    /// What the watermark becomes, in the same conditional write that makes the session.
    pub new_watermark: Timestamp,
}

/// What a tick finds for one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// No slot since the watermark.
    Nothing,
    /// A session.
    Session(DueSession),
    /// Slots that `catch_up: none` passes over: nothing runs, but the watermark moves, and they are reported.
    Passed {
        /// The slots, oldest first.
        missed: Vec<Timestamp>,
        /// What the watermark becomes.
        new_watermark: Timestamp,
    },
}

/// Decides what is due in `(watermark, now]`. Whether the policy is paused is the caller's to ask.
#[must_use]
pub fn due(policy: &Policy, watermark: Timestamp, now: Timestamp) -> Due {
    let nanosecond = SignedDuration::from_nanos(1);
    let from = watermark.saturating_add(nanosecond).unwrap_or(Timestamp::MAX);
    let to = now.saturating_add(nanosecond).unwrap_or(Timestamp::MAX);
    let mut slots: Vec<Slot> = policy.calendar().slots(from, to).collect();
    let Some(newest) = slots.pop() else { return Due::Nothing };
    let mut missed: Vec<Timestamp> = slots.iter().map(|slot| slot.at).collect();
    let new_watermark = newest.at;
    let mut flags = newest.flags;
    let catches_up = policy.file().catch_up == CatchUp::Newest && !missed.is_empty();
    if catches_up {
        flags.extend(slots.into_iter().flat_map(|slot| slot.flags));
    } else if !missed.is_empty() && now.duration_since(new_watermark) > START_WINDOW {
        missed.push(new_watermark);
        return Due::Passed { missed, new_watermark };
    }
    Due::Session(DueSession { slot: new_watermark, flags, catch_up: catches_up, missed, new_watermark })
}

/// The flags of a session for `slot`: those due then, or, where the slot is not one of the policy's (a session by
/// hand), the flag of the most frequent schedule.
#[must_use]
pub fn flags_of(policy: &Policy, slot: Timestamp) -> BTreeSet<Flag> {
    let due = policy.calendar().flags_due(slot);
    if due.is_empty() { BTreeSet::from([policy.most_frequent()]) } else { due }
}
