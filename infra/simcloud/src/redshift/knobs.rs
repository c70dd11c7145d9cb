//! What Redshift's documentation leaves open.

use serde::{Deserialize, Serialize};

/// What Redshift may do or not, for its documentation does not say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct RedshiftSwitches {
    /// A copy in another Region carries its snapshot's tags.
    pub copies_carry_tags: bool,
    /// A copy keeps the creation time of its source; otherwise it is dated by when it shows.
    pub copies_keep_creation: bool,
    /// A snapshot that is being copied cannot be deleted.
    pub copying_protects: bool,
    /// A copy's completion is announced; the event is in an older list of events alone.
    pub copies_announced: bool,
    /// Notifications name the event by a link, and what it is about as `Resource`; otherwise by `Event ID` and
    /// `SourceId`, as older ones did.
    pub linked_notifications: bool,
    /// Snapshots are listed by the name of a cluster that is not there only where the request says that it is not
    /// (`ClusterExists`); otherwise the cluster is not found.
    pub gone_clusters_unknown: bool,
}

impl Default for RedshiftSwitches {
    fn default() -> Self {
        Self {
            copies_carry_tags: false,
            copies_keep_creation: true,
            copying_protects: true,
            copies_announced: true,
            linked_notifications: true,
            gone_clusters_unknown: false,
        }
    }
}

impl RedshiftSwitches {
    pub(crate) fn draw(rng: &mut fastrand::Rng) -> Self {
        Self {
            copies_carry_tags: rng.bool(),
            copies_keep_creation: rng.bool(),
            copying_protects: rng.bool(),
            copies_announced: rng.bool(),
            linked_notifications: rng.bool(),
            gone_clusters_unknown: rng.bool(),
        }
    }
}
