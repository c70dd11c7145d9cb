//! A policy as the rules use it: the file, its calendar compiled, and what its owner should be warned of.

mod findings;

use std::collections::BTreeMap;

use chainwright_contracts::{
    flag::Flag,
    policy::{Keeps, PolicyFile},
};

pub use self::findings::Harmony;
use crate::calendar::Calendar;

/// A valid policy with its calendar.
#[derive(Debug, Clone)]
pub struct Policy {
    file: PolicyFile,
    calendar: Calendar,
    keeps: BTreeMap<Flag, Keeps>,
}

impl Policy {
    /// Compiles a policy file. A `PolicyFile` is valid by construction, so nothing can fail.
    #[must_use]
    pub fn new(file: PolicyFile) -> Self {
        let calendar = Calendar::new(&file.schedules, file.time_zone.zone().clone());
        let keeps = file.schedules.keeps();
        Self { file, calendar, keeps }
    }

    /// The file.
    #[must_use]
    pub const fn file(&self) -> &PolicyFile {
        &self.file
    }

    /// When its schedules fall due.
    #[must_use]
    pub const fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// How long each schedule's flag stands.
    #[must_use]
    pub const fn keeps(&self) -> &BTreeMap<Flag, Keeps> {
        &self.keeps
    }

    /// The flag of the most frequent schedule: what a point carries that no schedule asked for.
    #[must_use]
    pub fn most_frequent(&self) -> Flag {
        // A policy has a schedule by the rules of the file.
        self.keeps.keys().next().copied().unwrap_or(Flag::Daily)
    }
}
