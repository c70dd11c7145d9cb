//! The engine's metrics.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter, UpDownCounter},
};

use super::names;
use crate::{Delivery, Stats, stats::Counters};

/// Seconds, from what a job takes to what a queue that stands still takes.
const SECONDS: [f64; 16] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0];

pub(super) struct Instruments {
    meter: Meter,
    pickup: Histogram<f64>,
    in_flight: UpDownCounter<i64>,
    jobs: Counter<u64>,
    job_duration: Histogram<f64>,
    drain_duration: Histogram<f64>,
}

impl Instruments {
    pub(super) fn new(meter: &Meter) -> Self {
        let seconds = |name, what| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_boundaries(SECONDS.to_vec());
            histogram.with_description(what).build()
        };
        Self {
            pickup: seconds(names::PICKUP, "From a message's sending to the start of its first run."),
            in_flight: meter.i64_up_down_counter(names::IN_FLIGHT).with_description("Messages in hand.").build(),
            jobs: meter.u64_counter(names::JOBS).with_description("Runs of jobs.").build(),
            job_duration: seconds(names::JOB_DURATION, "How long runs of jobs took."),
            drain_duration: seconds(names::DRAIN_DURATION, "How long drains took."),
            meter: meter.clone(),
        }
    }

    /// What the engine counts for its statistics is read when it is collected.
    pub(super) fn observe(&self, counters: &Arc<Counters>) {
        self.total(names::RECEIVED, counters, |stats| stats.received);
        self.total(names::REDELIVERED, counters, |stats| stats.redelivered);
        self.total(names::DUPLICATES, counters, |stats| stats.duplicates);
        self.total(names::LEASES_LOST, counters, |stats| stats.leases_lost);
        self.total(names::FOLLOW_UPS, counters, |stats| stats.follow_ups);
        let read = Arc::clone(counters);
        let rejected = self.meter.u64_observable_counter(names::REJECTED).with_callback(move |observer| {
            for (code, count) in &read.read().rejected {
                observer.observe(*count, &[KeyValue::new(names::CODE, code.to_string())]);
            }
        });
        rejected.build();
        let read = Arc::clone(counters);
        let requests = self.meter.u64_observable_counter(names::REQUESTS).with_callback(move |observer| {
            let requests = read.read().requests;
            for (kind, count) in [
                ("receive", requests.receive),
                ("send", requests.send),
                ("delete", requests.delete),
                ("visibility", requests.visibility),
                ("lookup", requests.lookup),
            ] {
                observer.observe(count, &[KeyValue::new(names::REQUEST, kind)]);
            }
        });
        requests.build();
    }

    fn total(&self, name: &'static str, counters: &Arc<Counters>, of: fn(&Stats) -> u64) {
        let counters = Arc::clone(counters);
        let total = self.meter.u64_observable_counter(name);
        total.with_callback(move |observer| observer.observe(of(&counters.read()), &[])).build();
    }

    pub(super) fn picked_up(&self, queue: &str, delivery: &Delivery, now: SystemTime) {
        // What the engine sent again waited for its delay besides, and a second receipt for the first one's visibility.
        if delivery.receive_count > 1 || delivery.first_sent_at < delivery.sent_at {
            return;
        }
        let sent = Duration::from_millis(u64::try_from(delivery.sent_at).unwrap_or_default());
        let waited = now.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(sent);
        self.pickup.record(waited.as_secs_f64(), &[KeyValue::new(names::DESTINATION, queue.to_owned())]);
    }

    pub(super) fn in_flight(&self, queue: &str, change: i64) {
        self.in_flight.add(change, &[KeyValue::new(names::DESTINATION, queue.to_owned())]);
    }

    pub(super) fn ran(&self, queue: &str, kind: &str, outcome: &'static str, took: Duration) {
        let attributes = [
            KeyValue::new(names::DESTINATION, queue.to_owned()),
            KeyValue::new(names::KIND, kind.to_owned()),
            KeyValue::new(names::OUTCOME, outcome),
        ];
        self.jobs.add(1, &attributes);
        self.job_duration.record(took.as_secs_f64(), &attributes);
    }

    pub(super) fn drained(&self, took: Duration, in_time: bool) {
        let result = if in_time { "in time" } else { "deadline missed" };
        self.drain_duration.record(took.as_secs_f64(), &[KeyValue::new(names::RESULT, result)]);
    }
}
