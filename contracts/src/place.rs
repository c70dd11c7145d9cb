//! Where one side of a point is kept.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::{AccountId, Region};

/// Account, Region and, for what AWS Backup keeps, the vault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The account that owns the point.
    pub account: AccountId,
    /// The Region it lies in.
    pub region: Region,
    /// The backup vault; none for Redshift snapshots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)?;
        self.vault.as_ref().map_or(Ok(()), |vault| write!(f, "/{vault}"))
    }
}
