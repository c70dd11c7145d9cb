//! `/_sim/stats` and `/_sim/operations`.

use std::collections::BTreeMap;

use axum::extract::State;
use serde_json::{Value, json};

use super::{Answer, Control, ok};
use crate::call::Service;
use crate::dispatch;

pub(super) async fn read(State(control): State<Control>) -> Answer {
    let stats = control.cloud.stats();
    let events = control.cloud.inspect().events();
    let callers: BTreeMap<&str, Value> =
        stats.labels.iter().map(|(label, calls)| (label.as_str(), by_service(calls))).collect();
    ok(json!({
        "now": control.cloud.now(),
        "total": stats.total,
        "services": by_service(&stats.operations),
        "callers": callers,
        "events": {
            "put": events.put,
            "delivered": events.delivered,
            "dead_lettered": events.dead_lettered,
            "lost": events.lost,
        },
    }))
}

pub(super) async fn operations() -> Answer {
    let services: BTreeMap<&str, Vec<&str>> =
        Service::ALL.iter().map(|service| (service.name(), dispatch::operations(*service))).collect();
    ok(json!(services))
}

fn by_service(calls: &BTreeMap<(Service, String), u64>) -> Value {
    let mut services: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for ((service, operation), count) in calls {
        services.entry(service.name()).or_default().insert(operation, *count);
    }
    json!(services)
}
