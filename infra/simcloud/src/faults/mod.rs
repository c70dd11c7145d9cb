//! What goes wrong, and how often it did.
//!
//! A [`FaultRule`] names calls, events, jobs or queues, the fault they suffer, and when: the nth time, so many times,
//! with a probability, within a window of virtual time. Rules are asked in the order in which they were added; every
//! rule counts how often it fired, so that a test can prove that its fault happened. A [`Gate`] instead stops one call
//! at a known place until the test lets it go on.

mod gate;
mod plan;
mod rule;

pub use gate::{Gate, GatePoint};
pub use plan::{FaultId, FaultPlan, RuleView};
pub use rule::{CallFault, CallMatcher, EventFault, Fault, FaultRule, JobFault, QueueFault, When};

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use gate::GateHandle;

/// The world's own rules and gates.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Faults {
    now: Timestamp,
    #[serde(with = "crate::saved::rng")]
    rng: fastrand::Rng,
    rules: Vec<Entry>,
    #[serde(skip)]
    gates: Vec<(CallMatcher, GatePoint, GateHandle)>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Entry {
    rule: FaultRule,
    seen: u64,
    fired: u64,
    removed: bool,
}

/// What awaits one call.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    /// Latency beyond the pace.
    pub(crate) latency: Duration,
    pub(crate) fault: Option<CallFault>,
    pub(crate) before: Vec<GateHandle>,
    pub(crate) after: Vec<GateHandle>,
}

impl Faults {
    pub(crate) fn new(now: Timestamp, rng: fastrand::Rng) -> Self {
        Self { now, rng, rules: Vec::new(), gates: Vec::new() }
    }

    pub(crate) fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Decides about one call: latencies add up, of the other faults the first that fires decides. Each gate takes the
    /// first call that fits it.
    pub(crate) fn call(&mut self, call: &Call, label: &str) -> Fate {
        let mut fate = Fate::default();
        for entry in &mut self.rules {
            let Fault::Call { on, fault } = &entry.rule.fault else { continue };
            let slows = matches!(fault, CallFault::Latency(_) | CallFault::Jitter(_));
            let decided = fate.fault.is_some() && !slows;
            if decided || !on.matches(call, label) {
                continue;
            }
            let fault = fault.clone();
            if entry.fires(self.now, &mut self.rng) {
                match fault {
                    CallFault::Latency(latency) => fate.latency += latency,
                    CallFault::Jitter(most) => fate.latency += most.mul_f64(self.rng.f64()),
                    other => fate.fault = Some(other),
                }
            }
        }
        for (_, point, gate) in self.gates.extract_if(.., |(on, _, gate)| gate.is_dropped() || on.matches(call, label))
        {
            match point {
                _ if gate.is_dropped() => {}
                GatePoint::BeforeEffect => fate.before.push(gate),
                GatePoint::AfterEffect => fate.after.push(gate),
            }
        }
        fate
    }

    /// Decides about one event on a bus: every rule that fires adds its fault.
    pub(crate) fn event(&mut self, region: &str, detail_type: &str) -> Vec<EventFault> {
        let mut faults = Vec::new();
        for entry in &mut self.rules {
            let Fault::Event { detail_type: of, region: within, fault } = &entry.rule.fault else { continue };
            let fits =
                of.as_deref().is_none_or(|of| of == detail_type) && within.as_deref().is_none_or(|of| of == region);
            let fault = fault.clone();
            if fits && entry.fires(self.now, &mut self.rng) {
                faults.push(fault);
            }
        }
        faults
    }

    /// Decides about one job of a service, such as `backup`, `copy`, `restore` or `delete`, on a resource's ARN.
    pub(crate) fn job(&mut self, kind: &str, resource: &str) -> Option<JobFault> {
        for entry in &mut self.rules {
            let Fault::Job { kind: of, resource: on, fault } = &entry.rule.fault else { continue };
            let fits =
                of.as_deref().is_none_or(|of| of == kind) && on.as_deref().is_none_or(|part| resource.contains(part));
            let fault = fault.clone();
            if fits && entry.fires(self.now, &mut self.rng) {
                return Some(fault);
            }
        }
        None
    }

    /// Whether a queue suffers a fault of the kind that `pick` wants now, and what it picks of it.
    fn queue<T>(&mut self, name: &str, pick: impl Fn(&QueueFault) -> Option<T>) -> Option<T> {
        for entry in &mut self.rules {
            let Fault::Queue { queue, fault } = &entry.rule.fault else { continue };
            let picked = pick(fault).filter(|_| queue.as_deref().is_none_or(|of| of == name));
            if picked.is_some() && entry.fires(self.now, &mut self.rng) {
                return picked;
            }
        }
        None
    }

    /// Whether a message that is received now stays visible.
    pub(crate) fn duplicates(&mut self, queue: &str) -> bool {
        self.queue(queue, |fault| (*fault == QueueFault::DuplicateDelivery).then_some(())).is_some()
    }

    /// Whether an entry of a batch fails now.
    pub(crate) fn fails_entry(&mut self, queue: &str) -> bool {
        self.queue(queue, |fault| (*fault == QueueFault::FailBatchEntry).then_some(())).is_some()
    }

    /// How much later a message that is sent now becomes visible.
    pub(crate) fn lateness(&mut self, queue: &str) -> Duration {
        let late = |fault: &QueueFault| if let QueueFault::Late(by) = fault { Some(*by) } else { None };
        self.queue(queue, late).unwrap_or_default()
    }
}

impl Entry {
    /// Counts one occasion and decides whether the rule fires at it.
    fn fires(&mut self, now: Timestamp, rng: &mut fastrand::Rng) -> bool {
        let When { probability, skip, limit, from, until } = self.rule.when;
        let within = from.is_none_or(|from| from <= now) && until.is_none_or(|until| now < until);
        if self.removed || !within || limit.is_some_and(|limit| self.fired >= limit) {
            return false;
        }
        self.seen += 1;
        let fires = self.seen > skip && (probability >= 1.0 || rng.f64() < probability);
        self.fired += u64::from(fires);
        fires
    }
}
