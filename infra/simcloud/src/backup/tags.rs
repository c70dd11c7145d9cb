//! Tags of points and vaults. Only ARNs of AWS Backup's own have any here.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::errors::{exceeded, invalid, not_found};
use super::input::{self, needed};
use super::listing::Page;
use super::state::place_of;
use super::vaults::parse_arn;
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// A point has so many tags at most.
const MAX_TAGS: usize = 50;

fn tags_of<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut BTreeMap<String, String>, ApiError> {
    let arn = needed(call, "ResourceArn")?;
    if !arn.starts_with("arn:aws:backup:") {
        return Err(invalid(format!("Tagging is not supported for {arn}")));
    }
    let region = world.backup.region(&place_of(call));
    let found = match parse_arn(arn) {
        Some((_, vault)) => region.vaults.get_mut(&vault).map(|vault| &mut vault.tags),
        None => region.points.get_mut(arn).map(|point| &mut point.tags),
    };
    found.ok_or_else(|| not_found(format!("{arn} does not exist")))
}

/// `ListTags`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let tags = tags_of(world, call)?;
    let page = Page::read(call)?;
    let entry = |(key, value): (&String, &String)| json!([key, value]);
    let mut answer = page.collect("Tags", tags.iter(), |(key, _)| (*key).clone(), entry);
    // Tags are a map in the answer, not a list.
    if let Some(shown) = answer.get_mut("Tags") {
        let pairs = shown
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|pair| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.clone())));
        *shown = Json::Object(pairs.collect());
    }
    Ok(answer)
}

/// `TagResource`.
pub(super) fn tag(world: &mut World, call: &Call) -> Answer {
    let given = input::tags(call, "Tags")?;
    let tags = tags_of(world, call)?;
    let mut changed = tags.clone();
    changed.extend(given);
    if changed.len() > MAX_TAGS {
        return Err(exceeded(format!("A resource has at most {MAX_TAGS} tags")));
    }
    *tags = changed;
    Ok(json!({}))
}

/// `UntagResource`.
pub(super) fn untag(world: &mut World, call: &Call) -> Answer {
    let keys = call.input.get("TagKeyList").and_then(Json::as_array).cloned().unwrap_or_default();
    let tags = tags_of(world, call)?;
    for key in keys.iter().filter_map(Json::as_str) {
        tags.remove(key);
    }
    Ok(json!({}))
}
