//! What of DynamoDB's behaviour can be set: how long things take, and what its documentation leaves open.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::pace::Span;

/// How long DynamoDB takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DynamoDbPace {
    /// Until a new, changed or deleted table has reached its next state.
    #[serde(with = "crate::pace::text")]
    pub table_change: Duration,
    /// Until a change of the TTL setting is through; until then another one is refused.
    #[serde(with = "crate::pace::text")]
    pub ttl_change: Duration,
    /// From an item's expiry by TTL to its deletion.
    pub ttl_deletion: Span,
}

impl Default for DynamoDbPace {
    /// Tables within seconds; TTL changes within an hour and TTL deletions within two days, as the developer guide says
    /// ("Using time to live").
    fn default() -> Self {
        Self {
            table_change: Duration::from_secs(8),
            ttl_change: Duration::from_hours(1),
            ttl_deletion: Span::new(Duration::from_mins(1), Duration::from_hours(48)),
        }
    }
}

impl DynamoDbPace {
    pub(crate) fn fast() -> Self {
        let table_change = Duration::from_millis(200);
        let ttl_deletion = Span::new(Duration::ZERO, Duration::from_secs(1));
        Self { table_change, ttl_change: Duration::from_secs(1), ttl_deletion }
    }

    pub(crate) fn instant() -> Self {
        Self { table_change: Duration::ZERO, ttl_change: Duration::ZERO, ttl_deletion: Span::ZERO }
    }
}

/// What DynamoDB may do or not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct DynamoDbSwitches {
    /// How long a global secondary index lags behind its table at most; each write draws its own lag. The guide only
    /// says "eventually", usually within a fraction of a second.
    pub index_lag: Duration,
    /// How long reads that do not ask for consistency may miss a write; each write draws its own lag.
    pub read_lag: Duration,
    /// `ListTagsOfResource` is refused beyond its 10 calls per second and account.
    pub throttle_tag_reads: bool,
    /// So many of a hundred entries of a batch come back unprocessed.
    pub batch_leftovers: u8,
    /// So many of a hundred transactions are cancelled by a conflict with another.
    pub transaction_conflicts: u8,
}

impl Default for DynamoDbSwitches {
    fn default() -> Self {
        Self {
            index_lag: Duration::ZERO,
            read_lag: Duration::ZERO,
            throttle_tag_reads: true,
            batch_leftovers: 0,
            transaction_conflicts: 0,
        }
    }
}

impl DynamoDbSwitches {
    pub(crate) fn draw(rng: &mut fastrand::Rng) -> Self {
        let mut lag = || if rng.bool() { Duration::ZERO } else { Duration::from_millis(rng.u64(1..=3_000)) };
        let (index_lag, read_lag) = (lag(), lag());
        let mut percent = |most: u8| if rng.bool() { 0 } else { rng.u8(1..=most) };
        let (batch_leftovers, transaction_conflicts) = (percent(20), percent(5));
        Self { index_lag, read_lag, throttle_tag_reads: true, batch_leftovers, transaction_conflicts }
    }
}
