//! `session`: one run of one policy for one slot.

use chainwright_chain::state::{Owner, PointRecord, SessionRecord};
use chainwright_contracts::{
    codes,
    ids::PointId,
    jobs::{OperationKind, Session},
    policy::PolicyName,
};
use chainwright_jobs::{
    ledger::{Family, Key, Versioned},
    policies,
};
use clap::Subcommand;
use jiff::{Timestamp, Unit};
use serde_json::{Value, json};

use crate::{
    chain::report::state,
    consent::Yes,
    operator::Operator,
    output::{self, Answer, Format},
    trouble::{Told, Trouble},
};

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Start a session of a policy: a backup of each of its resources, which belongs to the resource's chain.
    Start {
        /// The policy.
        policy: PolicyName,
        /// The slot from which its points expire, a whole minute that has begun; the current one where not given.
        #[arg(long)]
        slot: Option<Timestamp>,
        #[command(flatten)]
        yes: Yes,
    },
    /// List the sessions that are still remembered, by policy and slot.
    Get {
        /// Only those of this policy.
        policy: Option<PolicyName>,
    },
    /// Show one session with its points.
    Describe {
        /// The policy.
        policy: PolicyName,
        /// The slot.
        slot: Timestamp,
    },
}

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Told {
    match verb {
        Verb::Start { policy, slot, yes } => start(policy, *slot, *yes, format, operator).await,
        Verb::Get { policy } => get(policy.as_ref(), format, operator).await,
        Verb::Describe { policy, slot } => describe(policy, *slot, format, operator).await,
    }
}

async fn start(policy: &PolicyName, slot: Option<Timestamp>, yes: Yes, format: Format, operator: &Operator) -> Told {
    let (head, _) = policies::as_applied(operator.ledger(), policy).await?;
    if head.value.deleted {
        return Err(Trouble::coded(codes::NO_SUCH_POLICY, format!("policy {policy} was deleted")));
    }
    let slot = match slot {
        Some(slot) if slot != minute(slot) => {
            return Err(Trouble::Usage(format!("--slot {slot}: a slot is a whole minute, such as {}", minute(slot))));
        }
        Some(slot) if slot > operator.now() => {
            return Err(Trouble::coded(codes::BAD_SLOT, format!("{slot} has not come yet")));
        }
        Some(slot) => slot,
        None => minute(operator.now()),
    };
    let plan = format!("A session of policy {policy} for slot {slot} will back up each of the policy's resources.");
    yes.to(operator, &plan)?;
    let job = Session { policy: policy.clone(), slot: Some(slot), cursor: None };
    let id = operator.send(&job, None).await?;
    Ok(match format {
        Format::Table => Answer::done(format!("policy {policy}: session {id} for slot {slot} is sent")),
        Format::Json => output::json(&json!({"sent": {"kind": "session", "policy": policy, "slot": slot, "id": id}})),
    })
}

/// The minute that an instant lies in.
fn minute(at: Timestamp) -> Timestamp {
    let down = jiff::TimestampRound::new().smallest(Unit::Minute).mode(jiff::RoundMode::Floor);
    at.round(down).unwrap_or(at)
}

async fn get(policy: Option<&PolicyName>, format: Format, operator: &Operator) -> Told {
    let names = match policy {
        Some(policy) => vec![policies::as_applied(operator.ledger(), policy).await?.0.value.name],
        None => operator.ledger().policies().await?.into_iter().map(|head| head.value.name).collect(),
    };
    let mut sessions = Vec::new();
    for name in &names {
        sessions.extend(operator.ledger().sessions(name).await?.into_iter().map(|session| session.value));
    }
    Ok(match format {
        Format::Json => output::json(&json!({"sessions": sessions.iter().map(as_json).collect::<Vec<_>>()})),
        Format::Table => {
            let rows = sessions.iter().map(|session| {
                [
                    session.policy.to_string(),
                    session.slot.to_string(),
                    state(session.state),
                    flags(session),
                    session.revision.to_string(),
                    session.created_at.to_string(),
                ]
            });
            Answer::done(output::table(["POLICY", "SLOT", "STATE", "FLAGS", "REVISION", "CREATED"], rows))
        }
    })
}

fn flags(session: &SessionRecord) -> String {
    session.flags.iter().map(|flag| flag.name()).collect::<Vec<_>>().join(", ")
}

fn as_json(session: &SessionRecord) -> Value {
    json!({
        "policy": session.policy,
        "slot": session.slot,
        "revision": session.revision,
        "state": session.state,
        "flags": session.flags,
        "missed_slots": session.missed,
        "created_at": session.created_at,
    })
}

async fn describe(policy: &PolicyName, slot: Timestamp, format: Format, operator: &Operator) -> Told {
    policies::as_applied(operator.ledger(), policy).await?;
    let found = operator.ledger().get::<SessionRecord>(&Key::session(policy, slot)).await?;
    let Some(Versioned { value: session, .. }) = found else {
        let cause = format!("policy {policy} has no session for slot {slot}");
        return Err(Trouble::Failed(format!("{cause}; `chainwright session get {policy}` lists those that there are")));
    };
    let points = points(&session, operator).await?;
    Ok(match format {
        Format::Json => {
            let points: Vec<Value> = points.iter().map(|(family, point)| point_json(family, point)).collect();
            output::json(&json!({"session": output::merged(as_json(&session), json!({ "points": points }))}))
        }
        Format::Table => {
            let head = format!(
                "session of policy {policy}, revision {}, for slot {slot}: {}\nflags {}",
                session.revision,
                state(session.state),
                flags(&session),
            );
            let rows = points.iter().flat_map(|(family, point)| {
                point.sides.iter().map(move |(side, record)| {
                    [
                        point.resource.name().to_owned(),
                        point.id.to_string(),
                        side.to_string(),
                        state(record.state),
                        reason(family, point, side).unwrap_or_default(),
                    ]
                })
            });
            let rows = output::table(["RESOURCE", "POINT", "SIDE", "STATE", "REASON"], rows);
            Answer::done(format!("{head}\n\n{rows}"))
        }
    })
}

fn point_json(family: &Family, point: &PointRecord) -> Value {
    let sides: Vec<Value> = point
        .sides
        .iter()
        .map(|(side, record)| json!({"side": side, "state": record.state, "reason": reason(family, point, side)}))
        .collect();
    json!({"point": point.id, "resource": point.resource, "sides": sides})
}

/// What the operation that makes a side has to say.
fn reason(family: &Family, point: &PointRecord, side: &chainwright_contracts::jobs::Side) -> Option<String> {
    let kind = if side.copied_to().is_some() { OperationKind::Copy } else { OperationKind::Backup };
    family.operation(&point.id, kind, side)?.value.reason.clone()
}

/// The points of a session: those of its slot in every chain of its policy.
async fn points(session: &SessionRecord, operator: &Operator) -> Result<Vec<(Family, PointRecord)>, Trouble> {
    let mut points = Vec::new();
    for chain in policies::chains(operator.ledger(), &session.policy).await? {
        let Owner::Chain(id) = &chain.owner else { continue };
        let Some(family) = operator.ledger().family(&chain.owner).await? else { continue };
        if let Some(point) = family.point(&PointId::of_slot(id, session.slot)) {
            let point = point.value.clone();
            points.push((family, point));
        }
    }
    points.sort_by(|a, b| a.1.resource.cmp(&b.1.resource));
    Ok(points)
}
