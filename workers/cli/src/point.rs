//! `point`: one restore point, and the hold on it.

use std::collections::BTreeMap;

use chainwright_aws::sealing::OpenError;
use chainwright_chain::state::{OperationRecord, PointRecord, SideState};
use chainwright_contracts::{
    ids::{PointId, trace_id_of},
    jobs::Side,
    sealed::{NameTag, Record},
};
use chainwright_jobs::ledger::Family;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::{
    chain::report::state,
    consent::Yes,
    naming,
    operator::Operator,
    output::{self, Answer, Format},
    trouble::{Told, Trouble},
};

/// What can be done with one point.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show all that is known of a point: the ledger's record, what its seal says, the source's configuration, its
    /// operations.
    Describe {
        /// The point's id.
        point: PointId,
    },
    /// Hold a point: it is not pruned, nor removed on request, while the hold stands.
    Hold {
        /// The point's id.
        point: PointId,
        /// Why, for whoever meets the hold.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        yes: Yes,
    },
    /// Take the hold off a point.
    Unhold {
        /// The point's id.
        point: PointId,
        #[command(flatten)]
        yes: Yes,
    },
}

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Told {
    match verb {
        Verb::Describe { point } => describe(point, format, operator).await,
        Verb::Hold { point, reason, yes } => hold(point, reason, *yes, format, operator).await,
        Verb::Unhold { point, yes } => unhold(point, *yes, format, operator).await,
    }
}

async fn hold(id: &PointId, reason: &str, yes: Yes, format: Format, operator: &Operator) -> Told {
    let (_, point) = naming::point(operator, id).await?;
    let plan = match &point.hold {
        Some(hold) => format!(
            "Point {id} of {} is held since {}: {}. Tags that are missing on its sides will be written.",
            point.resource, hold.since, hold.reason
        ),
        None => format!("Point {id} of {} will be held: it stays until the hold is taken off.", point.resource),
    };
    yes.to(operator, &plan)?;
    chainwright_jobs::hold(operator.context(), id, reason).await?;
    Ok(held(id, true, format))
}

async fn unhold(id: &PointId, yes: Yes, format: Format, operator: &Operator) -> Told {
    let (_, point) = naming::point(operator, id).await?;
    let plan = format!("The hold on point {id} of {} will be taken off: retention applies again.", point.resource);
    yes.to(operator, &plan)?;
    chainwright_jobs::unhold(operator.context(), id).await?;
    Ok(held(id, false, format))
}

fn held(id: &PointId, held: bool, format: Format) -> Answer {
    match format {
        Format::Table => Answer::done(format!("point {id} is {}", if held { "held" } else { "held no longer" })),
        Format::Json => output::json(&json!({"point": id, "held": held})),
    }
}

/// Everything about one point.
pub(crate) async fn describe(id: &PointId, format: Format, operator: &Operator) -> Told {
    let (family, point) = naming::point(operator, id).await?;
    let operations: Vec<&OperationRecord> =
        family.operations.iter().map(|operation| &operation.value).filter(|operation| operation.point == *id).collect();
    let seals = open_seals(operator, &point).await?;
    Ok(match format {
        Format::Json => output::json(&json!({ "point": as_json(&family, &point, &operations, &seals) })),
        Format::Table => Answer::done(as_text(&family, &point, &operations, &seals)),
    })
}

/// What a seal says, or why it does not open.
type Seal = Result<(NameTag, Record), String>;

async fn open_seals(operator: &Operator, point: &PointRecord) -> Result<BTreeMap<Side, Seal>, Trouble> {
    let source = operator.context().source_of(&point.resource)?.1;
    let mut seals = BTreeMap::new();
    for (side, record) in &point.sides {
        let (SideState::Available, Some(arn)) = (record.state, &record.arn) else { continue };
        let seal = match source.read_tags(&record.place, arn).await {
            Ok(tags) => operator.context().sealer().open(&tags, &point.resource, &record.place.region).await,
            Err(error) => Err(OpenError::Kms(error)),
        };
        seals.insert(side.clone(), seal.map_err(|error| error.to_string()));
    }
    Ok(seals)
}

