//! The policy file: which resources, when, how long kept, where copied.
//!
//! A file is YAML 1.2 or JSON. [`parse`] reads it whole and either returns a [`PolicyFile`] that follows every rule of
//! the file, or every mistake with its line and key. Stored revisions are the JSON form of the same grammar with all
//! defaults written out; they pass the same rules when they are read again, so a `PolicyFile` in hand is always valid.
//!
//! `node` makes a tree with lines of the text, `reader` takes values out of it, `words`, `period`, `time`, `schedule`,
//! `scope` and `options` are the vocabulary, `document` reads the file as a whole.

mod document;
mod error;
mod node;
mod options;
mod period;
mod reader;
mod schedule;
mod scope;
mod time;
mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

pub use self::{
    error::{PolicyError, PolicyErrors, PolicyProblem, Wrong},
    options::{CopyTarget, Drill, RedshiftOptions, Retry, ServerlessOptions},
    period::{Age, Period, Unit},
    schedule::{Daily, DailyTimes, Keeps, Monthly, Schedules, Weekly, Yearly},
    scope::{Exclude, Select},
    time::{Days, EveryHours, MonthDay, Ordinal, TimeOfDay, Weekday, YearDay},
    words::{
        AutomatedKeep, CatchUp, ColdAfter, CopyGrant, CopyKey, KeyName, PolicyName, RoleName, ServerlessFrom,
        SourceKind, VaultName, ZoneName,
    },
};
use self::{node::Node, reader::Report};
use crate::names::{AccountId, Region};

/// The largest policy file that is read, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;

/// A policy that follows every rule of the file. Defaults are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Chainwright policy")]
pub struct PolicyFile {
    /// The policy's name.
    pub policy: PolicyName,
    /// The service whose resources are backed up.
    pub source: SourceKind,
    /// Where two policies ask for one resource the lower number wins.
    #[serde(default = "options::default_priority")]
    pub priority: u32,
    /// The accounts to look in.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub accounts: Vec<AccountId>,
    /// The Regions to look in.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub regions: Vec<Region>,
    /// Which resources.
    pub select: Select,
    /// Which resources not, whatever `select` says.
    #[serde(default, skip_serializing_if = "Exclude::is_empty")]
    pub exclude: Exclude,
    /// The role that AWS Backup assumes, in each account. DynamoDB and FSx need it, the others do not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_role: Option<RoleName>,
    /// The vault for backups. DynamoDB and FSx need it, the others do not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault: Option<VaultName>,
    /// The zone in which times and days are meant.
    #[serde(default = "ZoneName::utc")]
    pub time_zone: ZoneName,
    /// When sessions run and how long points are kept.
    pub schedules: Schedules,
    /// Where the points of each source Region are copied.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copy_to: BTreeMap<Region, CopyTarget>,
    /// How old the newest point may get before an alarm is raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpo: Option<Age>,
    /// How many of the newest good points are kept whatever their age, per chain and side.
    #[serde(default = "options::default_keep_last")]
    #[schemars(range(min = 1, max = 100))]
    pub keep_last: u32,
    /// How often and for how long a failed backup of a slot is tried again.
    #[serde(default)]
    pub retry: Retry,
    /// What happens after an outage.
    #[serde(default)]
    pub catch_up: CatchUp,
    /// Whether sessions are suspended. Retention goes on.
    #[serde(default)]
    pub paused: bool,
    /// Tags of the user's own for every point, at most five.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 5))]
    pub tags: BTreeMap<String, String>,
    /// When points move to cold storage. DynamoDB only.
    #[serde(default, skip_serializing_if = "options::is_default")]
    pub cold_after: ColdAfter,
    /// Settings of Redshift clusters. Redshift only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redshift: Option<RedshiftOptions>,
    /// Settings of Redshift Serverless. Redshift Serverless only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serverless: Option<ServerlessOptions>,
    /// How often a restore is tried out.
    #[serde(default)]
    pub drill: Drill,
}

/// Reads a policy file of YAML 1.2 or JSON. `file_name` serves messages only.
///
/// # Errors
///
/// Every mistake with line and key. Of mistakes in the syntax only the first is known.
pub fn parse(file_name: &str, text: &str) -> Result<PolicyFile, PolicyErrors> {
    let mut report = Report::new(file_name);
    if text.len() > MAX_BYTES {
        let wrong = format!("the file has {} bytes", text.len());
        report.add(1, "", Wrong::new(PolicyProblem::TooLarge, wrong, "at most 256 KiB"));
        return Err(PolicyErrors::new(report.into_errors()));
    }
    match node::from_yaml(text) {
        Ok(root) => read(&root, report),
        Err((line, wrong)) => {
            report.add(line, "", wrong);
            Err(PolicyErrors::new(report.into_errors()))
        }
    }
}

/// Reads a policy file from its bytes, which must be UTF-8.
///
/// # Errors
///
/// As [`parse`]; and where the bytes are not UTF-8, the line of the first that is not.
pub fn parse_bytes(file_name: &str, bytes: &[u8]) -> Result<PolicyFile, PolicyErrors> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(file_name, text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = valid.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            let wrong = format!("byte {} is not UTF-8", error.valid_up_to() + 1);
            let mut report = Report::new(file_name);
            report.add(line, "", Wrong::new(PolicyProblem::NotUtf8, wrong, "a file in UTF-8"));
            Err(PolicyErrors::new(report.into_errors()))
        }
    }
}

fn read(root: &Node, mut report: Report<'_>) -> Result<PolicyFile, PolicyErrors> {
    let file = document::read(root, &mut report);
    let errors = report.into_errors();
    match file {
        Some(file) if errors.is_empty() => Ok(file),
        _ => Err(PolicyErrors::new(errors)),
    }
}

impl<'de> Deserialize<'de> for PolicyFile {
    /// Reads a stored revision by the same rules as a file.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let root = Node::from(serde_json::Value::deserialize(deserializer)?);
        read(&root, Report::new("policy")).map_err(D::Error::custom)
    }
}
