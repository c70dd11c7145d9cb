//! What of Redshift's behaviour can be set: how long things take, and what its documentation leaves open.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::pace::Span;

/// How long Redshift takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RedshiftPace {
    /// Until a new, changed or deleted cluster has reached its next state.
    #[serde(with = "crate::pace::text")]
    pub change: Duration,
    /// A snapshot, from its request to its end.
    pub snapshot: Span,
    /// A copy, from the snapshot's end to its own; in the second half it shows in its destination.
    pub copy: Span,
    /// How long a deleted snapshot still shows, as `deleted`.
    pub delete: Span,
    /// A restore into a new cluster, or of a table.
    pub restore: Span,
}

impl Default for RedshiftPace {
    /// Minutes; no figures are documented.
    fn default() -> Self {
        let minutes = |least, most| Span::new(Duration::from_mins(least), Duration::from_mins(most));
        Self {
            change: Duration::from_mins(5),
            snapshot: minutes(2, 15),
            copy: minutes(5, 40),
            delete: minutes(0, 5),
            restore: minutes(10, 40),
        }
    }
}

impl RedshiftPace {
    pub(crate) fn fast() -> Self {
        let millis = |least, most| Span::new(Duration::from_millis(least), Duration::from_millis(most));
        Self {
            change: Duration::from_millis(300),
            snapshot: millis(200, 1_000),
            copy: millis(200, 1_500),
            delete: millis(0, 500),
            restore: millis(500, 2_000),
        }
    }

    pub(crate) fn instant() -> Self {
        let none = Span::ZERO;
        Self { change: Duration::ZERO, snapshot: none, copy: none, delete: none, restore: none }
    }
}

/// What Redshift may do or not, for its documentation does not say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct RedshiftSwitches {
    /// A copy in another Region carries its snapshot's tags.
    pub copies_carry_tags: bool,
    /// A snapshot that is being copied cannot be deleted.
    pub copying_protects: bool,
    /// A copy's completion is announced; the event is in an older list of events alone.
    pub copies_announced: bool,
    /// Notifications name the event by a link, and what it is about as `Resource`; otherwise by `Event ID` and
    /// `SourceId`, as older ones did.
    pub linked_notifications: bool,
}

impl Default for RedshiftSwitches {
    fn default() -> Self {
        Self { copies_carry_tags: false, copying_protects: true, copies_announced: true, linked_notifications: true }
    }
}

impl RedshiftSwitches {
    pub(crate) fn draw(rng: &mut fastrand::Rng) -> Self {
        Self {
            copies_carry_tags: rng.bool(),
            copying_protects: rng.bool(),
            copies_announced: rng.bool(),
            linked_notifications: rng.bool(),
        }
    }
}
