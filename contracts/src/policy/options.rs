//! The optional parts of a policy with their defaults: copies, retries, drills, settings of single sources.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    error::{PolicyProblem, Wrong},
    period::{Age, Period},
    reader::{Field, FromText, Keys, Report},
    words::{AutomatedKeep, CopyGrant, CopyKey, ServerlessFrom, SourceKind, VaultName},
};
use crate::names::Region;

pub(super) const fn default_priority() -> u32 {
    100
}

pub(super) const fn default_keep_last() -> u32 {
    1
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Where the points of one Region are copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CopyTarget {
    /// The Region of the copies, another than the source's.
    pub region: Region,
    /// The vault of the copies. DynamoDB and FSx need it, the others do not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault: Option<VaultName>,
}

/// How a backup that failed is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Retry {
    /// How many attempts a slot gets in all, 1 to 20.
    #[serde(default = "Retry::default_attempts")]
    #[schemars(range(min = 1, max = 20))]
    pub attempts: u32,
    /// How long after the slot the last attempt may begin.
    #[serde(default = "Retry::default_within")]
    pub within: Age,
}

impl Retry {
    const fn default_attempts() -> u32 {
        3
    }

    const fn default_within() -> Age {
        Age::of_hours(6)
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: Self::default_attempts(), within: Self::default_within() }
    }
}

/// Settings of Redshift clusters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RedshiftOptions {
    /// How long automated snapshots are kept.
    #[serde(default)]
    pub automated_keep: AutomatedKeep,
    /// How long copies of automated snapshots are kept, 1 to 35 days. Where it is not given, 7 days in a copy configuration that
    /// is made, and as it stands in one that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automated_copy_keep: Option<Period>,
    /// The grant for encrypted copies.
    #[serde(default)]
    pub copy_grant: CopyGrant,
}

impl Default for RedshiftOptions {
    fn default() -> Self {
        Self { automated_keep: AutomatedKeep::Unchanged, automated_copy_keep: None, copy_grant: CopyGrant::None }
    }
}

/// Settings of Redshift Serverless.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ServerlessOptions {
    /// From what a backup is made.
    #[serde(default)]
    pub from: ServerlessFrom,
    /// The key of the copies.
    #[serde(default)]
    pub copy_key: CopyKey,
}

/// How often a restore of the newest point is tried out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Drill {
    /// Not at all.
    #[default]
    Never,
    /// Once a calendar month.
    Monthly,
    /// Once in this long.
    Every(Period),
}

impl Drill {
    const ALLOWED: &'static str = "never, monthly, or {every: 30 days}";
}

impl fmt::Display for Drill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Monthly => f.write_str("monthly"),
            Self::Every(period) => write!(f, "every {period}"),
        }
    }
}

impl Serialize for Drill {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self::Every(period) = self else { return serializer.collect_str(self) };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("every", period)?;
        map.end()
    }
}

