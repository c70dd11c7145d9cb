//! The policy file as a whole: its keys, which of them each source needs and refuses, and what must fit together.

use std::collections::BTreeMap;

use super::{
    PolicyFile,
    error::PolicyProblem,
    node::Node,
    options::{self, CopyTarget, Drill, RedshiftOptions, Retry, ServerlessOptions},
    period::Age,
    reader::{Field, FromText, Keys, Report},
    schedule::{self, Schedules},
    scope::{self, Bounds, Exclude},
    words::{CatchUp, ColdAfter, PolicyName, RoleName, SourceKind, VaultName, ZoneName},
};
use crate::{
    flag::Flag,
    names::{AccountId, Region},
};

const KEYS: [&str; 22] = [
    "policy",
    "source",
    "priority",
    "accounts",
    "regions",
    "select",
    "exclude",
    "backup_role",
    "vault",
    "time_zone",
    "schedules",
    "copy_to",
    "rpo",
    "keep_last",
    "retry",
    "catch_up",
    "paused",
    "tags",
    "cold_after",
    "redshift",
    "serverless",
    "drill",
];

/// Reads the file. The result is a valid policy only if nothing was reported.
pub(super) fn read(root: &Node, report: &mut Report<'_>) -> Option<PolicyFile> {
    let keys = Keys::of(&Field::root(root), report, &KEYS)?;
    let policy = needed::<PolicyName>(&keys, report, "policy");
    let source = needed::<SourceKind>(&keys, report, "source");
    let accounts = needed_set::<AccountId>(&keys, report, "accounts");
    let regions = needed_set::<Region>(&keys, report, "regions");
    let bounds = Bounds { source, accounts: accounts.as_deref(), regions: regions.as_deref() };
    let select = keys.need(report, "select", "exactly one of tags, all: true, arns");
    let select = select.and_then(|field| scope::read_select(&field, report, bounds));
    let exclude = keys.get("exclude").and_then(|field| scope::read_exclude(&field, report, bounds));
    let schedules = keys.need(report, "schedules", "one or more of daily, weekly, monthly, yearly");
    let schedules = schedules.and_then(|field| schedule::read(&field, report));
    let copy_to = keys.get("copy_to").and_then(|f| options::read_copy_to(&f, report, source, regions.as_deref()));
    check_copies(&keys, report, schedules.as_ref(), copy_to.as_ref());
    let of_source = read_of_source(&keys, report, source);
    let rest = read_rest(&keys, report);
    // Everything has been read by now: from here on, what is missing ends the reading.
    Some(PolicyFile {
        policy: policy?,
        source: source?,
        priority: rest.priority,
        accounts: accounts?,
        regions: regions?,
        select: select?,
        exclude: exclude.unwrap_or_else(Exclude::default),
        backup_role: of_source.backup_role,
        vault: of_source.vault,
        time_zone: rest.time_zone,
        schedules: schedules?,
        copy_to: copy_to.unwrap_or_default(),
        rpo: rest.rpo,
        keep_last: rest.keep_last,
        retry: rest.retry,
        catch_up: rest.catch_up,
        paused: rest.paused,
        tags: rest.tags,
        cold_after: of_source.cold_after,
        redshift: of_source.redshift,
        serverless: of_source.serverless,
        drill: rest.drill,
    })
}

fn needed<T: FromText>(keys: &Keys<'_>, report: &mut Report<'_>, key: &str) -> Option<T> {
    keys.need(report, key, T::ALLOWED)?.parse(report)
}

fn needed_set<T: FromText + Ord + Clone>(keys: &Keys<'_>, report: &mut Report<'_>, key: &str) -> Option<Vec<T>> {
    keys.need(report, key, &format!("a list: {}", T::ALLOWED))?.set(report, false)
}

/// The value of a key, or its default where the key is absent; a mistake is reported and the default stands in.
fn optional<T>(
    keys: &Keys<'_>,
    report: &mut Report<'_>,
    key: &str,
    default: T,
    read: impl FnOnce(&Field<'_>, &mut Report<'_>) -> Option<T>,
) -> T {
    keys.get(key).and_then(|field| read(&field, report)).unwrap_or(default)
}

