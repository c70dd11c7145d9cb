//! Tags of file systems, volumes, storage virtual machines and backups, those that AWS Backup made among them: AWS
//! Backup itself does not change the tags of what it does not manage fully (its API reference, UntagResource).

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::errors::{bad, no_resource};
use super::input::{self, MAX_TAGS, needed, page};
use super::state::place_of;
use crate::backup;
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

fn tags_of<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut BTreeMap<String, String>, ApiError> {
    let (place, arn) = (place_of(call), needed(call, "ResourceARN")?);
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let &["arn", _, service, _, _, _] = parts.as_slice() else { return Err(bad(format!("Invalid ARN: {arn}"))) };
    if service != "fsx" {
        let message = format!("{arn} is not a resource of Amazon FSx.");
        return Err(ApiError::new("NotServiceResourceError", message).with("ResourceARN", arn));
    }
    let World { fsx, backup, .. } = world;
    let region = fsx.region(&place);
    let file_systems = region.file_systems.values_mut().map(|it| (&it.arn, &mut it.tags));
    let volumes = region.volumes.values_mut().map(|it| (&it.arn, &mut it.tags));
    let svms = region.svms.values_mut().map(|it| (&it.arn, &mut it.tags));
    let backups = region.backups.values_mut().map(|it| (&it.arn, &mut it.tags));
    let found = file_systems.chain(volumes).chain(svms).chain(backups).find(|(known, _)| *known == arn);
    let found = found.map(|(_, tags)| tags).or_else(|| backup::kept_tags(backup, &place, arn));
    found.ok_or_else(|| no_resource(arn))
}

/// `ListTagsForResource`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let tags = tags_of(world, call)?;
    page(call, "Tags", tags.iter().map(|(key, value)| (key.clone(), json!({ "Key": key, "Value": value }))))
}

/// `TagResource`.
pub(super) fn tag(world: &mut World, call: &Call) -> Answer {
    let given = input::tags(call.input.get("Tags"))?;
    let tags = tags_of(world, call)?;
    let mut changed = tags.clone();
    changed.extend(given);
    if changed.len() > MAX_TAGS {
        return Err(bad(format!("A resource has at most {MAX_TAGS} tags.")));
    }
    *tags = changed;
    Ok(json!({}))
}

/// `UntagResource`.
pub(super) fn untag(world: &mut World, call: &Call) -> Answer {
    let keys = call.input.get("TagKeys").and_then(Json::as_array).cloned().unwrap_or_default();
    let tags = tags_of(world, call)?;
    for key in keys.iter().filter_map(Json::as_str) {
        tags.remove(key);
    }
    Ok(json!({}))
}
