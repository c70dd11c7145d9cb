//! The AWS that runs on a laptop: models of the services Chainwright uses, in virtual time, with faults.
//!
//! One [`SimCloud`] holds every account and Region. A request enters as plain HTTP ([`SimCloud::handle`]), either from
//! an SDK in the same process ([`SimCloud::http_client`]) or from a server wrapped around it. The protocol skin
//! (`protocol`) turns it into a `Call`, the fault plan ([`faults`]) decides what goes wrong on the way, and the
//! service's model answers synchronously on the one [`World`](world::World) behind one lock. What a model wants to
//! happen later it puts on the world's agenda; a single driver task carries it out when virtual time gets there.
//!
//! Everything visible is a function of the seed and of the order of calls: one generator, ordered maps, and time only
//! from tokio's clock.

mod backup;
mod call;
mod client;
mod clock;
mod cloud;
mod connector;
mod data;
mod dispatch;
mod driver;
mod dynamodb;
mod events;
pub mod faults;
mod fsx;
mod iam;
mod inspect;
mod kms;
mod pace;
mod place;
mod protocol;
mod redshift;
mod saved;
pub mod server;
mod serverless;
mod sqs;
mod stats;
mod sts;
mod switches;
mod warehouse;
mod world;

pub use backup::{BackupPace, BackupSwitches, ForeignPoint, JobView, LockedDelete, PointView, TakenPoint};
pub use call::Service;
pub use client::{ClientOptions, SimClient};
pub use clock::SimClock;
pub use cloud::{ConnectionLost, Settings, SimCloud};
pub use dynamodb::{DynamoDbPace, DynamoDbSwitches, TableView};
pub use fsx::{FsxBackupView, FsxPace, FsxSwitches};
pub use inspect::{EventCounts, Inspect, QueueDepth, QueuedMessage};
pub use pace::{Pace, Span};
pub use redshift::{RedshiftSnapshotView, RedshiftSwitches};
pub use saved::SavedError;
pub use serverless::{ServerlessSnapshotView, ServerlessSwitches};
pub use stats::{Stats, TraceLine};
pub use sts::AssumedRole;
pub use switches::Switches;
pub use warehouse::WarehousePace;

/// The account of every caller whose credentials name none.
pub const DEFAULT_ACCOUNT: &str = "111122223333";
