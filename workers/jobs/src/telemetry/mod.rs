//! What jobs report to OpenTelemetry: the trace of every restore point, and how fresh chains are.
//!
//! Whatever happens to a point is found in one trace, whose id follows from the point's
//! ([`trace_id_of`](chainwright_contracts::ids::trace_id_of)). A run that a message from elsewhere caused (a session's,
//! an event of AWS, the tick, a prune of the whole chain) has its own span in the trace of its cause; as soon as it
//! knows the point, it opens a span in the point's trace that is linked to that run. What it sends about the point then
//! goes on in the point's trace, so that the next run is a child there.
//!
//! There is nothing global: a [`Telemetry`] is part of what jobs share. Without one nothing is recorded.

mod chains;
pub mod names;
mod point;

use std::sync::Arc;

use aws_smithy_async::time::SharedTimeSource;
use chainwright_chain::state::{ChainRecord, PointRecord, SideState, freshness};
use chainwright_contracts::jobs::Side;
use opentelemetry::{global::BoxedTracer, metrics::Meter, trace::TraceId};

pub(crate) use self::chains::Chains;
use crate::{Context, ledger::Family};

/// Begins a span without parent in a given trace, which OpenTelemetry's API has no word for: whoever makes the ids does
/// it.
pub trait Roots: Send + Sync {
    /// Calls `begin`; the span without parent that it begins is in `trace`.
    fn within(&self, trace: TraceId, begin: &mut dyn FnMut());
}

/// Where jobs report to; by default nowhere. Clones share one destination.
#[derive(Clone, Default)]
pub struct Telemetry {
    to: Option<Arc<To>>,
}

struct To {
    tracer: BoxedTracer,
    roots: Arc<dyn Roots>,
    chains: Arc<Chains>,
    clock: SharedTimeSource,
}

impl Telemetry {
    /// Reports spans to this tracer, whose ids `roots` makes, and metrics to this meter, by this clock.
    #[must_use]
    pub fn new(tracer: BoxedTracer, roots: Arc<dyn Roots>, meter: &Meter, clock: SharedTimeSource) -> Self {
        let chains = Chains::observed(meter, clock.clone());
        Self { to: Some(Arc::new(To { tracer, roots, chains, clock })) }
    }

    /// What is known of the chains' freshness, where somebody is told of it.
    pub(crate) fn chains(&self) -> Option<&Chains> {
        self.to.as_deref().map(|to| &*to.chains)
    }
}

/// A chain was read whole, with the RPO that its policy has now.
pub(crate) fn look_at(ctx: &Context, family: &Family) {
    if let Some(chains) = ctx.telemetry().chains() {
        let fresh = freshness(family.points.iter().map(|point| &point.value), ctx.now());
        let copies = fresh.newest_copy.into_iter().filter_map(|(side, slot)| Some((side, slot?)));
        let regular = fresh.newest_point.map(|slot| (Side::Regular, slot));
        chains.saw(&family.chain.value, regular.into_iter().chain(copies).collect());
    }
}

/// A look was concluded: if the side is there now, the chain has a newer point.
pub(crate) fn arrived(ctx: &Context, chain: &ChainRecord, point: &PointRecord, side: &Side) {
    let there = point
        .sides
        .get(side)
        .is_some_and(|side| side.state == SideState::Available && side.opened_at.is_some() && !side.flags.is_empty());
    if let (true, Some(chains)) = (there, ctx.telemetry().chains()) {
        chains.arrived(chain, side, point.slot);
    }
}
