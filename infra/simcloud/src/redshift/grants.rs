//! Grants that let Redshift encrypt copies with a key of the destination Region, where they are made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::errors::{grant_not_found, invalid};
use super::input::{self, identifier, name, page, text};
use super::state::{Place, place_of};
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// A grant's name is so long at most (API reference, `CreateSnapshotCopyGrant`).
const LONGEST_NAME: usize = 63;

/// A grant.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Grant {
    name: String,
    pub(super) key: String,
    pub(super) tags: BTreeMap<String, String>,
}

impl Grant {
    fn show(&self) -> Json {
        json!({
            "SnapshotCopyGrantName": self.name,
            "KmsKeyId": self.key,
            "Tags": input::shown(&self.tags),
        })
    }
}

/// The ARN of a grant, which only its tags need.
pub(super) fn arn(place: &Place, name: &str) -> String {
    format!("arn:aws:redshift:{}:{}:snapshotcopygrant:{name}", place.1, place.0)
}

/// `CreateSnapshotCopyGrant`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let (name, tags) = (identifier(call, "SnapshotCopyGrantName", LONGEST_NAME)?, input::tags(call)?);
    let key = match text(call, "KmsKeyId") {
        Some(key) => {
            world.kms.can_use(call, key, now).map_err(|error| invalid(error.message))?;
            key.to_owned()
        }
        None => format!("arn:aws:kms:{}:{}:alias/aws/redshift", call.region, call.account),
    };
    let grants = &mut world.redshift.region(&place).grants;
    if grants.contains_key(&name) {
        let message = format!("The snapshot copy grant {name} already exists.");
        return Err(ApiError::new("SnapshotCopyGrantAlreadyExistsFault", message));
    }
    let grant = Grant { name: name.clone(), key, tags };
    let answer = json!({ "SnapshotCopyGrant": grant.show() });
    grants.insert(name, grant);
    Ok(answer)
}

/// `DescribeSnapshotCopyGrants`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let grants = &world.redshift.region(&place_of(call)).grants;
    let name = text(call, "SnapshotCopyGrantName").map(str::to_ascii_lowercase);
    if let Some(name) = name.as_ref().filter(|name| !grants.contains_key(*name)) {
        return Err(grant_not_found(name));
    }
    let fits = |grant: &&Grant| name.as_ref().is_none_or(|name| *name == grant.name) && input::wants(call, &grant.tags);
    page(call, "SnapshotCopyGrants", grants.values().filter(fits).map(|grant| (grant.name.clone(), grant.show())))
}

/// Whether a cluster's standing copy uses a grant.
fn is_used(world: &World, there: &Place, name: &str) -> bool {
    let own = world.redshift.places().filter(|((account, _), _)| *account == there.0);
    let mut standing = own.flat_map(|(_, region)| region.clusters.values()).filter_map(|it| it.copying.as_ref());
    standing.any(|copying| copying.destination == there.1 && copying.grant.as_deref() == Some(name))
}

/// `DeleteSnapshotCopyGrant`. One that a cluster's standing copy uses stays.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (place, name) = (place_of(call), name(call, "SnapshotCopyGrantName")?);
    let used = is_used(world, &place, &name);
    let grants = &mut world.redshift.region(&place).grants;
    if !grants.contains_key(&name) {
        return Err(grant_not_found(&name));
    }
    if used {
        let message = format!("The snapshot copy grant {name} is in use.");
        return Err(ApiError::new("InvalidSnapshotCopyGrantStateFault", message));
    }
    grants.remove(&name);
    Ok(Json::Null)
}
