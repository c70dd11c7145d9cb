//! What an account has switched on in a Region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::resources::{DYNAMODB, FSX};
use super::state::place_of;
use crate::call::{Answer, Call};
use crate::world::World;

/// The resource types that can be switched on and off (developer guide, "Getting started: service opt-in").
pub(super) const TYPES: [&str; 16] = [
    "Aurora",
    "CloudFormation",
    "DocumentDB",
    DYNAMODB,
    "EBS",
    "EC2",
    "EFS",
    FSX,
    "Neptune",
    "RDS",
    "Redshift",
    "Redshift Serverless",
    "S3",
    "SAP HANA on Amazon EC2",
    "Storage Gateway",
    "VirtualMachine",
];

/// Region settings.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Settings {
    opted_in: BTreeMap<String, bool>,
    managed: BTreeMap<String, bool>,
}

impl Default for Settings {
    /// As in accounts whose first vault is younger than November 2021: DynamoDB with advanced features.
    fn default() -> Self {
        let opted_in = TYPES.into_iter().map(|kind| (kind.to_owned(), true)).collect();
        let managed = BTreeMap::from([(DYNAMODB.to_owned(), true), ("EFS".to_owned(), true)]);
        Self { opted_in, managed }
    }
}

impl Settings {
    /// Whether AWS Backup manages new points of this type fully.
    pub(super) fn manages(&self, resource_type: &str) -> bool {
        self.managed.get(resource_type) == Some(&true)
    }
}

/// `DescribeRegionSettings`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let settings = &world.backup.region(&place_of(call)).settings;
    Ok(json!({
        "ResourceTypeOptInPreference": settings.opted_in,
        "ResourceTypeManagementPreference": settings.managed,
    }))
}

/// `UpdateRegionSettings`.
pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let settings = &mut world.backup.region(&place_of(call)).settings;
    let maps = [
        ("ResourceTypeOptInPreference", &mut settings.opted_in),
        ("ResourceTypeManagementPreference", &mut settings.managed),
    ];
    for (member, into) in maps {
        let given = call.input.get(member).and_then(Json::as_object).into_iter().flatten();
        into.extend(given.filter_map(|(kind, on)| Some((kind.clone(), on.as_bool()?))));
    }
    Ok(json!({}))
}

/// `GetSupportedResourceTypes`.
pub(super) fn supported() -> Json {
    json!({ "ResourceTypes": TYPES })
}
