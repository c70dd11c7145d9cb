//! What makes a struct a job.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

/// A queue's name without prefix: `sessions`, not `chainwright-sessions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueName(&'static str);

impl QueueName {
    /// Names a queue. The name is a constant of the program, so nothing is checked here.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name as text.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A message that is a job: the struct is the data, the constants say what it is called and where it waits.
///
/// The struct derives both serde traits and carries `#[serde(deny_unknown_fields)]`. None of its members may bear a
/// name of the envelope's ([`crate::MEMBERS`]); a job without members is written `struct Tick {}`.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The value of the member `kind`, unique in the program.
    const KIND: &'static str;
    /// The queue on which this kind waits.
    const QUEUE: QueueName;
}
