//! Who a point belongs to.

use std::fmt;

use chainwright_contracts::{
    arn::Arn,
    ids::{ChainId, Incarnation},
};
use serde::{Deserialize, Serialize};

/// A chain, or the manual points of one incarnation of a resource. Everything that could race over an owner's points
/// goes through the version of its record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The chain of a resource under a policy.
    Chain(ChainId),
    /// The manual points of a resource.
    Manual(Arn, Incarnation),
}

impl Owner {
    /// The chain, where the points have one.
    #[must_use]
    pub fn chain(&self) -> Option<&ChainId> {
        match self {
            Self::Chain(chain) => Some(chain),
            Self::Manual(..) => None,
        }
    }
}

/// The owner as a ledger key writes it.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain(chain) => write!(f, "chain#{chain}"),
            Self::Manual(resource, incarnation) => write!(f, "manual#{resource}#{incarnation}"),
        }
    }
}
