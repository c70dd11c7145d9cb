//! Namespaces: what a warehouse holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::errors::{conflict, quota};
use super::input::{self, iso, name, needed, page, retention, text};
use super::snapshot::{self, New};
use super::state::place_of;
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::data::{Data, GIB, MIB};
use crate::world::World;

/// Namespaces per account and Region ("Quotas and limits in Amazon Redshift").
const MAX_NAMESPACES: usize = 25;
/// What a new namespace holds, and how much of it changes in an hour.
const BYTES: u64 = 20 * GIB;
const HOURLY: u64 = 100 * MIB;
/// What of a request is kept and shown as it came.
const KEPT: [&str; 6] = ["adminUsername", "dbName", "defaultIamRoleArn", "iamRoles", "kmsKeyId", "logExports"];

/// A namespace.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Namespace {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) created: Timestamp,
    /// Until then it is MODIFYING.
    pub(super) ready_at: Timestamp,
    /// A restore into it is under way.
    pub(super) restoring: bool,
    pub(super) given: Map<String, Json>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) data: Data,
    /// Whence recovery points are made; none without a workgroup.
    pub(super) recovering_since: Option<Timestamp>,
}

impl Namespace {
    /// `status`.
    pub(super) fn status(&self, now: Timestamp) -> &'static str {
        if self.restoring || now < self.ready_at { "MODIFYING" } else { "AVAILABLE" }
    }

    /// The key that its data are encrypted with.
    pub(super) fn key(&self) -> String {
        self.given.get("kmsKeyId").and_then(Json::as_str).unwrap_or("AWS_OWNED_KMS_KEY").to_owned()
    }

    /// The name of its administrator.
    pub(super) fn admin(&self) -> String {
        self.given.get("adminUsername").and_then(Json::as_str).unwrap_or("admin").to_owned()
    }

    pub(super) fn show(&self, now: Timestamp) -> Json {
        let mut shown = self.given.clone();
        shown.extend([
            ("namespaceArn".to_owned(), json!(self.arn)),
            ("namespaceId".to_owned(), json!(self.id)),
            ("namespaceName".to_owned(), json!(self.name)),
            ("creationDate".to_owned(), iso(self.created)),
            ("status".to_owned(), json!(self.status(now))),
            ("kmsKeyId".to_owned(), json!(self.key())),
            ("adminUsername".to_owned(), json!(self.admin())),
        ]);
        Json::Object(shown)
    }
}

/// What of a request a namespace keeps.
fn kept(call: &Call) -> impl Iterator<Item = (String, Json)> + '_ {
    KEPT.into_iter().filter_map(|member| Some((member.to_owned(), call.input.get(member)?.clone())))
}

/// `CreateNamespace`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let name = name(call, "namespaceName")?;
    let tags = input::tags(call, name)?;
    let region = world.serverless.region(&place);
    if region.namespaces.contains_key(name) {
        return Err(conflict(format!("The namespace {name} already exists.")));
    }
    if region.namespaces.len() >= MAX_NAMESPACES {
        return Err(quota(format!("There are {MAX_NAMESPACES} namespaces already.")));
    }
    let id = world.uuid();
    let namespace = Namespace {
        name: name.to_owned(),
        arn: format!("arn:aws:redshift-serverless:{}:{}:namespace/{id}", call.region, call.account),
        id,
        created: now,
        ready_at: after(now, world.pace.serverless.change),
        restoring: false,
        given: kept(call).collect(),
        tags,
        data: Data::new(BYTES, HOURLY),
        recovering_since: None,
    };
    let answer = json!({ "namespace": namespace.show(now) });
    world.serverless.region(&place).namespaces.insert(name.to_owned(), namespace);
    Ok(answer)
}

/// `GetNamespace`.
pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let namespace = world.serverless.region(&place_of(call)).namespace(needed(call, "namespaceName")?)?;
    Ok(json!({ "namespace": namespace.show(now) }))
}

/// `ListNamespaces`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let namespaces = &world.serverless.region(&place_of(call)).namespaces;
    page(call, "namespaces", namespaces.values().map(|namespace| (namespace.name.clone(), namespace.show(now))))
}

/// `UpdateNamespace`.
pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let namespace = world.serverless.region(&place_of(call)).namespace(needed(call, "namespaceName")?)?;
    idle(namespace, now)?;
    namespace.given.extend(kept(call));
    Ok(json!({ "namespace": namespace.show(now) }))
}

/// Nothing can be done to a namespace that is being changed.
pub(super) fn idle(namespace: &Namespace, now: Timestamp) -> Result<(), ApiError> {
    match namespace.status(now) {
        "AVAILABLE" => Ok(()),
        status => Err(conflict(format!("The namespace {} is {status}.", namespace.name))),
    }
}

/// `DeleteNamespace`. Its recovery points and copy configuration go with it, its snapshots stay.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let name = needed(call, "namespaceName")?;
    let region = world.serverless.region(&place);
    let namespace = region.namespace(name)?.clone();
    idle(&namespace, now)?;
    if let Some(workgroup) = region.workgroup_of(name) {
        return Err(conflict(format!("The namespace {name} is attached to the workgroup {}.", workgroup.name)));
    }
    if let Some(last) = text(call, "finalSnapshotName") {
        let new = New {
            name: last.to_owned(),
            retention: retention(call, "finalSnapshotRetentionPeriod")?,
            ..New::default()
        };
        snapshot::make(world, &place, &namespace, new)?;
    }
    let region = world.serverless.region(&place);
    region.namespaces.remove(name);
    for configuration in region.configurations.iter_mut().filter(|standing| standing.namespace_id == namespace.id) {
        configuration.until.get_or_insert(now);
    }
    let mut shown = namespace.show(now);
    input::put(&mut shown, "status", Some("DELETING"));
    Ok(json!({ "namespace": shown }))
}
