//! `backup delete`: points removed on request, named one by one or by class.
//!
//! A plan comes first. What a hold keeps is refused where it was named and left out where a class was; a chain's last good
//! point goes only with a word of its own.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_chain::state::{Owner, PointRecord, SideState};
use chainwright_contracts::{
    arn::Arn,
    codes,
    ids::PointId,
    jobs::{Delete, Side},
    policy::PolicyName,
};
use chainwright_jobs::ledger::Family;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::{
    consent::{Yes, agree},
    naming,
    operator::Operator,
    output::{self, Answer, Format},
    trouble::{Told, Trouble},
};

/// The most points that one message names.
const MOST_POINTS: usize = 100;

/// Points to remove.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The points' ids.
    #[arg(required_unless_present = "class", conflicts_with = "class")]
    points: Vec<PointId>,
    /// Instead of ids: all points of this class.
    #[arg(long, value_enum)]
    class: Option<Class>,
    /// With the class: only those of this resource.
    #[arg(long, requires = "class")]
    resource: Option<Arn>,
    /// With the class: only those of this policy.
    #[arg(long, requires = "class")]
    policy: Option<PolicyName>,
    /// Only this side: regular, or copy:REGION.
    #[arg(long, conflicts_with = "class")]
    side: Option<Side>,
    /// Remove a chain's last good point, too.
    #[arg(long)]
    last: bool,
    #[command(flatten)]
    yes: Yes,
}

/// What is removed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Class {
    /// The points of chains, in their own Regions.
    Backups,
    /// Their copies in other Regions.
    Copies,
    /// Manual backups.
    Manual,
    /// All of these.
    All,
}

impl Class {
    fn has(self, point: &PointRecord, side: &Side) -> bool {
        match self {
            Self::Backups => !point.is_manual() && *side == Side::Regular,
            Self::Copies => !point.is_manual() && *side != Side::Regular,
            Self::Manual => point.is_manual(),
            Self::All => true,
        }
    }
}

/// One side of one point that may go.
struct Going {
    point: PointRecord,
    side: Side,
    /// Whether its chain keeps no other good point on this side.
    is_last: bool,
}

/// Plans the removal, asks, and sends it on its way.
pub(super) async fn run(remove: &Remove, format: Format, operator: &Operator) -> Told {
    let mut going = match remove.class {
        Some(class) => of_class(remove, class, operator).await?,
        None => named(remove, operator).await?,
    };
    let spared = going.iter().filter(|going| going.is_last).count();
    if remove.class.is_some() && !remove.last {
        going.retain(|going| !going.is_last);
    }
    if going.is_empty() {
        return Ok(match format {
            Format::Table => Answer::done("nothing of these points is there to be removed"),
            Format::Json => output::json(&json!({"removals": 0, "sent": []})),
        });
    }
    remove.yes.to(operator, &plan(&going, if remove.class.is_some() && !remove.last { spared } else { 0 }))?;
    let last: Vec<String> =
        going.iter().filter(|going| going.is_last).map(|going| format!("{} {}", going.point.id, going.side)).collect();
    if !last.is_empty() {
        let question = format!("The last good point of a chain goes with this: {}. Really?", last.join(", "));
        agree(operator, &question, remove.last, "--last")?;
    }
    let mut sent = Vec::new();
    for job in jobs(&going, remove) {
        let id = operator.send(&job, None).await?;
        sent.push(json!({"kind": "delete", "points": job.points, "side": job.side, "last": job.last, "id": id}));
    }
    Ok(answer(going.len(), &sent, format))
}

async fn named(remove: &Remove, operator: &Operator) -> Result<Vec<Going>, Trouble> {
    let ids: BTreeSet<PointId> = remove.points.iter().cloned().collect();
    let mut going = Vec::new();
    for id in &ids {
        let (family, point) = naming::point(operator, id).await?;
        if let Some(hold) = &point.hold {
            let cause = format!("point {id} is held since {}: {}", hold.since, hold.reason);
            return Err(Trouble::coded(codes::DELETE_FORBIDDEN, cause));
        }
        let asked = |side: &Side| remove.side.as_ref().is_none_or(|only| only == side);
        going.extend(sides(&family, &point, &ids, asked));
    }
    Ok(going)
}

