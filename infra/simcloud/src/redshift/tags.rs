//! Tags of clusters, snapshots, copy grants and event subscriptions.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::errors::{resource_not_found, too_many_tags};
use super::input::{self, list, needed, page, text};
use super::state::{Place, Region, place_of};
use super::{grants, subscriptions};
use crate::call::{Answer, Call};
use crate::warehouse::MAX_TAGS;
use crate::world::World;

type Tags = BTreeMap<String, String>;

/// Everything that has tags: its kind, its ARN and they.
fn tagged<'a>(place: &'a Place, region: &'a mut Region) -> impl Iterator<Item = (&'static str, String, &'a mut Tags)> {
    let clusters = region.clusters.values_mut().map(|it| ("cluster", it.arn.clone(), &mut it.tags));
    let snapshots = region.snapshots.values_mut().map(|it| ("snapshot", it.arn.clone(), &mut it.tags));
    let grants =
        region.grants.iter_mut().map(|(name, it)| ("snapshotcopygrant", grants::arn(place, name), &mut it.tags));
    let subscriptions = region.subscriptions.iter_mut();
    let subscriptions =
        subscriptions.map(|(name, it)| ("eventsubscription", subscriptions::arn(place, name), &mut it.tags));
    clusters.chain(snapshots).chain(grants).chain(subscriptions)
}

/// Changes the tags of what a call names.
fn change(world: &mut World, call: &Call, by: impl FnOnce(&mut Tags)) -> Answer {
    let (place, arn) = (place_of(call), needed(call, "ResourceName")?);
    let found = tagged(&place, world.redshift.region(&place)).find(|(_, known, _)| known == arn);
    let (_, _, tags) = found.ok_or_else(|| resource_not_found(arn))?;
    let mut changed = tags.clone();
    by(&mut changed);
    if changed.len() > MAX_TAGS {
        return Err(too_many_tags(MAX_TAGS));
    }
    *tags = changed;
    Ok(Json::Null)
}

/// `CreateTags`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let given = input::tags(call)?;
    change(world, call, |tags| tags.extend(given))
}

/// `DeleteTags`.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let keys = list(call, "TagKeys");
    change(world, call, |tags| tags.retain(|key, _| !keys.contains(&key.as_str())))
}

/// `DescribeTags`: one entry for each tag.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    let (arn, kind) = (text(call, "ResourceName"), text(call, "ResourceType"));
    let mut found: Vec<(String, Json)> = Vec::new();
    let mut known = false;
    for (of, name, tags) in tagged(&place, world.redshift.region(&place)) {
        known |= arn == Some(&name);
        if arn.is_some_and(|arn| arn != name) || kind.is_some_and(|kind| !kind.eq_ignore_ascii_case(of)) {
            continue;
        }
        let wanted =
            tags.iter().filter(|(key, value)| input::wants(call, &Tags::from([((*key).clone(), (*value).clone())])));
        found.extend(wanted.map(|(key, value)| {
            let shown = json!({ "Tag": { "Key": key, "Value": value }, "ResourceName": name, "ResourceType": of });
            (format!("{name} {key}"), shown)
        }));
    }
    if let Some(arn) = arn.filter(|_| !known) {
        return Err(resource_not_found(arn));
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    page(call, "TaggedResources", found.into_iter())
}

/// Gives what has this ARN exactly these tags; false when there is no such thing.
pub(super) fn set(place: &Place, region: &mut Region, arn: &str, to: &Tags) -> bool {
    let found = tagged(place, region).find(|(_, known, _)| known == arn);
    found.map(|(_, _, tags)| tags.clone_from(to)).is_some()
}