impl JsonSchema for Drill {
    fn schema_name() -> Cow<'static, str> {
        "Drill".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let period = generator.subschema_for::<Period>();
        json_schema!({
            "description": "How often a restore is tried out: never, monthly, or {every: 30 days}.",
            "anyOf": [
                { "enum": ["never", "monthly"] },
                {
                    "type": "object",
                    "properties": { "every": period },
                    "required": ["every"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// Reads `copy_to`. `regions` is `None` where the policy's own Regions are wrong and bound nothing.
pub(super) fn read_copy_to(
    field: &Field<'_>,
    report: &mut Report<'_>,
    source: Option<SourceKind>,
    regions: Option<&[Region]>,
) -> Option<BTreeMap<Region, CopyTarget>> {
    let keys = Keys::any(field, report, "a mapping from source Regions to {region: …, vault: …}")?;
    let mut targets = BTreeMap::new();
    for (name, value) in keys.fields() {
        let place = Region::from_text(name).map_err(|wrong| report.add(value.line, value.path.clone(), wrong)).ok();
        if let (Some(place), Some(regions)) = (&place, regions)
            && !regions.contains(place)
        {
            let allowed = regions.iter().map(Region::as_str).collect::<Vec<_>>().join(", ");
            value.wrong(
                report,
                PolicyProblem::BadCopyTarget,
                format!("{place} is not one of the policy's regions"),
                allowed,
            );
        }
        let target = read_target(&value, report, source, place.as_ref());
        targets.extend(place.zip(target));
    }
    if keys.fields().next().is_none() {
        field.wrong(
            report,
            PolicyProblem::BadCopyTarget,
            "copy_to is empty",
            "at least one Region, or no copy_to at all",
        );
    }
    Some(targets)
}

fn read_target(
    field: &Field<'_>,
    report: &mut Report<'_>,
    source: Option<SourceKind>,
    from: Option<&Region>,
) -> Option<CopyTarget> {
    let keys = Keys::of(field, report, &["region", "vault"])?;
    let target = keys.need(report, "region", Region::ALLOWED);
    let region = target.as_ref().and_then(|target| target.parse::<Region>(report));
    if let (Some(target), Some(region)) = (&target, &region)
        && Some(region) == from
    {
        let wrong = format!("{region} is the source Region itself");
        target.wrong(report, PolicyProblem::BadCopyTarget, wrong, "another Region than the source's");
    }
    let vault = match source {
        Some(kind) if kind.uses_vaults() => {
            keys.need(report, "vault", VaultName::ALLOWED).and_then(|vault| vault.parse(report))
        }
        Some(kind) => {
            refuse(&keys, report, "vault", kind);
            None
        }
        None => keys.get("vault").and_then(|vault| vault.parse(report)),
    };
    Some(CopyTarget { region: region?, vault })
}

/// Reports a key that the policy's source does not take.
pub(super) fn refuse(keys: &Keys<'_>, report: &mut Report<'_>, key: &str, source: SourceKind) {
    if let Some(field) = keys.get(key) {
        let wrong = format!("policies of source {source} do not take {key}");
        field.wrong(report, PolicyProblem::NotTogether, wrong, format!("no {key}"));
    }
}

/// Reads `retry`.
pub(super) fn read_retry(field: &Field<'_>, report: &mut Report<'_>) -> Option<Retry> {
    let keys = Keys::of(field, report, &["attempts", "within"])?;
    let attempts = keys.get("attempts").map_or(Some(Retry::default_attempts()), |field| field.number(report, 1, 20));
    let within = keys.get("within").map_or(Some(Retry::default_within()), |field| field.parse(report));
    Some(Retry { attempts: attempts?, within: within? })
}

/// Reads `drill`.
pub(super) fn read_drill(field: &Field<'_>, report: &mut Report<'_>) -> Option<Drill> {
    if let super::node::Value::Map(_) = field.value {
        let keys = Keys::of(field, report, &["every"])?;
        return keys.need(report, "every", Period::ALLOWED)?.parse(report).map(Drill::Every);
    }
    match field.text(report, Drill::ALLOWED)? {
        "never" => Some(Drill::Never),
        "monthly" => Some(Drill::Monthly),
        other => {
            field.wrong(report, PolicyProblem::NotAChoice, format!("{other:?} is not a choice"), Drill::ALLOWED);
            None
        }
    }
}

/// Reads `redshift`.
pub(super) fn read_redshift(field: &Field<'_>, report: &mut Report<'_>) -> Option<RedshiftOptions> {
    let keys = Keys::of(field, report, &["automated_keep", "automated_copy_keep", "copy_grant"])?;
    let mut options = RedshiftOptions::default();
    if let Some(field) = keys.get("automated_keep") {
        options.automated_keep = field.parse(report).unwrap_or_default();
        if let AutomatedKeep::Days(period) = options.automated_keep {
            within_35_days(&field, report, period);
        }
    }
    if let Some(field) = keys.get("automated_copy_keep")
        && let Some(period) = field.parse(report)
    {
        within_35_days(&field, report, period);
        options.automated_copy_keep = Some(period);
    }
    if let Some(field) = keys.get("copy_grant") {
        options.copy_grant = field.parse(report).unwrap_or_default();
    }
    Some(options)
}

/// Source: Amazon Redshift API reference, `EnableSnapshotCopy` and `ModifyCluster`: 1 to 35 days.
fn within_35_days(field: &Field<'_>, report: &mut Report<'_>, period: Period) {
    if period.days().is_none_or(|days| days > 35) {
        let wrong = Wrong::new(
            PolicyProblem::BadPeriod,
            format!("{period} is not a number of days that Redshift takes"),
            "1 to 35 days",
        );
        report.add(field.line, field.path.clone(), wrong);
    }
}

/// Reads `serverless`.
pub(super) fn read_serverless(field: &Field<'_>, report: &mut Report<'_>) -> Option<ServerlessOptions> {
    let keys = Keys::of(field, report, &["from", "copy_key"])?;
    let from = keys.get("from").map_or(Some(ServerlessFrom::default()), |field| field.parse(report));
    let copy_key = keys.get("copy_key").map_or(Some(CopyKey::default()), |field| field.parse(report));
    Some(ServerlessOptions { from: from?, copy_key: copy_key? })
}
