//! What Redshift Serverless's documentation leaves open.

use serde::{Deserialize, Serialize};

/// What Redshift Serverless may do or not, for its documentation does not say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ServerlessSwitches {
    /// A copy in another Region carries its snapshot's tags.
    pub copies_carry_tags: bool,
    /// A copy keeps the creation time of its source; otherwise it is dated by when it shows.
    pub copies_keep_creation: bool,
    /// A snapshot that is being copied cannot be deleted.
    pub copying_protects: bool,
    /// A recovery point that became a snapshot is announced as a snapshot is.
    pub conversion_announced: bool,
    /// Events put what they are about into members; otherwise there is only a message.
    pub detailed_events: bool,
    /// How many snapshots an account may have in a Region; only that there may be a quota is documented.
    pub snapshot_quota: usize,
}

impl Default for ServerlessSwitches {
    fn default() -> Self {
        Self {
            copies_carry_tags: false,
            copies_keep_creation: true,
            copying_protects: true,
            conversion_announced: true,
            detailed_events: true,
            snapshot_quota: 700,
        }
    }
}

impl ServerlessSwitches {
    pub(crate) fn draw(rng: &mut fastrand::Rng) -> Self {
        Self {
            copies_carry_tags: rng.bool(),
            copies_keep_creation: rng.bool(),
            copying_protects: rng.bool(),
            conversion_announced: rng.bool(),
            detailed_events: rng.bool(),
            snapshot_quota: 700,
        }
    }
}
