//! Describing and listing points, and changing how long they are kept.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::errors::refused;
use super::input::{epoch, needed, text, time};
use super::lifecycle::{self, Lifecycle};
use super::listing::Page;
use super::point::Point;
use super::state::{Place, place_of};
use super::vaults::vault_arn;
use super::{resources, targets};
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// `DescribeRecoveryPoint`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    let region = world.backup.region(&place);
    Ok(region.point_in(needed(call, "BackupVaultName")?, needed(call, "RecoveryPointArn")?)?.show_in_full(&place))
}

/// The filters of `ListRecoveryPointsByBackupVault`; there is none by state or tag.
struct Filter<'a> {
    resource_type: Option<&'a str>,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
    nothing: bool,
}

impl<'a> Filter<'a> {
    fn read(call: &'a Call) -> Result<Self, ApiError> {
        // No point here comes from a plan or is part of another.
        let nothing = text(call, "ByBackupPlanId").is_some() || text(call, "ByParentRecoveryPointArn").is_some();
        let at = |member: &str| time(call.input.get(member));
        let (after, before) = (at("ByCreatedAfter")?, at("ByCreatedBefore")?);
        Ok(Self { resource_type: text(call, "ByResourceType"), after, before, nothing })
    }

    fn fits(&self, point: &Point) -> bool {
        !self.nothing
            && self.resource_type.is_none_or(|kind| kind == point.resource_type)
            && self.after.is_none_or(|after| point.created > after)
            && self.before.is_none_or(|before| point.created < before)
    }
}

/// `ListRecoveryPointsByBackupVault`.
pub(super) fn list_by_vault(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let (vault, resource) = (needed(call, "BackupVaultName")?, text(call, "ByResourceArn"));
    let (filter, page) = (Filter::read(call)?, Page::read(call)?);
    let denied = world.switches.backup.missing_vaults_denied;
    let region = world.backup.region(&place);
    region.vault_seen(vault, denied)?;
    let gone = region.points.lingering(now);
    let gone: Vec<Point> = gone.filter(|point| point.vault == vault).cloned().collect();
    let gone = gone.iter().filter(|point| resource.is_none_or(|resource| resource == point.resource));
    let mut points: Vec<&Point> = region.points.of_vault(vault, resource).collect();
    let listed = points.len();
    points.extend(gone);
    let position = |point: &&Point| format!("{} {}", point.resource, point.arn);
    // A vault gives its points in this order; only what is gone stands at the end.
    if points.len() > listed {
        points.sort_by_cached_key(position);
    }
    let fitting = points.into_iter().filter(|point| filter.fits(point));
    Ok(page.collect("RecoveryPoints", fitting, position, |point| point.show(&place)))
}

/// `ListRecoveryPointsByResource`.
pub(super) fn list_by_resource(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    let (resource, page) = (needed(call, "ResourceArn")?, Page::read(call)?);
    let points = world.backup.region(&place).points.all().filter(|point| point.resource == resource);
    let show = |point: &Point| {
        json!({
            "RecoveryPointArn": point.arn,
            "CreationDate": epoch(point.created),
            "Status": point.status.name(),
            "BackupSizeBytes": point.bytes,
            "BackupVaultName": point.vault,
            "IsParent": false,
            "ResourceName": point.resource_name(),
            "VaultType": "BACKUP_VAULT",
        })
    };
    Ok(page.collect("RecoveryPoints", points, |point| point.arn.clone(), show))
}

/// `GetRecoveryPointRestoreMetadata`.
pub(super) fn restore_metadata(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    let region = world.backup.region(&place);
    let point = region.point_in(needed(call, "BackupVaultName")?, needed(call, "RecoveryPointArn")?)?;
    Ok(json!({
        "BackupVaultArn": vault_arn(&place, &point.vault),
        "RecoveryPointArn": point.arn,
        "ResourceType": point.resource_type,
        "RestoreMetadata": targets::restore_metadata(point),
    }))
}

/// `UpdateRecoveryPointLifecycle`. What the request leaves out becomes unlimited.
pub(super) fn update_lifecycle(world: &mut World, call: &Call) -> Answer {
    let place: Place = place_of(call);
    let (vault, arn) = (needed(call, "BackupVaultName")?, needed(call, "RecoveryPointArn")?);
    let wanted = Lifecycle::read(call)?.unwrap_or_default();
    let region = world.backup.region(&place);
    let point = region.point_in(vault, arn)?;
    let wanted = resources::lifecycle(point.resource_type, point.is_managed(), wanted)?;
    let (lifecycle, created) = (wanted.show(), wanted.calculated(point.created));
    if region.vault(vault)?.lock.is_some() {
        return Err(refused(format!("Recovery point {arn} cannot be changed: backup vault {vault} is locked")));
    }
    region.point_in(vault, arn)?.lifecycle = wanted;
    lifecycle::arm(world, &place, arn);
    let mut answer = json!({ "RecoveryPointArn": arn, "BackupVaultArn": vault_arn(&place, vault) });
    if let Some(members) = answer.as_object_mut() {
        members.extend([("Lifecycle".to_owned(), lifecycle), ("CalculatedLifecycle".to_owned(), created)]);
    }
    Ok::<Json, _>(answer)
}
