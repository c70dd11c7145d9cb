//! Which resources a policy is about: accounts, Regions, selection and exclusion.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    error::{PolicyProblem, Wrong},
    reader::{Field, FromText, Keys, Report},
    words::SourceKind,
};
use crate::{
    arn::Arn,
    names::{AccountId, Region},
};

/// The resources that a policy asks for, within its accounts and Regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Select {
    /// Those that carry every one of these tags.
    Tags(BTreeMap<String, String>),
    /// All of them.
    All,
    /// Those named.
    Arns(Vec<Arn>),
}

/// What is left out, whatever `select` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
pub struct Exclude {
    /// Resources that carry any one of these tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Resources by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arns: Vec<Arn>,
}

impl Exclude {
    /// Whether nothing is left out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.arns.is_empty()
    }
}

impl Serialize for Select {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Tags(tags) => map.serialize_entry("tags", tags)?,
            Self::All => map.serialize_entry("all", &true)?,
            Self::Arns(arns) => map.serialize_entry("arns", arns)?,
        }
        map.end()
    }
}

impl JsonSchema for Select {
    fn schema_name() -> Cow<'static, str> {
        "Select".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let arn = generator.subschema_for::<Arn>();
        json_schema!({
            "description": "Exactly one of tags (the resource carries them all), all, arns.",
            "type": "object",
            "properties": {
                "tags": { "type": "object", "additionalProperties": { "type": "string" }, "minProperties": 1 },
                "all": { "const": true },
                "arns": { "type": "array", "items": arn, "minItems": 1, "uniqueItems": true },
            },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

/// What an ARN in the policy must fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds<'a> {
    pub(super) source: Option<SourceKind>,
    pub(super) accounts: Option<&'a [AccountId]>,
    pub(super) regions: Option<&'a [Region]>,
}

/// Reads the block `select`.
pub(super) fn read_select(field: &Field<'_>, report: &mut Report<'_>, bounds: Bounds<'_>) -> Option<Select> {
    const CHOICE: &str = "exactly one of tags, all: true, arns";
    let keys = Keys::of(field, report, &["tags", "all", "arns"])?;
    let found = (keys.get("tags"), keys.get("all"), keys.get("arns"));
    match found {
        (Some(tags), None, None) => read_filter(&tags, report).map(Select::Tags),
        (None, Some(all), None) => match all.truth(report)? {
            true => Some(Select::All),
            false => {
                all.wrong(report, PolicyProblem::BadSelection, "all: false selects nothing", CHOICE);
                None
            }
        },
        (None, None, Some(arns)) => read_arns(&arns, report, bounds).map(Select::Arns),
        (None, None, None) => {
            field.wrong(report, PolicyProblem::BadSelection, "nothing is selected", CHOICE);
            None
        }
        _ => {
            field.wrong(report, PolicyProblem::BadSelection, "tags, all and arns exclude each other", CHOICE);
            None
        }
    }
}

/// Reads the block `exclude`.
pub(super) fn read_exclude(field: &Field<'_>, report: &mut Report<'_>, bounds: Bounds<'_>) -> Option<Exclude> {
    let keys = Keys::of(field, report, &["tags", "arns"])?;
    let (tags, arns) = (keys.get("tags"), keys.get("arns"));
    if tags.is_none() && arns.is_none() {
        field.wrong(
            report,
            PolicyProblem::BadSelection,
            "nothing is excluded",
            "tags, arns, or both; or no exclude at all",
        );
    }
    Some(Exclude {
        tags: tags.and_then(|field| read_filter(&field, report)).unwrap_or_default(),
        arns: arns.and_then(|field| read_arns(&field, report, bounds)).unwrap_or_default(),
    })
}

/// Tags to look for: any that AWS lets exist, its own included.
fn read_filter(field: &Field<'_>, report: &mut Report<'_>) -> Option<BTreeMap<String, String>> {
    const ALLOWED: &str = "at least one tag: a key of 1 to 128 characters with a value of at most 256";
    let keys = Keys::any(field, report, ALLOWED)?;
    let mut tags = BTreeMap::new();
    for (key, value) in keys.fields() {
        let Some(text) = value.text(report, ALLOWED) else { continue };
        if let Some(wrong) = tag_too_long(key, text) {
            value.wrong(report, PolicyProblem::BadTag, wrong, ALLOWED);
        }
        tags.insert(key.to_owned(), text.to_owned());
    }
    if keys.fields().next().is_none() {
        field.wrong(report, PolicyProblem::BadSelection, "no tag is named", ALLOWED);
    }
    Some(tags)
}

fn tag_too_long(key: &str, value: &str) -> Option<String> {
    match (key.chars().count(), value.chars().count()) {
        (0, _) => Some("the key is empty".to_owned()),
        (length @ 129.., _) => Some(format!("the key has {length} characters")),
        (_, length @ 257..) => Some(format!("the value has {length} characters")),
        _ => None,
    }
}

/// Reads the user's own tags, which every point gets.
///
/// Source of the limits: AWS General Reference, "Tagging your AWS resources". Five is what is left of the ten tags
/// that some services allow once ours are written, and less where metadata is long.
pub(super) fn read_tags(field: &Field<'_>, report: &mut Report<'_>) -> Option<BTreeMap<String, String>> {
    const ALLOWED: &str = "at most 5 tags; keys of 1 to 128 characters, not beginning with aws: or chainwright:, values of at most 256; \
                           letters, digits, spaces and any of _ . : / = + - @";
    let keys = Keys::any(field, report, ALLOWED)?;
    let mut tags = BTreeMap::new();
    for (key, value) in keys.fields() {
        let Some(text) = value.text(report, ALLOWED) else { continue };
        let lower = key.to_ascii_lowercase();
        let reserved = lower.starts_with("aws:") || lower.starts_with("chainwright:");
        let writable = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
        let wrong =
            tag_too_long(key, text).or_else(|| reserved.then(|| "the key is reserved".to_owned())).or_else(|| {
                (!key.chars().chain(text.chars()).all(writable)).then(|| "a character is not allowed".to_owned())
            });
        if let Some(wrong) = wrong {
            value.wrong(report, PolicyProblem::BadTag, wrong, ALLOWED);
        }
        tags.insert(key.to_owned(), text.to_owned());
    }
    if tags.len() > 5 {
        field.wrong(report, PolicyProblem::BadTag, format!("there are {} tags", tags.len()), ALLOWED);
    }
    Some(tags)
}

impl FromText for Arn {
    const ALLOWED: &'static str = "an ARN: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|_| Wrong::new(PolicyProblem::BadArn, format!("{text:?} is not an ARN"), Self::ALLOWED))
    }
}

/// ARNs of the policy's source, accounts and Regions. A bound that is itself wrong bounds nothing.
fn read_arns(field: &Field<'_>, report: &mut Report<'_>, bounds: Bounds<'_>) -> Option<Vec<Arn>> {
    let arns = field.set::<Arn>(report, false)?;
    for arn in &arns {
        if let Some((wrong, allowed)) = out_of_bounds(arn, bounds) {
            field.wrong(report, PolicyProblem::BadArn, format!("{arn} {wrong}"), allowed);
        }
    }
    Some(arns)
}

fn out_of_bounds(arn: &Arn, bounds: Bounds<'_>) -> Option<(String, String)> {
    if let Some(source) = bounds.source
        && (arn.service() != source.name() || !source.is_resource(arn.resource()))
    {
        let shapes = source.arn_shapes().join(" or ");
        let shape = format!("ARNs that read arn:…:{}:REGION:ACCOUNT:{shapes}", source.name());
        return Some((format!("is not of the policy's source, {source}"), shape));
    }
    let list = |names: Vec<&str>| names.join(", ");
    if let Some(accounts) = bounds.accounts
        && !accounts.iter().any(|account| account.as_str() == arn.account())
    {
        let allowed = list(accounts.iter().map(AccountId::as_str).collect());
        return Some(("is not in one of the policy's accounts".to_owned(), allowed));
    }
    if let Some(regions) = bounds.regions
        && !regions.iter().any(|region| region.as_str() == arn.region())
    {
        let allowed = list(regions.iter().map(Region::as_str).collect());
        return Some(("is not in one of the policy's regions".to_owned(), allowed));
    }
    None
}
