//! What was called, how often, by whom; and, where asked for, the trace by which two runs are compared.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::{Call, Service};

/// Counts of calls. Every attempt that reached the cloud counts, also one that a fault ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Stats {
    /// All calls.
    pub total: u64,
    /// By service and operation.
    pub operations: BTreeMap<(Service, String), u64>,
    /// By caller's label, then by service and operation.
    pub labels: BTreeMap<String, BTreeMap<(Service, String), u64>>,
}

impl Stats {
    /// How often an operation was called.
    #[must_use]
    pub fn calls(&self, service: Service, operation: &str) -> u64 {
        self.operations.get(&(service, operation.to_owned())).copied().unwrap_or_default()
    }

    /// How often a service was called.
    #[must_use]
    pub fn of_service(&self, service: Service) -> u64 {
        self.operations.iter().filter(|((of, _), _)| *of == service).map(|(_, calls)| calls).sum()
    }
}

/// One call, in the order in which calls ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct TraceLine {
    /// The virtual instant of its outcome.
    pub at: Timestamp,
    /// The caller's label.
    pub label: String,
    /// The service called.
    pub service: Service,
    /// Account and Region.
    pub place: String,
    /// The operation's name.
    pub operation: String,
    /// The input as JSON with sorted keys.
    pub input: String,
    /// `ok`, an error's code, or the name of the fault that ended the call.
    pub outcome: String,
}

impl fmt::Display for TraceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, label, service, place, operation, input, outcome } = self;
        write!(f, "{at} {label} {place} {service}:{operation} {input} {outcome}")
    }
}

/// The world's own record.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Recorder {
    stats: Stats,
    lines: Option<Vec<TraceLine>>,
}

impl Recorder {
    /// A record that keeps the trace, or only counts.
    pub(crate) fn new(trace: bool) -> Self {
        Self { stats: Stats::default(), lines: trace.then(Vec::new) }
    }

    pub(crate) fn count(&mut self, call: &Call, label: &str) {
        let key = (call.service, call.operation.clone());
        self.stats.total += 1;
        *self.stats.labels.entry(label.to_owned()).or_default().entry(key.clone()).or_default() += 1;
        *self.stats.operations.entry(key).or_default() += 1;
    }

    pub(crate) fn outcome(&mut self, at: Timestamp, call: &Call, label: &str, outcome: &str) {
        let Some(lines) = &mut self.lines else { return };
        lines.push(TraceLine {
            at,
            label: label.to_owned(),
            service: call.service,
            place: format!("{}/{}", call.account, call.region),
            operation: call.operation.clone(),
            input: canonical(&call.input),
            outcome: outcome.to_owned(),
        });
    }

    pub(crate) fn stats(&self) -> Stats {
        self.stats.clone()
    }

    pub(crate) fn lines(&self) -> Vec<TraceLine> {
        self.lines.clone().unwrap_or_default()
    }
}

/// JSON with sorted keys, whatever order the map of this build keeps.
fn canonical(value: &Value) -> String {
    match value {
        Value::Array(entries) => format!("[{}]", entries.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let sorted: BTreeMap<_, _> = members.iter().collect();
            let members =
                sorted.into_iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        scalar => scalar.to_string(),
    }
}