async fn of_class(remove: &Remove, class: Class, operator: &Operator) -> Result<Vec<Going>, Trouble> {
    let mut going = Vec::new();
    for chain in operator.ledger().chains().await? {
        let of_resource = remove.resource.as_ref().is_none_or(|resource| chain.resource == *resource);
        let of_policy = remove.policy.as_ref().is_none_or(|policy| chain.policy.as_ref() == Some(policy));
        if !of_resource || !of_policy {
            continue;
        }
        let Some(family) = operator.ledger().family(&chain.owner).await? else { continue };
        let free: Vec<&PointRecord> =
            family.points.iter().map(|point| &point.value).filter(|point| point.hold.is_none()).collect();
        let ids = free.iter().map(|point| point.id.clone()).collect();
        for point in free {
            going.extend(sides(&family, point, &ids, |side| class.has(point, side)));
        }
    }
    Ok(spare_the_newest(going))
}

/// Where a whole side of a chain would go, its newest good point is the last one, and the others are not.
fn spare_the_newest(mut going: Vec<Going>) -> Vec<Going> {
    going.sort_by(|a, b| (&a.point.owner, &a.side, b.point.slot).cmp(&(&b.point.owner, &b.side, a.point.slot)));
    let mut seen: BTreeSet<(Owner, Side)> = BTreeSet::new();
    for one in &mut going {
        one.is_last =
            one.is_last && is_good(&one.point, &one.side) && seen.insert((one.point.owner.clone(), one.side.clone()));
    }
    going
}

fn sides(family: &Family, point: &PointRecord, ids: &BTreeSet<PointId>, asked: impl Fn(&Side) -> bool) -> Vec<Going> {
    let there = point.sides.iter().filter(|(side, record)| record.state == SideState::Available && asked(side));
    let going = |(side, _): (&Side, _)| Going {
        point: point.clone(),
        side: side.clone(),
        is_last: !point.is_manual() && !another_is_good(family, side, ids),
    };
    there.map(going).collect()
}

/// Whether the chain keeps another good point on this side.
fn another_is_good(family: &Family, side: &Side, going: &BTreeSet<PointId>) -> bool {
    let others = family.points.iter().map(|other| &other.value).filter(|other| !going.contains(&other.id));
    others.into_iter().any(|other| is_good(other, side))
}

fn is_good(point: &PointRecord, side: &Side) -> bool {
    point
        .sides
        .get(side)
        .is_some_and(|side| side.state == SideState::Available && side.opened_at.is_some() && !side.flags.is_empty())
}

fn plan(going: &[Going], spared: usize) -> String {
    let rows = going.iter().map(|going| {
        let note = if going.is_last { "the last good one of its chain and side" } else { "" };
        [
            going.point.id.to_string(),
            going.point.resource.name().to_owned(),
            going.point.slot.to_string(),
            going.side.to_string(),
            note.to_owned(),
        ]
    });
    let table = output::table(["POINT", "RESOURCE", "SLOT", "SIDE", ""], rows);
    let kept = match spared {
        0 => String::new(),
        _ => format!(" {spared} stay, the last good ones of their chains and sides; --last removes them, too."),
    };
    format!("{table}\n{} will be removed for good.{kept}", going.len())
}

/// The messages: one names points of one side, or whole points, and so many at most.
fn jobs(going: &[Going], remove: &Remove) -> Vec<Delete> {
    let mut alike: BTreeMap<(Option<Side>, bool), BTreeSet<PointId>> = BTreeMap::new();
    for one in going {
        let side = if remove.class.is_some() { Some(one.side.clone()) } else { remove.side.clone() };
        // The word for the last good one is for that point alone.
        let last = going.iter().any(|other| other.point.id == one.point.id && other.is_last);
        alike.entry((side, last)).or_default().insert(one.point.id.clone());
    }
    let of = |((side, last), points): ((Option<Side>, bool), BTreeSet<PointId>)| {
        let points: Vec<PointId> = points.into_iter().collect();
        let job = |points: &[PointId]| Delete { points: points.to_vec(), side: side.clone(), last, expired: false };
        points.chunks(MOST_POINTS).map(job).collect::<Vec<_>>()
    };
    alike.into_iter().flat_map(of).collect()
}

fn answer(removals: usize, sent: &[Value], format: Format) -> Answer {
    match format {
        Format::Table => Answer::done(format!("{removals} are to be removed: {} delete jobs are sent", sent.len())),
        Format::Json => output::json(&json!({"removals": removals, "sent": sent})),
    }
}
