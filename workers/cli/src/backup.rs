//! `backup`: manual backups, which stand outside every chain, and the removal of points on request.

use std::collections::BTreeSet;

use chainwright_chain::state::{PointRecord, SideRecord, SideState};
use chainwright_contracts::{
    arn::Arn,
    codes,
    ids::PointId,
    jobs::{Delete, Side, Snapshot},
    policy::Period,
};
use chainwright_jobs::ledger::Family;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    chain::report::state,
    consent::{Yes, agree},
    naming,
    operator::Operator,
    output::{self, Answer, Format},
    point,
    trouble::{Told, Trouble},
};

/// The most points that one message names.
const MOST_POINTS: usize = 100;

/// What can be done with backups.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make a manual backup of a resource: outside every chain, never pruned, removed on request or when `--keep` ends.
    Create(Create),
    /// List the manual backups.
    Get {
        /// Only those of this resource.
        resource: Option<Arn>,
    },
    /// Show all that is known of one backup.
    Describe {
        /// The point's id.
        point: PointId,
    },
    /// Remove points, manual ones or those of a chain. Holds, locks and unfinished copies forbid it.
    Delete(Remove),
}

/// A backup to make.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What to back up.
    resource: Arn,
    /// Names the backup: the same id twice is one backup.
    #[arg(long)]
    id: Option<String>,
    /// The vault; that of the policy that owns the resource where not given.
    #[arg(long)]
    vault: Option<String>,
    /// The role that AWS Backup assumes; that of the policy that owns the resource where not given.
    #[arg(long)]
    role: Option<String>,
    /// How long it is kept, such as "30 days"; until it is removed on request where not given.
    #[arg(long)]
    keep: Option<Period>,
    #[command(flatten)]
    yes: Yes,
}

/// Points to remove.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The points' ids.
    #[arg(required = true)]
    points: Vec<PointId>,
    /// Only this side: regular, or copy:REGION.
    #[arg(long)]
    side: Option<Side>,
    /// Remove a chain's last good point, too.
    #[arg(long)]
    last: bool,
    #[command(flatten)]
    yes: Yes,
}

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Told {
    match verb {
        Verb::Create(create) => make(create, format, operator).await,
        Verb::Get { resource } => get(resource.as_ref(), format, operator).await,
        Verb::Describe { point } => point::describe(point, format, operator).await,
        Verb::Delete(remove) => delete(remove, format, operator).await,
    }
}

async fn make(create: &Create, format: Format, operator: &Operator) -> Told {
    let resource = &create.resource;
    let (_, source) = operator.context().source_of(resource)?;
    let unknown = || Trouble::coded(codes::NO_SUCH_RESOURCE, format!("there is no {resource}"));
    let incarnation = source.incarnation(resource).await?.ok_or_else(unknown)?;
    let owner = chainwright_jobs::owner_of(operator.context(), resource).await?;
    if owner.is_none() && (create.vault.is_none() || create.role.is_none()) {
        let cause = format!("no policy owns {resource}: say --vault and --role");
        return Err(Trouble::coded(codes::NO_OWNING_POLICY, cause));
    }
    let kept = create.keep.map_or_else(|| "until it is removed".to_owned(), |keep| format!("for {keep}"));
    create.yes.to(operator, &format!("A manual backup of {resource} will be made and kept {kept}."))?;
    let job = Snapshot {
        resource: resource.clone(),
        policy: None,
        slot: None,
        manual: true,
        vault: create.vault.clone(),
        role: create.role.clone(),
        keep: create.keep,
    };
    let id = operator.send(&job, create.id.as_deref()).await?;
    let point = PointId::of_manual(resource, &incarnation, &id);
    Ok(match format {
        Format::Table => Answer::done(format!("{resource}: backup {id} is sent; its point will be {point}")),
        Format::Json => {
            output::json(&json!({"sent": {"kind": "snapshot", "resource": resource, "id": id, "point": point}}))
        }
    })
}

