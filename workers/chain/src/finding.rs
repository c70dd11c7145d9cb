//! What a policy's owner should know although nothing is wrong enough to refuse.

use std::fmt;

use chainwright_contracts::codes::Code;

/// A warning about a policy or about what it meets, with the key or resource that it concerns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The code, whose page says what to do.
    pub code: Code,
    /// The key of the policy, such as `schedules.daily.keep`, or the resource.
    pub about: String,
    /// What is the case, in one sentence without a full stop.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.about, self.text, self.code)
    }
}

/// Something at AWS that stands in the way of a policy or of the hub, found by looking alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obstacle {
    /// The code, whose page says more.
    pub code: Code,
    /// What it means for the work.
    pub weight: Weight,
    /// What is the case, in one sentence without a full stop.
    pub wrong: String,
    /// The command that mends it, or what to change in the policy.
    pub remedy: String,
}

/// What an obstacle means for the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A policy that meets it is not applied.
    Refused,
    /// Something does not work until it is mended.
    Missing,
    /// Somebody should know.
    Notice,
}

impl Obstacle {
    /// What keeps a policy from being applied.
    pub fn refused(code: Code, wrong: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, weight: Weight::Refused, wrong: wrong.into(), remedy: remedy.into() }
    }

    /// What does not work until it is mended.
    pub fn missing(code: Code, wrong: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { weight: Weight::Missing, ..Self::refused(code, wrong, remedy) }
    }

    /// What somebody should know.
    pub fn notice(code: Code, wrong: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { weight: Weight::Notice, ..Self::refused(code, wrong, remedy) }
    }
}

impl Weight {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Missing => "missing",
            Self::Notice => "notice",
        }
    }
}
