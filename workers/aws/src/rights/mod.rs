//! Roles, and whether they may do what a policy needs: the one that AWS Backup assumes, and whoever runs.
//!
//! Everything is asked of IAM's policy simulator, which does nothing. It knows the policies of a principal, its boundary
//! and its organization's; it does not know those of vaults, keys and buses, so a right that only such a policy gives is
//! told as lacking, and one that only such a policy denies is not seen. Keys are left out for that reason: most are opened
//! by their own policies. What may not be asked is told as not looked at, never as lacking, nor as given.

mod caller;
mod needs;
mod role;
mod simulate;
mod trust;

use chainwright_chain::finding::Obstacle;
use chainwright_contracts::codes;

use crate::error::{Class, SourceError};

pub use caller::of_caller;
pub use role::{BACKUP_POLICIES, of_backup_role, trust_policy};

/// Something of IAM's that may not be looked at: somebody should know, and nothing follows from it.
fn unseen(what: &str, error: SourceError) -> Result<Obstacle, SourceError> {
    match error.class {
        Class::Denied | Class::NotFound | Class::Refused => {
            let wrong = format!("{what} cannot be looked at: {error}");
            Ok(Obstacle::notice(codes::NOT_LOOKED_AT, wrong, "chainwright explain CW0313"))
        }
        Class::Transient | Class::Occupied => Err(error),
    }
}
