//! `chain get`: every chain, a line per side.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_chain::{
    policy::Policy,
    retention::later,
    state::{ChainRecord, SideState},
};
use chainwright_contracts::{
    arn::Arn,
    ids::{ChainId, PointId},
    jobs::Side,
    policy::{Age, PolicyName, SourceKind},
};
use chainwright_jobs::{ledger::Family, policies};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use serde_json::json;

use crate::{
    naming::length,
    operator::Operator,
    output::{self, Answer, Format},
    trouble::{Told, Trouble},
};

/// One chain.
#[derive(Debug, Serialize)]
struct Row {
    chain: ChainId,
    resource: Arn,
    policy: Option<PolicyName>,
    source: SourceKind,
    /// Why it gets no points any more.
    orphaned: Option<String>,
    released: bool,
    /// How old the newest point may get.
    rpo: Option<String>,
    reconciled_at: Option<Timestamp>,
    sides: Vec<SideRow>,
}

/// One side of it.
#[derive(Debug, Serialize)]
struct SideRow {
    side: Side,
    /// How many points are available.
    points: usize,
    /// The slot of the newest of them.
    newest: Option<Timestamp>,
    newest_point: Option<PointId>,
    age_seconds: Option<i64>,
    /// Whether the newest is older than `rpo` allows; none where the policy names no `rpo`.
    late: Option<bool>,
    /// When the next point may go.
    next_expiry: Option<Timestamp>,
}

/// Lists the chains.
pub(super) async fn run(
    resource: Option<&Arn>,
    policy: Option<&PolicyName>,
    format: Format,
    operator: &Operator,
) -> Told {
    if let Some(policy) = policy {
        policies::as_applied(operator.ledger(), policy).await?;
    }
    let asked = |chain: &ChainRecord| {
        chain.owner.chain().is_some()
            && resource.is_none_or(|resource| chain.resource == *resource)
            && policy.is_none_or(|policy| chain.policy.as_ref() == Some(policy))
    };
    let limits = limits(operator).await?;
    let mut rows = Vec::new();
    for chain in operator.ledger().chains().await?.into_iter().filter(asked) {
        if let Some(family) = operator.ledger().family(&chain.owner).await? {
            let limit = chain.policy.as_ref().and_then(|policy| limits.get(policy));
            rows.extend(row(&family, limit, operator.now()));
        }
    }
    rows.sort_by(|a, b| (&a.resource, &a.policy, &a.chain).cmp(&(&b.resource, &b.policy, &b.chain)));
    Ok(match format {
        Format::Json => output::json(&json!({ "chains": rows })),
        Format::Table => show(&rows),
    })
}

/// How old the newest point may get, by policy.
async fn limits(operator: &Operator) -> Result<BTreeMap<PolicyName, (TimeZone, Age)>, Trouble> {
    let mut limits = BTreeMap::new();
    for head in operator.ledger().policies().await? {
        let revision = operator.ledger().revision(&head.value.name, head.value.revision).await?;
        let policy = revision.map(|revision| Policy::new(revision.file));
        if let Some(policy) = policy
            && let Some(rpo) = policy.file().rpo
        {
            limits.insert(head.value.name, (policy.calendar().zone().clone(), rpo));
        }
    }
    Ok(limits)
}

fn row(family: &Family, limit: Option<&(TimeZone, Age)>, now: Timestamp) -> Option<Row> {
    let chain = &family.chain.value;
    let sides: BTreeSet<&Side> = family.points.iter().flat_map(|point| point.value.sides.keys()).collect();
    Some(Row {
        chain: chain.owner.chain()?.clone(),
        resource: chain.resource.clone(),
        policy: chain.policy.clone(),
        source: chain.source,
        orphaned: chain.orphaned.as_ref().map(|orphaned| orphaned.reason.clone()),
        released: chain.released,
        rpo: limit.map(|(_, age)| age.to_string()),
        reconciled_at: chain.reconciled_at,
        sides: sides.into_iter().map(|side| side_row(family, side, limit, now)).collect(),
    })
}

fn side_row(family: &Family, side: &Side, limit: Option<&(TimeZone, Age)>, now: Timestamp) -> SideRow {
    let on_side = family.points.iter().filter_map(|point| Some((&point.value, point.value.sides.get(side)?)));
    let there: Vec<_> = on_side.filter(|(_, record)| record.state == SideState::Available).collect();
    let newest = there.iter().max_by_key(|(point, _)| point.slot).map(|(point, _)| *point);
    let late = limit.map(|(zone, age)| newest.is_none_or(|newest| later(zone, newest.slot, *age) < now));
    SideRow {
        side: side.clone(),
        points: there.len(),
        newest: newest.map(|point| point.slot),
        newest_point: newest.map(|point| point.id.clone()),
        age_seconds: newest.map(|point| now.duration_since(point.slot).as_secs()),
        late,
        next_expiry: there.iter().filter_map(|(_, record)| record.last_expiry()).filter(|expiry| now < *expiry).min(),
    }
}

fn show(rows: &[Row]) -> Answer {
    let cells = rows.iter().flat_map(|row| {
        row.sides.iter().map(move |side| {
            let instant = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
            let age =
                side.age_seconds.map_or_else(|| "-".to_owned(), |age| length(jiff::SignedDuration::from_secs(age)));
            let rpo = match (&row.rpo, side.late) {
                (Some(rpo), Some(true)) => format!("{rpo}, late"),
                (Some(rpo), _) => rpo.clone(),
                (None, _) => "-".to_owned(),
            };
            let state = match (&row.orphaned, row.released) {
                (None, _) => "owned".to_owned(),
                (Some(reason), false) => format!("orphaned: {reason}"),
                (Some(reason), true) => format!("released: {reason}"),
            };
            [
                row.chain.to_string(),
                row.resource.name().to_owned(),
                row.policy.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
                side.side.to_string(),
                side.points.to_string(),
                instant(side.newest),
                age,
                rpo,
                instant(side.next_expiry),
                state,
            ]
        })
    });
    let headings = ["CHAIN", "RESOURCE", "POLICY", "SIDE", "POINTS", "NEWEST", "AGE", "RPO", "NEXT EXPIRY", "STATE"];
    Answer::done(output::table(headings, cells))
}
