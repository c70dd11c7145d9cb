//! What must be there before anything can work: looked at by a worker that starts, and by `doctor`.

use std::fmt;

use chainwright_aws::error::{SourceError, said};
use chainwright_engine::{Builder, Engine};
use chainwright_jobs::Context;

use crate::assembly::Parts;

/// One thing that is missing, may not be used, or contradicts the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Something about the ledger's table.
    Table {
        /// The table.
        table: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The key.
    Key {
        /// Its alias.
        key: String,
        /// What KMS says.
        problem: String,
    },
    /// The bus for our own events.
    Bus {
        /// Its name.
        bus: String,
        /// What EventBridge says.
        problem: String,
    },
    /// A queue, or a setting that does not fit to it.
    Queue(chainwright_engine::Problem),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { table, problem } => write!(f, "the ledger's table {table}: {problem}"),
            Self::Key { key, problem } => write!(f, "the key {key}: kms:DescribeKey: {problem}"),
            Self::Bus { bus, problem } => write!(f, "the bus {bus}: events:DescribeEventBus: {problem}"),
            Self::Queue(problem) => problem.fmt(f),
        }
    }
}

/// The table, the key in the hub's Region, and the bus.
pub(crate) async fn of_hub(parts: &Parts) -> Result<Vec<Missing>, SourceError> {
    let Parts { clients, hub, .. } = parts;
    let store = parts.store()?;
    let of_table = |problem: String| Missing::Table { table: store.table_name().to_owned(), problem };
    let mut missing: Vec<Missing> = match store.check_table().await {
        Ok(problems) => problems.into_iter().map(of_table).collect(),
        Err(error) => vec![of_table(error.to_string())],
    };
    let kms = clients.kms(clients.own_account(), clients.home_region())?;
    if let Err(error) = kms.describe_key().key_id(&hub.key).send().await {
        missing.push(Missing::Key { key: hub.key.clone(), problem: said(error) });
    }
    let events = clients.eventbridge(clients.own_account(), clients.home_region())?;
    if let Err(error) = events.describe_event_bus().name(&hub.bus).send().await {
        missing.push(Missing::Bus { bus: hub.bus.clone(), problem: said(error) });
    }
    Ok(missing)
}

/// An engine over the queues, set up further by `set_up`, or what is wrong with them. Nothing is received yet.
pub(crate) async fn engine(
    parts: &Parts,
    context: &Context,
    set_up: impl FnOnce(Builder<Context>) -> Builder<Context>,
) -> Result<Engine<Context>, Vec<Missing>> {
    let builder = Engine::builder(parts.sqs(), context.clone(), parts.clock.clone()).prefix(&parts.hub.prefix);
    let built = chainwright_jobs::register(set_up(builder)).build().await;
    built.map_err(|error| error.problems.into_iter().map(Missing::Queue).collect())
}
