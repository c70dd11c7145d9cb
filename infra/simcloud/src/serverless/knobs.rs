//! What of Redshift Serverless's behaviour can be set: how long things take, and what its documentation leaves open.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::pace::Span;

/// How long Redshift Serverless takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServerlessPace {
    /// Until a new or deleted namespace or workgroup has reached its next state.
    #[serde(with = "crate::pace::text")]
    pub change: Duration,
    /// A snapshot, from its request to its end.
    pub snapshot: Span,
    /// A copy, from the snapshot's end to its own; in the second half it shows in its destination.
    pub copy: Span,
    /// How long a deleted snapshot still shows, as DELETED.
    pub delete: Span,
    /// A restore into a namespace.
    pub restore: Span,
}

impl Default for ServerlessPace {
    /// Minutes; no figures are documented.
    fn default() -> Self {
        let minutes = |least, most| Span::new(Duration::from_mins(least), Duration::from_mins(most));
        Self {
            change: Duration::from_mins(2),
            snapshot: minutes(2, 15),
            copy: minutes(5, 40),
            delete: minutes(0, 5),
            restore: minutes(5, 30),
        }
    }
}

impl ServerlessPace {
    pub(crate) fn fast() -> Self {
        let millis = |least, most| Span::new(Duration::from_millis(least), Duration::from_millis(most));
        Self {
            change: Duration::from_millis(200),
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

/// What Redshift Serverless may do or not, for its documentation does not say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ServerlessSwitches {
    /// A copy in another Region carries its snapshot's tags.
    pub copies_carry_tags: bool,
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
            copying_protects: rng.bool(),
            conversion_announced: rng.bool(),
            detailed_events: rng.bool(),
            snapshot_quota: 700,
        }
    }
}
