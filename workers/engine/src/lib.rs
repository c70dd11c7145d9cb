//! A typed SQS job engine: leases, batches, retries, dead letters, drain. It knows nothing of backups.
//!
//! A handler is a plain `async fn(J, C) -> Outcome`, registered by its job type; the engine does the rest. What it
//! promises, and where:
//!
//! * A message is deleted only after its effects and its follow-ups are durable ([`Outcome`], `run`, `dispose`).
//! * Every message taken is under a lease from its receipt to its deletion; a lost lease cancels the handler and
//!   suppresses its acknowledgement (`lease`, `renew`).
//! * Retry and snooze send the job anew, so the receive count means crashes alone; at the fifth receipt a message is
//!   rejected before it runs, and every job ends within its deadline (`judge`).
//! * What cannot be run goes to the dead-letter queue at once, with code, reason and origin (`reject`).
//! * On shutdown nothing stays invisible without an owner, within the drain's deadline (`drain`).
//! * What happens is told to OpenTelemetry where a [`Telemetry`] is given, and traces go on through queues
//!   (`telemetry`).
//! * A setting that contradicts another, or a queue that does not fit, stops the engine before its first poll
//!   (`timing`, `start`).
//!
//! All waiting is on tokio's clock and all "now" from the clock given, so the engine runs as it is in virtual time.

mod batch;
mod bodies;
mod builder;
mod calls;
mod delivery;
mod dispose;
mod drain;
mod engine;
mod failure;
mod handle;
mod health;
mod judge;
mod lease;
mod message;
mod outcome;
mod permits;
mod poll;
mod registry;
mod reject;
mod renew;
mod retry;
mod run;
mod sends;
mod settings;
mod start;
mod stats;
mod supervisor;
pub mod telemetry;
mod timing;

pub use bodies::{Bodies, GivenUp};
pub use builder::Builder;
pub use delivery::{Context, Delivery};
pub use drain::{DrainError, Drained};
pub use engine::Engine;
pub use handle::Handle;
pub use health::{Condition, Health};
pub use outcome::{Outcome, Outgoing, Reason};
pub use reject::replayed;
pub use settings::Settings;
pub use start::StartError;
pub use stats::{Requests, Stats};
pub use telemetry::Telemetry;
pub use timing::Problem;