fn as_json(
    family: &Family,
    point: &PointRecord,
    operations: &[&OperationRecord],
    seals: &BTreeMap<Side, Seal>,
) -> Value {
    let seals: BTreeMap<String, Value> = seals
        .iter()
        .map(|(side, seal)| {
            let told = match seal {
                Ok((name, record)) => json!({"opens": true, "revision": name.revision, "record": record}),
                Err(why) => json!({"opens": false, "reason": why}),
            };
            (side.to_string(), told)
        })
        .collect();
    let operations: Vec<Value> = operations
        .iter()
        .map(|operation| {
            json!({
                "kind": operation.kind, "side": operation.side, "phase": operation.phase,
                "epoch": operation.epoch, "attempts": operation.attempts, "look": operation.looks.number,
                "next_look": operation.looks.next, "job": operation.job, "reason": operation.reason,
            })
        })
        .collect();
    json!({
        "point": point.id,
        "chain": family.chain.value.owner.chain(),
        "resource": point.resource,
        "incarnation": point.incarnation,
        "policy": point.policy,
        "revision": point.revision,
        "slot": point.slot,
        "requested_at": point.requested_at,
        "keep_last": point.keep_last,
        "keep_until": point.keep_until,
        "hold": point.hold,
        "substituted": point.substituted,
        "job": point.job,
        "correlation": point.correlation,
        "sides": point.sides,
        "operations": operations,
        "seals": seals,
        "trace_id": trace_id_of(&point.id),
        "configuration": point.configuration.parts.iter().map(|(name, value)| json!({"name": name, "value": value}))
            .collect::<Vec<_>>(),
        "not_captured": point.configuration.not_captured,
    })
}

fn as_text(
    family: &Family,
    point: &PointRecord,
    operations: &[&OperationRecord],
    seals: &BTreeMap<Side, Seal>,
) -> String {
    let mut text = head(family, point);
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let sides = point.sides.iter().map(|(side, record)| {
        let flags = record.flags.iter().map(|(flag, until)| format!("{flag} until {until}")).collect::<Vec<_>>();
        [
            side.to_string(),
            state(record.state),
            record.place.to_string(),
            or_none(record.bytes.map(|bytes| bytes.to_string())),
            flags.join(", "),
            or_none(record.arn.clone()),
        ]
    });
    text += &format!("\n\n{}", output::table(["SIDE", "STATE", "PLACE", "BYTES", "FLAGS", "ARN"], sides));
    let operations = operations.iter().map(|operation| {
        [
            state(operation.kind),
            operation.side.to_string(),
            state(operation.phase),
            operation.attempts.to_string(),
            or_none(operation.looks.next.map(|at| at.to_string())),
            or_none(operation.job.clone()),
            or_none(operation.reason.clone()),
        ]
    });
    let headings = ["OPERATION", "SIDE", "PHASE", "FAILURES", "NEXT LOOK", "JOB", "REASON"];
    text += &format!("\n\n{}", output::table(headings, operations));
    let seals = seals.iter().map(|(side, seal)| {
        let told = match seal {
            Ok((name, record)) => {
                let left_out = &record.ledger_only;
                let only = if left_out.is_empty() { "nothing".to_owned() } else { left_out.join(", ") };
                [format!("opens, revision {}", name.revision), record.configuration.len().to_string(), only]
            }
            Err(why) => [format!("does not open: {why}"), "-".to_owned(), "-".to_owned()],
        };
        let [seal, parts, only] = told;
        [side.to_string(), seal, parts, only]
    });
    text += &format!("\n\n{}", output::table(["SIDE", "SEAL", "PARTS", "IN THE LEDGER ALONE"], seals));
    let parts = point.configuration.parts.iter().map(|(name, value)| [name.clone(), value.to_string()]);
    text += &format!("\n\n{}", output::table(["CONFIGURATION", ""], parts));
    for missing in &point.configuration.not_captured {
        text += &format!("\nnot captured: {missing}");
    }
    text
}

fn head(family: &Family, point: &PointRecord) -> String {
    let mut lines = vec![
        format!("point {}", point.id),
        format!("resource {} ({})", point.resource, point.incarnation),
        match (family.chain.value.owner.chain(), &point.policy, point.revision) {
            (Some(chain), Some(policy), Some(revision)) => {
                format!("chain {chain}, policy {policy} revision {revision}")
            }
            _ => format!("manual, asked for by job {}", point.job.as_deref().unwrap_or("-")),
        },
        format!("slot {}, requested at {}", point.slot, point.requested_at),
        format!("trace {}", trace_id_of(&point.id)),
    ];
    lines.extend(point.keep_until.map(|until| format!("kept until {until}")));
    lines.extend(point.hold.as_ref().map(|hold| format!("held since {}: {}", hold.since, hold.reason)));
    let substituted: Vec<_> = point.substituted.iter().map(ToString::to_string).collect();
    if !substituted.is_empty() {
        lines.push(format!("carries for failed slots: {}", substituted.join(", ")));
    }
    lines.join("\n")
}
