//! `backup`: manual backups, which stand outside every chain, and the removal of points on request.

mod delete;

use chainwright_chain::state::{PointRecord, SideRecord};
use chainwright_contracts::{
    arn::Arn,
    codes,
    ids::PointId,
    jobs::{Side, Snapshot},
    policy::Period,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    chain::report::state,
    consent::Yes,
    operator::Operator,
    output::{self, Answer, Format},
    point,
    trouble::{Told, Trouble},
};

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
    /// Remove points, by name or by class: manual ones or those of a chain. Holds, locks and unfinished copies forbid it.
    Delete(delete::Remove),
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

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Told {
    match verb {
        Verb::Create(create) => make(create, format, operator).await,
        Verb::Get { resource } => get(resource.as_ref(), format, operator).await,
        Verb::Describe { point } => point::describe(point, format, operator).await,
        Verb::Delete(remove) => delete::run(remove, format, operator).await,
    }
}

async fn make(create: &Create, format: Format, operator: &Operator) -> Told {
    let resource = &create.resource;
    let (kind, source) = operator.context().source_of(resource)?;
    if !kind.uses_vaults() && (create.vault.is_some() || create.role.is_some()) {
        return Err(Trouble::coded(
            codes::BAD_SNAPSHOT,
            format!("{kind} keeps its own snapshots: no --vault, no --role"),
        ));
    }
    let unknown = || Trouble::coded(codes::NO_SUCH_RESOURCE, format!("there is no {resource}"));
    let incarnation = source.incarnation(resource).await?.ok_or_else(unknown)?;
    let owner = chainwright_jobs::owner_of(operator.context(), resource).await?;
    if kind.uses_vaults() && owner.is_none() && (create.vault.is_none() || create.role.is_none()) {
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
