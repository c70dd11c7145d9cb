//! Workgroups: the compute of a namespace.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::Later;
use super::errors::{conflict, not_found, quota};
use super::input::{self, iso, name, needed, page};
use super::namespaces::idle;
use super::state::place_of;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::world::World;

/// Workgroups per account and Region ("Quotas and limits in Amazon Redshift").
const MAX_WORKGROUPS: usize = 25;
/// What of a request is kept and shown as it came.
const KEPT: [&str; 10] = [
    "baseCapacity",
    "configParameters",
    "enhancedVpcRouting",
    "ipAddressType",
    "maxCapacity",
    "port",
    "pricePerformanceTarget",
    "publiclyAccessible",
    "securityGroupIds",
    "subnetIds",
];

/// A workgroup.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Workgroup {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) namespace: String,
    pub(super) created: Timestamp,
    /// Until then it is CREATING.
    pub(super) ready_at: Timestamp,
    pub(super) given: Map<String, Json>,
    pub(super) tags: BTreeMap<String, String>,
}

impl Workgroup {
    /// `status`.
    pub(super) fn status(&self, now: Timestamp) -> &'static str {
        if now < self.ready_at { "CREATING" } else { "AVAILABLE" }
    }

    fn show(&self, now: Timestamp) -> Json {
        let mut shown = self.given.clone();
        shown.extend([
            ("workgroupArn".to_owned(), json!(self.arn)),
            ("workgroupId".to_owned(), json!(self.id)),
            ("workgroupName".to_owned(), json!(self.name)),
            ("namespaceName".to_owned(), json!(self.namespace)),
            ("creationDate".to_owned(), iso(self.created)),
            ("status".to_owned(), json!(self.status(now))),
        ]);
        Json::Object(shown)
    }
}

/// `CreateWorkgroup`, one for a namespace.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let (name, namespace) = (name(call, "workgroupName")?, needed(call, "namespaceName")?);
    let tags = input::tags(call, name)?;
    let (id, ready_at) = (world.uuid(), after(now, world.pace.serverless.change));
    let region = world.serverless.region(&place);
    if region.workgroups.contains_key(name) {
        return Err(conflict(format!("The workgroup {name} already exists.")));
    }
    if let Some(other) = region.workgroup_of(namespace) {
        return Err(conflict(format!("The namespace {namespace} is attached to the workgroup {}.", other.name)));
    }
    if region.workgroups.len() >= MAX_WORKGROUPS {
        return Err(quota(format!("There are {MAX_WORKGROUPS} workgroups already.")));
    }
    region.namespace(namespace)?.recovering_since = Some(ready_at);
    let workgroup = Workgroup {
        name: name.to_owned(),
        arn: format!("arn:aws:redshift-serverless:{}:{}:workgroup/{id}", call.region, call.account),
        id,
        namespace: namespace.to_owned(),
        created: now,
        ready_at,
        given: KEPT.into_iter().filter_map(|kept| Some((kept.to_owned(), call.input.get(kept)?.clone()))).collect(),
        tags,
    };
    let answer = json!({ "workgroup": workgroup.show(now) });
    region.workgroups.insert(name.to_owned(), workgroup);
    world.schedule(ready_at, Later::Tell { place, id: 1008, about: name.to_owned() });
    Ok(answer)
}

/// `GetWorkgroup`.
pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let (now, name) = (world.now(), needed(call, "workgroupName")?);
    let region = world.serverless.region(&place_of(call));
    let workgroup = region.workgroups.get(name).ok_or_else(|| not_found("workgroup", name))?;
    Ok(json!({ "workgroup": workgroup.show(now) }))
}

/// `ListWorkgroups`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let workgroups = &world.serverless.region(&place_of(call)).workgroups;
    page(call, "workgroups", workgroups.values().map(|workgroup| (workgroup.name.clone(), workgroup.show(now))))
}

/// `DeleteWorkgroup`. Without it no further recovery points of its namespace are made.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (place, now, name) = (place_of(call), world.now(), needed(call, "workgroupName")?);
    let region = world.serverless.region(&place);
    let workgroup = region.workgroups.get(name).ok_or_else(|| not_found("workgroup", name))?.clone();
    if workgroup.status(now) != "AVAILABLE" {
        return Err(conflict(format!("The workgroup {name} is {}.", workgroup.status(now))));
    }
    if let Ok(namespace) = region.namespace(&workgroup.namespace) {
        idle(namespace, now)?;
        namespace.recovering_since = None;
    }
    region.workgroups.remove(name);
    let mut shown = workgroup.show(now);
    input::put(&mut shown, "status", Some("DELETING"));
    let gone = world.pace.serverless.change;
    world.schedule_in(gone, Later::Tell { place, id: 1009, about: name.to_owned() });
    Ok(json!({ "workgroup": shown }))
}
