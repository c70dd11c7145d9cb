//! Flags: which of a policy's schedules a restore point stands for.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A schedule of a policy, and the mark that a point carries when that schedule fell due at its slot.
///
/// A point may carry several, each with its own expiry. The order is that of frequency, the most frequent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Flag {
    /// The daily schedule.
    Daily,
    /// The weekly schedule.
    Weekly,
    /// The monthly schedule.
    Monthly,
    /// The yearly schedule.
    Yearly,
}

impl Flag {
    /// Every flag, the most frequent first.
    pub const ALL: [Self; 4] = [Self::Daily, Self::Weekly, Self::Monthly, Self::Yearly];

    /// The flag's name, as in policy files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_written_as_it_is_displayed_and_sorted_by_frequency() {
        for flag in Flag::ALL {
            assert_eq!(serde_json::to_string(&flag).unwrap(), format!("\"{flag}\""));
        }
        assert!(Flag::ALL.is_sorted());
    }
}
