//! `/_sim/faults`.

use axum::extract::State;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Answer, Bad, Control, ok, parse};
use crate::faults::{CallFault, Fault, FaultRule};

const ALLOWED: &str = "a list of rules such as [{\"fault\": {\"call\": {\"on\": {\"service\": \"sqs\", \"operation\": \
                       \"SendMessage\"}, \"fault\": \"throttle\"}}, \"when\": {\"limit\": 3}}]; infra/simcloud/README.md \
                       has them all";

pub(super) async fn list(State(control): State<Control>) -> Answer {
    let rules = control.cloud.faults().rules();
    let shown = |rule: &crate::faults::RuleView| json!({"id": rule.id, "rule": rule.rule, "seen": rule.seen, "fired": rule.fired, "ended": rule.ended});
    ok(Value::Array(rules.iter().map(shown).collect()))
}

/// Adds all of them or, when one is wrong, none.
pub(super) async fn add(State(control): State<Control>, body: Bytes) -> Answer {
    let rules: Vec<FaultRule> = parse(&body, ALLOWED)?;
    for (position, rule) in rules.iter().enumerate() {
        check(rule).map_err(|why| Bad(format!("rule {position}: {why}")))?;
    }
    let ids: Vec<_> = rules.into_iter().map(|rule| control.cloud.faults().add(rule)).collect();
    ok(json!({"added": ids}))
}

pub(super) async fn clear(State(control): State<Control>) -> Answer {
    control.cloud.faults().clear();
    ok(json!({"now": control.cloud.now()}))
}

fn check(rule: &FaultRule) -> Result<(), String> {
    if !(0.0..=1.0).contains(&rule.when.probability) {
        return Err(format!("probability {} is not between 0 and 1", rule.when.probability));
    }
    match &rule.fault {
        Fault::Call { fault: CallFault::ServerError(status), .. } if !(500..=599).contains(status) => {
            Err(format!("server_error {status} is not between 500 and 599"))
        }
        Fault::Call { fault: CallFault::Error { status, .. }, .. } if !(400..=599).contains(status) => {
            Err(format!("status {status} of an error is not between 400 and 599"))
        }
        _ => Ok(()),
    }
}