async fn get(resource: Option<&Arn>, format: Format, operator: &Operator) -> Told {
    let mut points = Vec::new();
    for chain in operator.ledger().chains().await? {
        if chain.owner.chain().is_some() || resource.is_some_and(|resource| chain.resource != *resource) {
            continue;
        }
        let family = operator.ledger().family(&chain.owner).await?;
        points.extend(family.into_iter().flat_map(|family| family.points).map(|point| point.value));
    }
    points.sort_by(|a, b| (&a.resource, a.slot, &a.id).cmp(&(&b.resource, b.slot, &b.id)));
    Ok(match format {
        Format::Json => output::json(&json!({"backups": points.iter().map(as_json).collect::<Vec<_>>()})),
        Format::Table => Answer::done(output::table(
            ["POINT", "RESOURCE", "ID", "ASKED FOR", "KEPT UNTIL", "STATE", "HELD"],
            points.iter().map(row),
        )),
    })
}

fn regular(point: &PointRecord) -> Option<&SideRecord> {
    point.sides.get(&Side::Regular)
}

fn as_json(point: &PointRecord) -> Value {
    json!({
        "point": point.id,
        "resource": point.resource,
        "id": point.job,
        "asked_for_at": point.slot,
        "keep_until": point.keep_until,
        "state": regular(point).map(|side| side.state),
        "place": regular(point).map(|side| &side.place),
        "bytes": regular(point).and_then(|side| side.bytes),
        "arn": regular(point).and_then(|side| side.arn.as_ref()),
        "hold": point.hold,
    })
}

fn row(point: &PointRecord) -> [String; 7] {
    [
        point.id.to_string(),
        point.resource.name().to_owned(),
        point.job.clone().unwrap_or_else(|| "-".to_owned()),
        point.slot.to_string(),
        point.keep_until.map_or_else(|| "until removed".to_owned(), |until| until.to_string()),
        regular(point).map_or_else(String::new, |side| state(side.state)),
        point.hold.as_ref().map_or_else(|| "-".to_owned(), |hold| hold.reason.clone()),
    ]
}

async fn delete(remove: &Remove, format: Format, operator: &Operator) -> Told {
    let ids: Vec<PointId> = remove.points.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    if ids.len() > MOST_POINTS {
        return Err(Trouble::Usage(format!("{} points are named; {MOST_POINTS} go into one message", ids.len())));
    }
    let mut rows = Vec::new();
    let mut last = Vec::new();
    for id in &ids {
        let (family, point) = naming::point(operator, id).await?;
        if let Some(hold) = &point.hold {
            let cause = format!("point {id} is held since {}: {}", hold.since, hold.reason);
            return Err(Trouble::coded(codes::DELETE_FORBIDDEN, cause));
        }
        let asked = point.sides.iter().filter(|(side, record)| {
            remove.side.as_ref().is_none_or(|only| only == *side) && record.state == SideState::Available
        });
        for (side, _) in asked {
            let is_last = !point.is_manual() && !another_is_good(&family, side, &ids);
            last.extend(is_last.then(|| format!("{id} {side}")));
            let note = if is_last { "the last good one of its chain and side" } else { "" };
            let (resource, slot) = (point.resource.name().to_owned(), point.slot.to_string());
            rows.push([id.to_string(), resource, slot, side.to_string(), note.to_owned()]);
        }
    }
    if rows.is_empty() {
        return Ok(match format {
            Format::Table => Answer::done("nothing of these points is there to be removed"),
            Format::Json => output::json(&json!({"removals": 0, "sent": null})),
        });
    }
    let removals = rows.len();
    let plan = output::table(["POINT", "RESOURCE", "SLOT", "SIDE", ""], rows);
    remove.yes.to(operator, &format!("{plan}\n{removals} will be removed for good."))?;
    if !last.is_empty() {
        let question = format!("The last good point of a chain goes with this: {}. Really?", last.join(", "));
        agree(operator, &question, remove.last, "--last")?;
    }
    let job = Delete { points: ids, side: remove.side.clone(), last: !last.is_empty(), expired: false };
    let id = operator.send(&job, None).await?;
    Ok(match format {
        Format::Table => Answer::done(format!("{removals} are to be removed: delete {id} is sent")),
        Format::Json => {
            let sent = json!({"kind": "delete", "points": job.points, "side": job.side, "last": job.last, "id": id});
            output::json(&json!({"removals": removals, "sent": sent}))
        }
    })
}

/// Whether the chain keeps another good point on this side.
fn another_is_good(family: &Family, side: &Side, going: &[PointId]) -> bool {
    family.points.iter().filter(|other| !going.contains(&other.value.id)).any(|other| {
        other.value.sides.get(side).is_some_and(|side| {
            side.state == SideState::Available && side.opened_at.is_some() && !side.flags.is_empty()
        })
    })
}
