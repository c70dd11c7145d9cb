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