/// `copy_to` and `keep_copies` need each other.
fn check_copies(
    keys: &Keys<'_>,
    report: &mut Report<'_>,
    schedules: Option<&Schedules>,
    copy_to: Option<&BTreeMap<Region, CopyTarget>>,
) {
    let Some(schedules) = schedules else { return };
    let keeps = schedules.keeps();
    let wanting: Vec<&Flag> = keeps.iter().filter(|(_, keeps)| keeps.copies.is_some()).map(|(flag, _)| flag).collect();
    match (keys.get("copy_to"), wanting.first()) {
        (Some(field), None) if copy_to.is_some() => {
            let wrong = "copies have targets, but no schedule says how long they are kept";
            field.wrong(
                report,
                PolicyProblem::BadCopyTarget,
                wrong,
                "keep_copies in at least one schedule, or no copy_to",
            );
        }
        (None, Some(_)) => {
            for flag in &wanting {
                let path = ["schedules", flag.name(), "keep_copies"];
                let Some(field) = at_path(keys, &path) else { continue };
                let wrong = "copies are kept, but copy_to names no target for them";
                field.wrong(
                    report,
                    PolicyProblem::BadCopyTarget,
                    wrong,
                    "copy_to with a target Region, or no keep_copies",
                );
            }
        }
        _ => {}
    }
}

/// A field deeper in the file that has been read without a mistake before.
fn at_path<'n>(keys: &Keys<'n>, path: &[&str]) -> Option<Field<'n>> {
    let (first, rest) = path.split_first()?;
    let field = keys.get(first)?;
    // Whatever is wrong on the way has been reported by the first reading.
    let inner = || Keys::any(&field, &mut Report::new(""), "a mapping");
    if rest.is_empty() { Some(field.clone()) } else { at_path(&inner()?, rest) }
}

/// What depends on the source.
#[derive(Debug, Default)]
struct OfSource {
    backup_role: Option<RoleName>,
    vault: Option<VaultName>,
    cold_after: ColdAfter,
    redshift: Option<RedshiftOptions>,
    serverless: Option<ServerlessOptions>,
}

/// Reads what the source needs and refuses what it does not take. An unknown source refuses nothing.
fn read_of_source(keys: &Keys<'_>, report: &mut Report<'_>, source: Option<SourceKind>) -> OfSource {
    let Some(source) = source else { return OfSource::default() };
    let mut read = OfSource::default();
    if source.uses_vaults() {
        read.backup_role = needed(keys, report, "backup_role");
        read.vault = needed(keys, report, "vault");
    } else {
        options::refuse(keys, report, "backup_role", source);
        options::refuse(keys, report, "vault", source);
    }
    match source {
        SourceKind::Dynamodb => {
            read.cold_after =
                optional(keys, report, "cold_after", ColdAfter::Never, |field, report| field.parse(report));
        }
        _ => options::refuse(keys, report, "cold_after", source),
    }
    match source {
        SourceKind::Redshift => {
            read.redshift =
                Some(optional(keys, report, "redshift", RedshiftOptions::default(), options::read_redshift));
        }
        _ => options::refuse(keys, report, "redshift", source),
    }
    match source {
        SourceKind::RedshiftServerless => {
            let default = ServerlessOptions::default();
            read.serverless = Some(optional(keys, report, "serverless", default, options::read_serverless));
        }
        _ => options::refuse(keys, report, "serverless", source),
    }
    read
}

/// What has a default and depends on nothing else.
#[derive(Debug)]
struct Rest {
    priority: u32,
    time_zone: ZoneName,
    rpo: Option<Age>,
    keep_last: u32,
    retry: Retry,
    catch_up: CatchUp,
    paused: bool,
    tags: BTreeMap<String, String>,
    drill: Drill,
}

fn read_rest(keys: &Keys<'_>, report: &mut Report<'_>) -> Rest {
    Rest {
        priority: optional(keys, report, "priority", options::default_priority(), |f, report| {
            f.number(report, 0, u32::MAX)
        }),
        time_zone: optional(keys, report, "time_zone", ZoneName::utc(), |f, report| f.parse(report)),
        rpo: keys.get("rpo").and_then(|field| field.parse(report)),
        keep_last: optional(keys, report, "keep_last", options::default_keep_last(), |f, report| {
            f.number(report, 1, 100)
        }),
        retry: optional(keys, report, "retry", Retry::default(), options::read_retry),
        catch_up: optional(keys, report, "catch_up", CatchUp::default(), |f, report| f.parse(report)),
        paused: optional(keys, report, "paused", false, |f, report| f.truth(report)),
        tags: optional(keys, report, "tags", BTreeMap::new(), scope::read_tags),
        drill: optional(keys, report, "drill", Drill::Never, options::read_drill),
    }
}
