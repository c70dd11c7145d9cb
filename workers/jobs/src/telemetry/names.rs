//! The names under which jobs report. Dashboards and alarms stand on them: they change with a release only.

/// Span: a session asked for the snapshot that made this point; from its asking to its being heard.
pub const SESSION: &str = "session";
/// Span: the backup of a point is requested.
pub const SNAPSHOT: &str = "snapshot";
/// Span: AWS told that an operation is over, and a look follows.
pub const EVENT: &str = "event";
/// Span: a look, or an end, fell due, and the tick sent it on its way.
pub const TICK: &str = "tick";
/// Span: one look at one operation.
pub const SETTLE: &str = "settle";
/// Span: a copy is requested.
pub const COPY: &str = "copy";
/// Span: retention removes a side.
pub const PRUNE: &str = "prune";
/// Span: a side is removed on request, or a removal is asked for again.
pub const DELETE: &str = "delete";
/// Span: a comparison with AWS found that a copy is missing.
pub const RECONCILE: &str = "reconcile";

/// All spans of a point's trace, in the order of the documentation.
pub const SPANS: [&str; 9] = [SESSION, SNAPSHOT, EVENT, TICK, SETTLE, COPY, PRUNE, DELETE, RECONCILE];

/// Gauge, seconds: how old a chain's newest good point is, by chain and side.
pub const NEWEST_AGE: &str = "chainwright.chain.newest_point.age";
/// Gauge: the same as a share of the policy's RPO; above 1 it is missed.
pub const RPO_RATIO: &str = "chainwright.chain.rpo.ratio";
/// Gauge, seconds: by how much a side's newest copy is older than the newest point it could be of.
pub const COPY_LAG: &str = "chainwright.chain.copy.lag";
/// Gauge, seconds: for how long a policy's next session has been overdue; 0 while it is not.
pub const OVERDUE: &str = "chainwright.policy.overdue";

/// All metrics, in the order of the documentation.
pub const METRICS: [&str; 4] = [NEWEST_AGE, RPO_RATIO, COPY_LAG, OVERDUE];

pub(crate) const POINT: &str = "chainwright.point.id";
pub(crate) const CHAIN: &str = "chainwright.chain.id";
pub(crate) const RESOURCE: &str = "chainwright.resource";
pub(crate) const POLICY: &str = "chainwright.policy";
pub(crate) const SIDE: &str = "chainwright.side";
pub(crate) const CODE: &str = "chainwright.code";
