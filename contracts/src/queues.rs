//! The queues between the jobs. A queue's full name is the installation's prefix and one of these.

pub use chainwright_envelope::QueueName;

/// What is put before every queue's name when nothing else is configured.
pub const DEFAULT_PREFIX: &str = "chainwright-";

/// Ticks and sessions.
pub const SESSIONS: QueueName = QueueName::new("sessions");
/// Backups to start.
pub const SNAPSHOTS: QueueName = QueueName::new("snapshots");
/// Looks at operations that AWS runs for us.
pub const COMPLETIONS: QueueName = QueueName::new("completions");
/// Copies to start.
pub const COPIES: QueueName = QueueName::new("copies");
/// Chains to prune and to compare with AWS, points to delete.
pub const PRUNES: QueueName = QueueName::new("prunes");
/// Restores and drills.
pub const RESTORES: QueueName = QueueName::new("restores");
/// AWS's own events, as they are.
pub const EVENTS: QueueName = QueueName::new("events");

/// Every queue, in the order in which a point passes them.
pub const ALL: [QueueName; 7] = [SESSIONS, SNAPSHOTS, EVENTS, COMPLETIONS, COPIES, PRUNES, RESTORES];
