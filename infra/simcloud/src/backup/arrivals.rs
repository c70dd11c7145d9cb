//! How many copies may be on their way to one Region of an account ("AWS Backup quotas"). The quota of a hundred is for
//! what AWS Backup manages fully; FSx's own is five (FSx API reference, CopyBackup), which is taken to bind copies by
//! AWS Backup too, though that is not documented.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::resources::{FSX, ResourceType};

const MAX_COPIES: usize = 100;
/// How many more per vault once those are used.
const MAX_MORE_PER_VAULT: usize = 5;
const MAX_FSX_COPIES: usize = 5;

/// The copies on their way.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Arrivals {
    /// Within the Region's quota.
    regular: usize,
    /// Beyond it, by vault.
    extra: BTreeMap<String, usize>,
    fsx: usize,
}

/// What a copy is counted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Berth {
    Regular,
    Extra,
    Fsx,
}

impl Arrivals {
    /// Counts a copy to a vault, if there is room for it.
    pub(super) fn take(&mut self, kind: ResourceType, vault: &str) -> Option<Berth> {
        if kind == FSX {
            return claim(&mut self.fsx, MAX_FSX_COPIES).then_some(Berth::Fsx);
        }
        if claim(&mut self.regular, MAX_COPIES) {
            return Some(Berth::Regular);
        }
        claim(self.extra.entry(vault.to_owned()).or_default(), MAX_MORE_PER_VAULT).then_some(Berth::Extra)
    }

    /// Frees what a copy to a vault was counted against.
    pub(super) fn release(&mut self, berth: Berth, vault: &str) {
        let count = match berth {
            Berth::Regular => Some(&mut self.regular),
            Berth::Extra => self.extra.get_mut(vault),
            Berth::Fsx => Some(&mut self.fsx),
        };
        if let Some(count) = count {
            *count = count.saturating_sub(1);
        }
    }
}

fn claim(count: &mut usize, most: usize) -> bool {
    let free = *count < most;
    *count += usize::from(free);
    free
}
